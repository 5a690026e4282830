"""The workspace's page as a person uses it: by keyboard and mouse."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    expect,
    sync_playwright,
)

SECONDS = 1000
ANSWERED = 60 * SECONDS
TRAINED = 420 * SECONDS
DEPLOYED = 240 * SECONDS
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_NAMES = ("chromium", "chromium-browser", "google-chrome")


@contextmanager
def chromium() -> Iterator[Browser]:
    """The machine's Chromium, or Playwright's own where it has none."""
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=_FLAGS)
        yield browser
        browser.close()


class Watch:
    """What must not happen: errors in the workspace's page, and requests that leave the machine."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self._url = url
        self.problems: list[str] = []
        self._asked = 0
        context.on("console", self._console)
        context.on("weberror", lambda error: self.problems.append(f"uncaught: {error.error}"))
        context.on("request", self._request)

    def check(self) -> None:
        """Fails with everything that went wrong."""
        assert self._asked, "the page asked for nothing: the watch sees no requests"
        assert not self.problems, "\n".join(self.problems)

    def _console(self, message: ConsoleMessage) -> None:
        ours = message.location["url"].startswith(self._url)
        if ours and message.type in ("error", "warning"):
            self.problems.append(f"console {message.type}: {message.text}")

    def _request(self, request: Request) -> None:
        self._asked += 1
        address = urlsplit(request.url)
        if address.scheme in ("http", "https", "ws", "wss") and address.hostname != "127.0.0.1":
            self.problems.append(f"request to {request.url}")


class Workspace:
    """One browser window, used by one person at a time."""

    def __init__(self, page: Page, url: str, pictures: Path) -> None:
        self.page = page
        self.url = url
        self.pictures = pictures
        self.channel = page.get_by_test_id("messages")
        self.thread = page.get_by_test_id("thread")
        self.composer = page.get_by_test_id("composer")

    def open(self, person: str, channel: str) -> None:
        """Come to the workspace as a person, and go to a channel (`cooper` is the app's own)."""
        self.page.goto(self.url)
        self.become(person)
        self.choose(channel)

    def become(self, person: str) -> None:
        """Be somebody else from now on."""
        self._menu()
        self.page.get_by_test_id("me").click()
        self.page.get_by_test_id(f"be-{person}").click()
        expect(self.page.get_by_test_id("me")).to_contain_text(person.capitalize())

    def choose(self, channel: str) -> None:
        """Go to a channel and wait until its messages are there."""
        self._menu()
        self.page.get_by_test_id(f"channel-{channel}").click()
        expect(self.page.get_by_test_id("channel-title")).to_contain_text(channel, ignore_case=True)
        expect(self.channel).to_have_attribute("aria-busy", "false")

    def asks(self, text: str) -> None:
        """Write `@cooper text` in the channel, and open the thread of the answer."""
        mine = self.channel.get_by_test_id("message").filter(has_text=f"@Cooper {text}")
        before = mine.count()
        self.composer.click()
        self.page.keyboard.type(f"@cooper {text}")
        self.page.keyboard.press("Enter")
        expect(mine).to_have_count(before + 1)
        mine.last.get_by_test_id("open-thread").click(timeout=ANSWERED)

    def replies(self, text: str) -> None:
        """Write in the open thread."""
        self.page.get_by_test_id("thread-composer").click()
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")

    def message(self, text: str) -> Locator:
        """The thread's last message that holds the text."""
        return self.thread.get_by_test_id("message").filter(has_text=text).last

    def sees(self, text: str, within: float = ANSWERED) -> Locator:
        """The thread's last message with the text, once it is there."""
        found = self.message(text)
        expect(found).to_be_visible(timeout=within)
        return found

    def click(self, message: Locator, action: str) -> None:
        """A button of a message."""
        message.get_by_test_id(f"action-{action}").click()

    def _menu(self) -> None:
        """On a phone the sidebar is behind a button."""
        expect(self.page.get_by_test_id("me")).to_be_attached()
        button = self.page.get_by_role("button", name="Channels")
        if button.is_visible() and button.get_attribute("aria-expanded") == "false":
            button.click()

    def picture(self, name: str) -> None:
        """Keep what is seen now."""
        self.page.screenshot(path=self.pictures / f"{name}.png", animations="disabled")


def enter_airflow(page: Page, state: Path) -> None:
    """Sign in as the engineer of the embedded stack."""
    password = (state / "keys" / "airflow-engineer-password").read_text().strip()
    page.get_by_label("Username").fill("engineer")
    page.get_by_label("Password").fill(password)
    page.keyboard.press("Enter")
