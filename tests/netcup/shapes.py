"""What netcup's answers look like: their keys in order, the types of these, codes and texts.

Facts of the recordings that the clients' authors have published (dns-lexicon's cassettes of 2019, lego's fixtures) and
of texts in public issues up to 2026, in a form of our own. `test_recordings` compares them with the recordings.
"""

from typing import NamedTuple

#: Keys and types of every answer of the CCP interface, less the data.
ENVELOPE = (
    ("serverrequestid", "str"),
    ("clientrequestid", "str"),
    ("action", "str"),
    ("status", "str"),
    ("statuscode", "int"),
    ("shortmessage", "str"),
    ("longmessage", "str"),
)
SESSION = (("apisessionid", "str"),)
ZONE = (
    ("name", "str"),
    ("ttl", "str"),
    ("serial", "str"),
    ("refresh", "str"),
    ("retry", "str"),
    ("expire", "str"),
    ("dnssecstatus", "bool"),
)
RECORDS = (("dnsrecords", "list"),)
RECORD = (
    ("id", "str"),
    ("hostname", "str"),
    ("type", "str"),
    ("priority", "str"),
    ("destination", "str"),
    ("deleterecord", "bool"),
    ("state", "str"),
)


class Answer(NamedTuple):
    """One kind of answer: what stands in the envelope, and the keys of its data; None where that is an empty text."""

    action: str
    status: str
    code: int
    short: str
    long: str
    data: tuple[tuple[str, str], ...] | None = None


RECORDED = (
    Answer("login", "success", 2000, "Login successful", "Session has been created successful.", SESSION),
    Answer("logout", "success", 2000, "Logout successful", "Session has been terminated successful."),
    Answer("infoDnsZone", "success", 2000, "DNS zone found", "DNS zone was found.", ZONE),
    Answer(
        "infoDnsZone", "error", 5031, "Getting DNS zone failed", "Can not get DNS records for zone.  Domain not found."
    ),
    Answer("infoDnsRecords", "success", 2000, "DNS records found", "DNS Records for this zone were found.", RECORDS),
    Answer(
        "updateDnsRecords",
        "success",
        2000,
        "DNS records successful updated",
        "The given DNS records for this zone were updated.",
        RECORDS,
    ),
)

_INVALID = "Validation Error."
QUOTED = (
    Answer(
        "infoDnsRecords",
        "error",
        5029,
        "Getting DNS records failed",
        "Can not get DNS records for zone.  The zone does not webwur.st contain any DNS records.",
    ),
    Answer(
        "updateDnsRecords",
        "error",
        5028,
        "Update of DNS records failed",
        "Can not update (all) DNS records for zone. The zone placeholder.de could not be found.",
    ),
    Answer("", "error", 4013, _INVALID, "Value in field domainname does not match requirements of type: domainname. "),
    Answer(
        "",
        "error",
        4013,
        _INVALID,
        "More than 180 requests per minute. Please wait and retry later. Please contact our customer service to find "
        "out if the limitation of requests can be increased.",
    ),
    Answer("", "error", 4013, _INVALID, "Customer account not found. JSON decode failed while validating request."),
    Answer("", "error", 4013, _INVALID, "Api key missing. JSON decode failed while validating request."),
    Answer(
        "",
        "error",
        4013,
        _INVALID,
        "Please put quotation marks in front of a backslash. The name server automatically sets quotation marks at the "
        "beginning and end.",
    ),
    Answer("", "error", 4013, _INVALID, "der Host darf nicht leer sein oder aus Sonderzeichen bestehen"),
    Answer(
        "", "error", 4013, _INVALID, "MX record destination is incorrect. An example of a correct entry: mail.nitter. "
    ),
    Answer(
        "infoDnsZone", "error", 4001, "Api session id in invalid format", "The session id is not in a valid format."
    ),
    Answer("infoDnsZone", "error", 4001, "Api session not found", "Api session not found"),
)

#: Keys of every answer of the REST interface.
REST_ENVELOPE = ("success", "errors", "messages", "meta", "result")


def keys(found: dict[str, object]) -> tuple[tuple[str, str], ...]:
    """The keys of an object in order, with the types of their values."""
    return tuple((name, type(value).__name__) for name, value in found.items())


def shape(answer: dict[str, object]) -> Answer:
    """What kind of answer this is, of the CCP interface.

    Raises:
        AssertionError: If its envelope is not the one that every answer has.
    """
    data = answer["responsedata"]
    assert keys(answer)[:-1] == ENVELOPE
    assert list(answer)[-1] == "responsedata"
    assert isinstance(data, dict) or data == ""
    for record in data["dnsrecords"] if isinstance(data, dict) and "dnsrecords" in data else ():
        assert keys(record) == RECORD
    texts = str(answer["shortmessage"]), str(answer["longmessage"])
    inner = keys(data) if isinstance(data, dict) else None
    return Answer(str(answer["action"]), str(answer["status"]), int(str(answer["statuscode"])), *texts, inner)
