from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bot.app import serve
from bot.settings import Settings
from infra.local.slack.server import Running, running_workspace
from infra.local.slack.workspace import Options
from tests.support.bot import NOWHERE
from tests.support.postgres import database_url, postgres
from tests.support.projects import ROOT
from tests.support.waiting import eventually
from tests.unit.alerts.examples import EXAMPLES, SECRET

__all__ = ["database_url", "postgres"]


@dataclass
class Bot:
    """Where a bot answers over HTTP, and the database behind it."""

    port: int
    database_url: str
    statuses: list[int] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def post(self, name: str, body: Any = None) -> int:
        """Send a source's example, or another body as it; the status."""
        one = EXAMPLES[name]
        raw = json.dumps(one.body if body is None else body).encode()
        async with (
            aiohttp.ClientSession() as session,
            session.post(
                f"{self.url}/alerts/{name}", data=raw, headers=one.headers, params=one.query
            ) as answer,
        ):
            self.statuses.append(answer.status)
            return answer.status

    async def up(self) -> bool:
        with contextlib.suppress(aiohttp.ClientError):
            async with (
                aiohttp.ClientSession() as session,
                session.get(f"{self.url}/healthz") as answer,
            ):
                return answer.status == 200
        return False

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            return connection.execute(query).fetchall()


@pytest.fixture
def environment(database_url, tmp_path, unused_port) -> dict[str, str]:
    """A bot that Slack reaches over signed HTTP, and two sources that are on."""
    key_file = tmp_path / "signing.pem"
    key = Ed25519PrivateKey.generate()
    key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return {
        "DATABASE_URL": database_url,
        "SLACK_BOT_TOKEN": "xoxb-test",
        "SLACK_SIGNING_SECRET": "test",
        "SLACK_API_URL": f"{NOWHERE}/api/",
        "COOPER_CONFIG": str(ROOT / "cooper.yaml"),
        "COOPER_HTTP_PORT": str(unused_port),
        "COOPER_SIGNING_KEY_FILE": str(key_file),
        "COOPER_ALERTS_APORIA_SECRET": SECRET,
        "COOPER_ALERTS_MONITOR_SECRET": SECRET,
        "NLU_URL": NOWHERE,
        "NLU_TOKEN": "test",
        "AIRFLOW_URL": NOWHERE,
        "AIRFLOW_USERNAME": "cooper",
        "AIRFLOW_PASSWORD": "test",
        "MLFLOW_TRACKING_URI": NOWHERE,
    }


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
async def workspace(tmp_path) -> AsyncIterator[Running]:
    """A Slack that limits no rates."""
    async with running_workspace(tmp_path / "slack", options=Options(rate_limits=False)) as running:
        yield running


@pytest.fixture
async def bot(environment, monkeypatch, database_url, unused_port) -> AsyncIterator[Bot]:
    """The real bot in this process."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    stop = asyncio.Event()
    serving = asyncio.create_task(serve(Settings(_env_file=None), stop))
    running = Bot(unused_port, database_url)

    async def answers() -> bool:
        if serving.done():
            serving.result()
        return await running.up()

    await eventually(answers, "the bot is up")
    try:
        yield running
    finally:
        stop.set()
        await serving
