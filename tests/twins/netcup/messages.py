"""What the CCP interface says: the server's own texts, with its own mistakes.

Where a text was never recorded it is marked: our own invention, in the server's manner.
"""

OK = 2000
SESSION = 4001
VALIDATION = 4013
UPDATE_UNKNOWN_ZONE = 5028
EMPTY_ZONE = 5029
INFO_UNKNOWN_ZONE = 5031

#: Action → short and long text of success.
DONE = {
    "login": ("Login successful", "Session has been created successful."),
    "logout": ("Logout successful", "Session has been terminated successful."),
    "infoDnsZone": ("DNS zone found", "DNS zone was found."),
    "infoDnsRecords": ("DNS records found", "DNS Records for this zone were found."),
    "updateDnsZone": ("DNS zone successful updated", "The given DNS zone was updated."),  # invented
    "updateDnsRecords": ("DNS records successful updated", "The given DNS records for this zone were updated."),
}

INVALID = "Validation Error."
RATE = (
    "More than 180 requests per minute. Please wait and retry later. Please contact our customer service to find out "
    "if the limitation of requests can be increased."
)
NO_CUSTOMER = "Customer account not found. JSON decode failed while validating request."
NO_KEY = "Api key missing. JSON decode failed while validating request."
EMPTY_MESSAGE = "Message is empty."
BAD_DOMAIN = "Value in field domainname does not match requirements of type: domainname. "
QUOTES = (
    "Please put quotation marks in front of a backslash. The name server automatically sets quotation marks at the "
    "beginning and end."
)
NO_HOST = "der Host darf nicht leer sein oder aus Sonderzeichen bestehen"
BAD_MX = "MX record destination is incorrect. An example of a correct entry: mail.nitter. "
BAD_VALUE = "Value in field destination does not match requirements of type: dnsrecord. "  # invented
BAD_ID = "Value in field id does not match requirements of type: positiveInteger. "  # invented

NO_SESSION = (
    ("Api session id in invalid format", "The session id is not in a valid format."),
    ("Api session not found", "Api session not found"),
)
UNKNOWN_ON_INFO = ("Getting DNS zone failed", "Can not get DNS records for zone.  Domain not found.")
UNKNOWN_ON_RECORDS = ("Getting DNS records failed", "Can not get DNS records for zone.  Domain not found.")  # invented
EMPTY = (
    "Getting DNS records failed",
    "Can not get DNS records for zone.  The zone does not webwur.st contain any DNS records.",
)


def unknown_on_update(zone: str) -> tuple[str, str]:
    """The texts of an update whose zone is not there."""
    return (
        "Update of DNS records failed",
        f"Can not update (all) DNS records for zone. The zone {zone} could not be found.",
    )
