"""One stack for all tests that need it whole."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.stack import CHECKOUT, People, Stack, running_stack


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The whole stack on a fresh state folder; what is built once (images) is shared."""
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


@pytest.fixture
def people(stack: Stack) -> Iterator[People]:
    """The people of its workspace."""
    everybody = People(stack.workspace)
    yield everybody
    everybody.close()
