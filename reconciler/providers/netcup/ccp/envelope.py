"""Answers of the CCP interface: what they hold, and what their codes mean.

Source: recordings of the real server, the vendor's function reference, and texts quoted in public issues. The codes do
not tell enough: 4013 alone is a validation, wrong credentials or too many requests, and only its text says which.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reconciler.providers.netcup.trouble import Trouble, without

SESSION = 4001  # the session is gone, or never was
EMPTY_ZONE = 5029  # the records of a zone that has none
_VALIDATION = 4013
_BAD_KEY = 4003
_UNKNOWN_ZONE = (5028, 5031)
_RATE = "requests per minute"
_CREDENTIALS = ("customer account not found", "api key missing", "json decode failed")
_RATE_WINDOW = 60.0  # seconds


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer.

    Attributes:
        action: What was asked; empty where the request was refused before that was looked at.
        status: success | warning | pending | started | error.
        code: Its number.
        message: The long text, which tells more than the short one.
        data: What was asked for; empty where the server gives a text instead of an object.
    """

    action: str
    status: str
    code: int
    message: str
    data: Mapping[str, object]

    @property
    def good(self) -> bool:
        """Whether it was done."""
        return self.status in {"success", "warning"}


def parse(body: bytes, host: str) -> Answer:
    """Read an answer.

    Raises:
        Trouble: If it is none of the interface's; whatever was asked for may have been done.
    """
    import orjson

    try:
        found = orjson.loads(body)
        data = found["responsedata"]
        return Answer(
            action=str(found["action"]),
            status=str(found["status"]),
            code=int(found["statuscode"]),
            message=str(found["longmessage"] or found["shortmessage"]),
            data=data if isinstance(data, dict) else {},
        )
    except (ValueError, KeyError, TypeError):
        said = f"{host} answers something that is not of the CCP interface"
        raise Trouble(said, help="check the setting endpoint", retryable=True, certain=False) from None


def trouble(answer: Answer, zone: str, secrets: Iterable[str]) -> Trouble:
    """What an answer means that is not a good one.

    Args:
        answer: It.
        zone: The zone it is about; empty for a login.
        secrets: Texts that no message may hold.
    """
    code, said = str(answer.code), without(answer.message, secrets)
    text = said.lower()
    if answer.status in {"pending", "started"}:
        return Trouble(f"netcup has not finished yet: {said}", code=code, retryable=True, certain=False)
    if answer.code == _VALIDATION and _RATE in text:
        return Trouble(
            "netcup takes no more than 180 requests a minute",
            code=code,
            retryable=True,
            retry_after=_RATE_WINDOW,
            help="wait a minute; whatever else uses the same customer account counts too",
        )
    if answer.code == _BAD_KEY or (answer.code == _VALIDATION and any(each in text for each in _CREDENTIALS)):
        return Trouble(
            "netcup refuses the customer number, the API key or the API password",
            code=code,
            help="compare `customer`, `api_key` and `api_password` with Master Data, API in the customer control panel",
        )
    if answer.code in _UNKNOWN_ZONE or (answer.code == _VALIDATION and "domainname" in text):
        return Trouble(
            f"netcup's CCP interface knows no zone {zone}",
            code="zone",
            help="check that the domain is in this customer account; if its zone is on CloudDNS, set `token` as well",
        )
    if answer.code == SESSION:
        return Trouble("netcup ends every session at once", code=code, retryable=True, help="try again in a minute")
    about = f" of {zone}" if zone else ""
    return Trouble(f"netcup refuses the request{about}: {said} ({code})", code=code)
