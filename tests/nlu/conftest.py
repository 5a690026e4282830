"""A real Rasa with its action server, once for all tests of the language."""

from collections.abc import Iterator

import pytest

from tests.nlu.servers import TOKEN, Running, end, free_port, start_actions, start_rasa, wait_for


@pytest.fixture(scope="session")
def rasa(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Rasa and its action server, ended afterwards."""
    logs = tmp_path_factory.mktemp("nlu")
    actions_port, port = free_port(), free_port()
    actions_url = f"http://127.0.0.1:{actions_port}/webhook"
    actions = start_actions(actions_port, logs / "actions.log")
    server = start_rasa(port, actions_url, logs / "rasa.log")
    try:
        wait_for(f"http://127.0.0.1:{actions_port}/health", actions, logs / "actions.log")
        url = f"http://127.0.0.1:{port}"
        wait_for(f"{url}/webhooks/cooper/health", server, logs / "rasa.log")
        yield Running(url, actions_url, TOKEN)
    finally:
        end(server)
        end(actions)
