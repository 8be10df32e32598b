"""What must hold after every crash, and the stories in which it is made to."""

from reconciler.apply.recover import resolve_in_flight
from reconciler.model.kinds import Kind
from reconciler.model.resources import Alias, Domain, Instance, Mailbox
from tests.crash.durable import Theatre
from tests.worlds import GB, World


def assert_state_tells_the_truth(theatre: Theatre) -> None:
    """What our writes left at the platform is what state says once what was in flight is resolved."""
    resolved = resolve_in_flight(theatre.load(), theatre.inventory(), 0.0)
    for place in theatre.platform.touched:
        live = theatre.platform.live(*place)
        held = resolved.get(*place)
        assert (held and held.resource) == (live and live.resource), place


def assert_converged(theatre: Theatre) -> None:
    """Platform, state and declaration agree; nothing was done twice, and nothing foreign was touched."""
    things = theatre.platform.world.things
    assert {place: thing for place, thing in things.items() if place not in theatre.foreign} == theatre.wanted.things
    loaded = theatre.load()
    serials = [run.header.serial for run in theatre.history()]
    assert serials == list(range(loaded.applied.serial + 1 - len(serials), loaded.applied.serial + 1))
    assert {place: each.resource for place, each in loaded.applied.resources.items()} == theatre.wanted.things
    assert loaded.in_flight == ()
    assert loaded.lock is None
    assert theatre.preview().empty
    assert theatre.platform.refused == []
    assert theatre.foreign <= things.keys()
    assert theatre.foreign.isdisjoint(theatre.platform.deleted)
    given = {key for kind, key in theatre.platform.created if kind is Kind.MAILBOX}
    assert given <= theatre.platform.passwords


def converge(theatre: Theatre) -> None:
    result = theatre.run()
    assert result is not None
    assert result.exit_code == 0, result.outcomes
    assert_converged(theatre)


def _world(*resources) -> World:
    return World().add(*resources)


_OFFICE = Instance("one", 100 * GB)
_DOMAIN = Domain("a.example", "one")
_ANN, _BOB = Mailbox("ann@a.example", "Ann", GB), Mailbox("bob@a.example", "Bob", GB)
_INFO = Alias("info@a.example", (_ANN.address,))

STORIES = {
    "from nothing": (_world(_OFFICE, _DOMAIN, _ANN, _BOB, _INFO), _world(), _world()),
    "to nothing": (_world(), *[_world(_OFFICE, _DOMAIN, _ANN, _BOB, _INFO)] * 2),
    "adopted and unmanaged": (_world(_OFFICE, _DOMAIN, _ANN), _world(_OFFICE, _DOMAIN, _ANN, _BOB, _INFO), _world()),
    "hand-over and retarget": (
        _world(_OFFICE, _DOMAIN, _BOB, Alias(_ANN.address, (_BOB.address,)), Alias(_INFO.address, (_BOB.address,))),
        *[_world(_OFFICE, _DOMAIN, _ANN, _BOB, _INFO)] * 2,
    ),
    "changed, drifted and gone": (
        _world(_OFFICE, _DOMAIN, Mailbox(_ANN.address, "Anna", 2 * GB), _BOB),
        _world(Instance("one", 50 * GB), _DOMAIN, Mailbox(_ANN.address, "Ann", 3 * GB)),
        _world(_OFFICE, _DOMAIN, _ANN, _BOB, _INFO),
    ),
    "from nothing small": (_world(_OFFICE, _DOMAIN, _ANN), _world(), _world()),
    "hand-over small": (
        _world(_OFFICE, _DOMAIN, Mailbox(_BOB.address, "Bobby", 2 * GB), Alias(_ANN.address, (_BOB.address,))),
        _world(_OFFICE, _DOMAIN, _ANN, _BOB),
        _world(_OFFICE, _ANN, _BOB),
    ),
}
