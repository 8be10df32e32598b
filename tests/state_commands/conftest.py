"""Companies with a state, as the tests of the command line have them."""

from tests.cli.conftest import _applied_once, applied, house

__all__ = ["_applied_once", "applied", "house"]
