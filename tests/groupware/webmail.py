"""SOGo's web mail in Chromium, as people see it."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from tests.groupware.people import Person
from tests.programs import program

#: Where pictures are kept after the run.
PICTURES = Path(__file__).parents[2] / "build" / "screenshots"

#: What keeps the browser from asking anybody but the page's server, and lets root start it.
_QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-default-apps",
)  # fmt: skip
_TRIES, _MOMENT = 12, 2_500  # milliseconds
_WINDOW = {"width": 1280, "height": 800}
expect.set_options(timeout=30_000)  # of milliseconds; a busy machine needs some


@dataclass(frozen=True)
class Webmail:
    """One window of a browser."""

    page: Page

    def log_in(self, person: Person) -> None:
        """Whoever was there before is out; type address and password, and press Enter."""
        self.page.goto("about:blank")  # or the page that is left goes to the login by itself, and cuts us short
        self.page.context.clear_cookies()
        self.page.goto(person.host.webmail)
        self.page.get_by_role("textbox", name="Username").fill(person.address)
        self.page.locator("input[type=password]").fill(person.password)
        self.page.keyboard.press("Enter")

    def is_in(self) -> None:
        """Wait until the inbox is there."""
        expect(self.page.get_by_role("button", name="Inbox").first).to_be_visible()

    def is_refused(self) -> None:
        """Wait until the login says that it is wrong, and has faded in."""
        said = self.page.get_by_text("Wrong username or password")
        expect(said).to_be_visible()
        expect(self.page.get_by_role("button", name="Retry")).to_be_enabled()

    def compose(self) -> None:
        """Open an empty message."""
        self.page.locator("md-fab-trigger button:visible").click()
        self.page.locator("button[ng-click='mailbox.newMessage($event)']").click()
        expect(self.page.frame_locator("iframe.cke_wysiwyg_frame").locator("body")).to_be_editable()

    def senders(self) -> list[str]:
        """Open the list of whom one may write as."""
        field = self.page.locator("input[name=from]")
        shown = self.page.locator(".md-autocomplete-suggestions li:visible")
        for last in (*(False,) * _TRIES, True):
            # a click that comes while the dialog still fades in opens nothing
            field.evaluate("field => field.blur()")
            field.fill("")
            field.click()
            with contextlib.nullcontext() if last else contextlib.suppress(AssertionError):
                expect(shown).not_to_have_count(0, timeout=_MOMENT)
                break
        return shown.all_inner_texts()

    def write(self, sender: str, recipient: str, subject: str, text: str) -> None:
        """Choose a sender from the open list, and fill in the rest."""
        self.page.locator(".md-autocomplete-suggestions li:visible", has_text=sender).click()
        to = self.page.locator("md-autocomplete[placeholder='Add a recipient'] input").first
        to.fill(recipient)
        to.press("Enter")
        self.page.locator("input[name=subject]").fill(subject)
        self.page.frame_locator("iframe.cke_wysiwyg_frame").locator("body").fill(text)

    def send(self) -> None:
        """Send it, and wait until it is gone."""
        self.page.locator("button[ng-click='editor.send()']").click()
        expect(self.page.locator("md-dialog")).to_have_count(0)

    def read(self, subject: str) -> str:
        """Open a message of the inbox, and return what is shown of it."""
        self.page.get_by_role("button", name=subject).first.click()
        message = self.page.locator("[ui-view=message]")
        expect(message).to_contain_text(subject)
        return message.inner_text()

    def picture(self, name: str) -> Path:
        """Keep a picture of the window."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        path = PICTURES / f"{name}.png"
        self.page.screenshot(path=path, animations="disabled")
        return path


@contextlib.contextmanager
def window() -> Iterator[Webmail]:
    """A window of Chromium, which is Debian's: nothing is downloaded."""
    path = program("chromium", "chromium")
    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=path, args=_QUIET) as started:
        yield Webmail(started.new_page(viewport=_WINDOW, locale="en-US"))
