"""From what boto3 raises to a diagnostic: a table of the codes that stores answer with.

Source: Amazon S3, API reference, "Error responses"; Ceph and MinIO use the same codes.
"""

from collections.abc import Callable

from botocore import exceptions  # type: ignore[import-untyped]

from reconciler.state.backend import BackendError
from reconciler.state.places.s3 import problems

_NOT_FOUND = 404
_CONDITION_FAILED = 412
_BUSY = frozenset({429, 503})
_SERVER = 500  # and above: the store's own fault

_REFUSALS: dict[str, Callable[[str, str], BackendError]] = {
    "NoSuchBucket": problems.bucket,
    "SignatureDoesNotMatch": problems.credentials,
    "InvalidAccessKeyId": problems.credentials,
    "InvalidToken": problems.credentials,
    "ExpiredToken": problems.credentials,
    "ExpiredTokenException": problems.credentials,
    "AccessDenied": problems.denied,
    "AllAccessDisabled": problems.denied,
    "AccountProblem": problems.denied,
    "RequestTimeTooSkewed": problems.clock,
    "PermanentRedirect": problems.region,
    "TemporaryRedirect": problems.region,
    "AuthorizationHeaderMalformed": problems.region,
    "IllegalLocationConstraintException": problems.region,
    "NotImplemented": problems.unconditional,
    "SlowDown": problems.slow_down,
    "RequestLimitExceeded": problems.slow_down,
    "RequestTimeout": problems.failed,
}
_STATUSES: dict[int, Callable[[str, str], BackendError]] = {
    301: problems.region,
    307: problems.region,
    401: problems.credentials,
    403: problems.denied,
    501: problems.unconditional,
}


def _status(error: exceptions.ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _code(error: exceptions.ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def missing(error: exceptions.ClientError) -> bool:
    """Whether an object is not there, although its bucket is."""
    return _status(error) == _NOT_FOUND and _code(error) != "NoSuchBucket"


def conditional(error: exceptions.ClientError) -> bool:
    """Whether a write was refused because its condition does not hold: nothing was written."""
    return (
        _status(error) == _CONDITION_FAILED
        or _code(error) in ("PreconditionFailed", "ConditionalRequestConflict")
        or missing(error)
    )


def refused(where: str, error: exceptions.ClientError) -> BackendError:
    """Return the problem for an answer of the store."""
    code, status = _code(error), _status(error)
    found = _REFUSALS.get(code) or _STATUSES.get(status)
    if found is None and status in _BUSY:
        found = problems.slow_down
    if found is None and status >= _SERVER:
        found = problems.failed
    return (found or problems.refused)(where, code or str(status))


def unanswered(where: str, timeout: float, error: exceptions.BotoCoreError) -> BackendError:
    """Return the problem for a request that got no answer, or could not be made."""
    match error:
        case (
            exceptions.NoCredentialsError()
            | exceptions.PartialCredentialsError()
            | exceptions.CredentialRetrievalError()
            | exceptions.TokenRetrievalError()
            | exceptions.SSOError()
            | exceptions.UnauthorizedSSOTokenError()
        ):
            return problems.no_credentials(where, type(error).__name__)
        case exceptions.SSLError():
            return problems.tls(where, str(error.kwargs.get("error", "")))
        case exceptions.ConnectTimeoutError() | exceptions.ReadTimeoutError():
            return problems.timed_out(where, timeout)
        case exceptions.ConnectionError() | exceptions.HTTPClientError() | exceptions.IncompleteReadError():
            return problems.unreachable(where, _reason(error))
        case exceptions.ResponseParserError():
            return problems.refused(where, "no answer of an S3 store")
        case _:
            return problems.unusable(where, str(error))


def _reason(error: exceptions.BotoCoreError) -> str:
    """Return why in a few words: boto3's own text repeats the whole address."""
    cause = error.kwargs.get("error")
    text = str(cause if cause is not None else error)
    return text.rpartition(": ")[2].rstrip(".") or type(error).__name__
