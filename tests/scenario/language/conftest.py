"""Bot and worker with a real Rasa; Airflow, MLflow and AWS are down."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from infra.local.slack.server import running_workspace
from infra.local.slack.workspace import Options
from tests.nlu.conftest import rasa
from tests.nlu.servers import Running
from tests.support.bot import Cooper, running_bot
from tests.support.postgres import database_url, postgres
from tests.support.projects import GPU_IMAGE, registered

__all__ = ["database_url", "postgres", "rasa"]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """boto3 wants credentials before it finds that nothing answers."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")


@pytest.fixture
async def cooper(rasa: Running, database_url: str, tmp_path) -> AsyncIterator[Cooper]:
    """A bot that understands, and one registered project."""
    options = Options(rate_limits=False, ack_seconds=2.0, retry_delays=(0.0, 0.2))
    settings = {"nlu_url": rasa.url, "nlu_token": rasa.token}
    async with (
        running_workspace(tmp_path / "slack", options=options) as workspace,
        running_bot(workspace, database_url, tmp_path, **settings) as running,
    ):
        await running.knows(registered(image=GPU_IMAGE))
        yield running
