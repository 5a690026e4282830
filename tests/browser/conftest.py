"""One browser a module; each test has windows of its own, watched for errors."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.workspace import SECONDS, Watch, Workspace, chromium
from tests.e2e.conftest import people
from tests.e2e.stack import Stack

__all__ = ["people"]

WIDE = (1440, 900)
Open = Callable[..., Workspace]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Ends with the module: Playwright's loop must not outlive it."""
    expect.set_options(timeout=30 * SECONDS)
    with chromium() as running:
        yield running


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the screenshots of a session are left to be looked at."""
    return tmp_path_factory.mktemp("pictures")


@pytest.fixture
def window(stack: Stack, browser: Browser, pictures: Path) -> Iterator[Open]:
    """Opens windows: `window("ana", "claims-frequency")`. They are checked at the end."""
    opened = []

    def open_window(
        person: str, channel: str, size: tuple[int, int] = WIDE, **options: object
    ) -> Workspace:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            **options,  # type: ignore[arg-type]
        )
        opened.append((context, Watch(context, stack.workspace)))
        workspace = Workspace(context.new_page(), stack.workspace, pictures)
        workspace.open(person, channel)
        return workspace

    yield open_window
    for context, watch in opened:
        context.close()
        watch.check()
