import pytest

from tests.http_state.http_worlds import Opener
from tests.servers.terraform_http import Options, serving

WAYS = {
    "strict": Options(),
    "gitlab": Options(gitlab=True),
}


@pytest.fixture(params=WAYS)
def server(request):
    """A server of each kind."""
    with serving(WAYS[request.param]) as server:
        yield server


@pytest.fixture
def strict():
    """A server that does as Terraform's documentation says."""
    with serving() as server:
        yield server


@pytest.fixture
def opened(server):
    """Opens states at `server`."""
    opener = Opener(server)
    yield opener
    opener.close()


@pytest.fixture
def simple(strict):
    """Opens states at `strict`."""
    opener = Opener(strict)
    yield opener
    opener.close()


@pytest.fixture
def opener_for():
    """Makes openers of states for servers of a test's own."""
    openers = []

    def make(server):
        openers.append(Opener(server))
        return openers[-1]

    yield make
    for opener in openers:
        opener.close()
