"""A real Rasa with its action server, once for all tests of the language."""

from collections.abc import Iterator

import pytest

from tests.nlu.servers import Running, serving


@pytest.fixture(scope="session")
def rasa(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Rasa and its action server, ended afterwards."""
    with serving(tmp_path_factory.mktemp("nlu")) as (running, _):
        yield running
