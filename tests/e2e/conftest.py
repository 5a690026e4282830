"""People who use the whole stack's workspace."""

from collections.abc import Iterator

import pytest

from tests.e2e.stack import People, Stack


@pytest.fixture
def people(stack: Stack) -> Iterator[People]:
    """The people of its workspace."""
    everybody = People(stack.workspace)
    yield everybody
    everybody.close()
