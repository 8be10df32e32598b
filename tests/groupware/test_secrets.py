"""What is said of a way in that does not work has no piece of its secret in it."""

import asyncio
import traceback

import pytest

from reconciler.providers.sogo.database import Database
from reconciler.providers.sogo.trouble import Trouble


@pytest.mark.parametrize(
    "password", ["correct@geheim", "geheim/horse", "geheim@", "gehe/im@geheim", "geheim%", "geheim"]
)
def test_a_password_that_is_not_written_as_it_has_to_be(password):
    """A DSN that a sign in its password cuts in other places is called unreadable, and no piece of it is a host."""

    async def connect() -> None:
        async with Database("the database", lambda: f"postgresql://mail:{password}@127.0.0.1:1/mail", 2.0).reading():
            raise AssertionError

    with pytest.raises(Trouble) as caught:
        asyncio.run(connect())
    told = "".join(traceback.format_exception(caught.value)) + f"{caught.value.help} {caught.value!r}"
    assert "geheim" not in told
    assert ("can not be reached at 127.0.0.1:1" in told) == (password == "geheim")
