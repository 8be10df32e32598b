"""PostfixAdmin's forms, as somebody uses them with a browser: of its administrator, and of people with a mailbox."""

import html
import http.cookiejar
import re
import urllib.parse
import urllib.request
from typing import TypeAlias

from tests.servers.cluster.postfixadmin import PostfixAdmin

#: What is typed into a form's fields.
Typed: TypeAlias = dict[str, str]

_TOKEN = re.compile(r'name="token" value="([^"]+)"')
_TEXT = re.compile(r'<input class="form-control" type="text" name="value\[(\w+)\]"\s+value="([^"]*)"')
_TICKED = re.compile(r"""<input type="checkbox" value='1'\s+name="value\[(\w+)\]"\s+checked""")
_LINES = re.compile(r'<textarea[^>]*name="value\[(\w+)\]"[^>]*>([^<]*)</textarea>')


class Forms:
    """A session in a browser."""

    def __init__(self, admin: PostfixAdmin, login: str | None = None, password: str | None = None) -> None:
        """Log in as the administrator, or as somebody with a mailbox.

        Raises:
            PermissionError: If they are not let in.
        """
        self._root = admin.url if login is None else f"{admin.url}users/"
        self._browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        typed = {"fUsername": login or admin.login, "fPassword": password or admin.password, "lang": "en"}
        if 'name="fUsername"' in self.send("login.php", typed):
            raise PermissionError(f"PostfixAdmin does not let {typed['fUsername']} in")

    def page(self, path: str) -> str:
        """What a page shows."""
        return self._ask(path)

    def send(self, path: str, typed: Typed) -> str:
        """Open a form, fill it in and send it; return the page that follows."""
        return self._ask(path, {**typed, "token": _TOKEN.search(self.page(path))[1]})

    def edit(self, table: str, key: str, **typed: str | None) -> None:
        """Open the form of a row, type into some fields, and save; None takes a tick away."""
        path = f"edit.php?{urllib.parse.urlencode({'table': table, 'edit': key})}"
        filled = {**_fields(self.page(path)), **typed}
        values = {f"value[{name}]": value for name, value in filled.items() if value is not None}
        assert "has been updated" in self.send(path, {"table": table, **values})

    def delete(self, table: str, key: str, domain: str) -> None:
        """Delete a row of a domain."""
        token = _TOKEN.search(self.page(f"list-virtual.php?domain={domain}"))[1]
        assert "deleted" in self._ask("delete.php", {"table": table, "delete": key, "token": token})

    def change_password(self, old: str, new: str) -> None:
        """Change one's own password."""
        typed = {"fPassword_current": old, "fPassword": new, "fPassword2": new, "submit": "Change password"}
        assert "has been changed" in self.send("password.php", typed)

    def _ask(self, path: str, typed: Typed | None = None) -> str:
        body = None if typed is None else urllib.parse.urlencode(typed).encode()
        with self._browser.open(f"{self._root}{path}", body, timeout=30) as answer:
            return answer.read().decode()


def _fields(page: str) -> Typed:
    """What a form shows: its texts, its lists of lines, and its ticks."""
    texts = {name: html.unescape(value) for name, value in _TEXT.findall(page)}
    lines = {name: html.unescape(value).strip().replace("\n", "\r\n") for name, value in _LINES.findall(page)}
    return {**texts, **lines, **dict.fromkeys(_TICKED.findall(page), "1")}
