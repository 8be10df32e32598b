"""The problems of a state in an object store, each with its way out. No key is ever in a message."""

from reconciler.model.diagnostic import Problem, problem
from reconciler.model.source import Span
from reconciler.state.backend import BackendError
from reconciler.state.places.register.protocol import Uncertain


def no_client(at: Span | None) -> Problem:
    """The client library is not installed."""
    return Problem(
        problem(
            "state-s3-client",
            "state in S3 needs the library boto3, which is not installed",
            at=at,
            help="pip install 'reconciler[s3]'",
        )
    )


def no_keys(where: str, reason: str) -> BackendError:
    """What `access_key` or `secret_key` refer to can not be had."""
    return BackendError(
        problem(
            "state-s3-no-credentials",
            f"the keys for the state {where} can not be had: {reason}",
            help="set what `access_key` and `secret_key` refer to, then run the command again",
        )
    )


def no_credentials(where: str, reason: str) -> BackendError:
    """Nothing is configured, and the environment has none."""
    return BackendError(
        problem(
            "state-s3-no-credentials",
            f"no credentials for the state {where} were found ({reason})",
            why="without `access_key`, they are looked for where AWS's own tools do: environment, profile, role",
            help="export AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or write `access_key` and `secret_key`",
        )
    )


def credentials(where: str, code: str) -> BackendError:
    """The store does not accept the key or its signature."""
    return BackendError(
        problem(
            "state-s3-credentials",
            f"the store refuses the credentials for the state {where} ({code})",
            why="the access key is unknown there or has expired, or the secret key does not belong to it",
            help="compare both keys with what the store shows for this user",
        )
    )


def denied(where: str, code: str) -> BackendError:
    """The key is right, and not allowed to do this."""
    return BackendError(
        problem(
            "state-s3-denied",
            f"the credentials may not read or write the state {where} ({code})",
            why="a store also answers so for a key that is not there, where listing the bucket is not allowed",
            help="allow s3:GetObject, s3:PutObject and s3:DeleteObject on the key and on KEY.parts/*, "
            "and s3:ListBucket on the bucket",
        )
    )


def bucket(where: str, code: str) -> BackendError:
    """The bucket is not there."""
    name = where.removeprefix("s3://").partition("/")[0]
    return BackendError(
        problem(
            "state-s3-bucket",
            f"the bucket '{name}' for the state {where} is not there ({code})",
            why="a bucket is never made by itself: who may read it and how long it keeps versions is yours to say",
            help=f"make it, for example: aws s3api create-bucket --bucket {name}; or correct `bucket` and `endpoint`",
        )
    )


def region(where: str, code: str) -> BackendError:
    """The bucket stands in another region."""
    return BackendError(
        problem(
            "state-s3-region",
            f"the bucket of the state {where} is in another region ({code})",
            help="write the bucket's `region`; aws s3api get-bucket-location shows it",
        )
    )


def clock(where: str, code: str) -> BackendError:
    """This machine's clock is wrong."""
    return BackendError(
        problem(
            "state-s3-clock",
            f"the store of the state {where} refuses this machine's clock ({code})",
            why="each request is signed with the time, and a store allows a quarter of an hour",
            help="set the clock: timedatectl set-ntp true",
        )
    )


def unconditional(where: str, header: str) -> BackendError:
    """The store does not do conditional writes."""
    return BackendError(
        problem(
            "state-s3-unconditional",
            f"the store of the state {where} does not write on condition ({header})",
            why="without that, one run can overwrite what another has just written, and no lock holds",
            help="keep state in a store that honours If-Match and If-None-Match on PUT, or in postgres",
        )
    )


def slow_down(where: str, code: str) -> Uncertain:
    """Too many requests."""
    return Uncertain(
        problem(
            "state-s3-slow-down",
            f"the store of the state {where} asks to slow down ({code})",
            why="the request was repeated several times, with longer and longer pauses",
            help="run the command again in a minute; see who else uses that store so much",
        )
    )


def failed(where: str, code: str) -> Uncertain:
    """The store has a fault of its own."""
    return Uncertain(
        problem(
            "state-s3-failed",
            f"the store of the state {where} has failed ({code})",
            why="the request was repeated several times",
            help="run the command again; if that does not help, look at the store's own log or status page",
        )
    )


def unreachable(where: str, reason: str) -> Uncertain:
    """There is no connection, or it broke."""
    return Uncertain(
        problem(
            "state-s3-unreachable",
            f"the store of the state {where} can not be reached: {reason}",
            help="check `endpoint`, the network, and HTTPS_PROXY and NO_PROXY",
        )
    )


def timed_out(where: str, timeout: float) -> Uncertain:
    """No answer in time."""
    return Uncertain(
        problem(
            "state-s3-timeout",
            f"the store of the state {where} did not answer within {timeout:g} s",
            help="run the command again; for a slow network write a longer `timeout`",
        )
    )


def tls(where: str, reason: str) -> BackendError:
    """There is no secure connection."""
    return BackendError(
        problem(
            "state-s3-tls",
            f"there is no secure connection to the store of the state {where}: {reason}",
            help="for a certificate of your own authority: export AWS_CA_BUNDLE=/path/to/authority.pem",
        )
    )


def refused(where: str, code: str) -> BackendError:
    """Any other answer."""
    return BackendError(
        problem(
            "state-s3-refused",
            f"the store refuses a request for the state {where} ({code})",
            help="check `endpoint`, `bucket`, `key` and `addressing`",
        )
    )


def unusable(where: str, reason: str) -> BackendError:
    """The request could not even be made."""
    return BackendError(
        problem(
            "state-s3-refused",
            f"no request for the state {where} can be made: {reason}",
            help="check `endpoint`, `bucket`, `region`, and the profile of AWS's tools that is in force",
        )
    )
