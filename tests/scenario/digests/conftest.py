"""Bot and worker in front of a workspace, everything else down; and the sender alone, with a clock."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from actions.context import World
from actions.digests.recurrence import Recurrence
from actions.digests.sending import Sending
from actions.digests.subscription import Subscription
from bot.bootstrap import slack_client
from bot.channels import SlackChannels
from bot.people import People
from infra.local.slack.server import Running
from infra.store.database import engine as make_engine
from infra.store.database import queue as make_queue
from infra.store.people import KnownPeople
from infra.store.transaction import PostgresStore
from tests.scenario.degraded.conftest import environment, workspace
from tests.support.bot import Cooper, running_bot, settings_for
from tests.support.postgres import database_url, postgres
from tests.support.projects import registered
from tests.support.world import nowhere

__all__ = ["database_url", "environment", "postgres", "workspace"]


class Clock:
    """The time, moved on by what passed."""

    def __init__(self) -> None:
        self._passed = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self._passed

    def passes(self, **time: float) -> None:
        self._passed += timedelta(**time)


@pytest.fixture
def clock(monkeypatch) -> Clock:
    """What bots and workers that start from now on take for the time."""
    moved = Clock()
    monkeypatch.setattr("bot.bootstrap.now", moved)
    return moved


@pytest.fixture
async def cooper(workspace, database_url, tmp_path, clock) -> AsyncIterator[Cooper]:
    async with running_bot(workspace, database_url, tmp_path, poll_seconds=0.1) as running:
        await running.knows(registered())
        yield running


@dataclass
class Sender:
    """The sender over a real database and workspace, at the time `at`."""

    engine: AsyncEngine
    store: PostgresStore
    world: World
    people: People
    at: datetime

    async def send(self) -> int:
        return await Sending(self.store, self.world, self.people, lambda: self.at).send()

    async def subscribed(self, **changes: Any) -> Subscription:
        """A subscription of Ana's in #ml, made now."""
        recurrence = changes.pop("recurrence", Recurrence("0 9 * * *", "UTC"))
        values: dict[str, Any] = {
            "number": 1,
            "team": "T0COOPER1",
            "channel": "CML000001",
            "project": None,
            "recurrence": recurrence,
            "by_id": "UANA00001",
            "by_name": "Ana Lima",
            "made": self.at,
            "due": recurrence.after(self.at),
        }
        made = Subscription(**(values | changes))
        async with self.store.transaction() as tx:
            await tx.digests.save(made)
        return made

    async def said(self) -> list[dict[str, Any]]:
        """What was queued for Slack, oldest first."""
        async with self.engine.connect() as connection:
            rows = await connection.exec_driver_sql(
                "SELECT key, channel, answer ->> 'text' AS text FROM messages ORDER BY id"
            )
            return [dict(row) for row in rows.mappings()]


@pytest.fixture
async def sender(workspace: Running, database_url, tmp_path) -> AsyncIterator[Sender]:
    engine, queue = make_engine(database_url), make_queue(database_url)
    client = slack_client(settings_for(workspace, database_url, tmp_path))
    world = replace(nowhere(), channels=SlackChannels(client))
    store = PostgresStore(engine, queue)
    async with queue.open_async():
        async with store.transaction() as tx:
            await tx.save_project(registered())
        people = People(client, KnownPeople(engine))
        yield Sender(engine, store, world, people, datetime.fromisoformat("2026-11-20T12:00:00Z"))
    await engine.dispose()
