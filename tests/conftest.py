"""What several suites share: one whole stack, and the tests that need it after all others."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from tests.e2e.stack import Stack

_LAST = ("e2e", "browser")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is quick comes first: a mistake shows before the stack is started."""

    def place(item: pytest.Item) -> int:
        return next((n for n, mark in enumerate(_LAST, 1) if item.get_closest_marker(mark)), 0)

    items.sort(key=place)


# A busy machine is no fault of the code: examples are judged by what they show, not by how long it took.
settings.register_profile("cooper", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("cooper")


@pytest.fixture(scope="session")
def stack() -> Iterator["Stack"]:
    """The whole stack on a fresh state folder; what is built once (images) is shared."""
    from tests.e2e.stack import CHECKOUT, running_stack

    # A short path: sockets live below it.
    folder = Path(tempfile.mkdtemp(prefix="cooper-e2e-"))
    state = folder / "state"
    state.mkdir()
    images = CHECKOUT / ".cooper" / "images"
    if images.exists():
        (state / "images").symlink_to(images)
    with running_stack(state) as running:
        yield running
    shutil.rmtree(folder, ignore_errors=True)
