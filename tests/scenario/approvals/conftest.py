"""Bot and worker with Rasa and Airflow down: a queued request would start, and no more is needed."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from infra.store.database import engine, queue
from infra.store.transaction import PostgresStore
from tests.scenario.approvals.serving import Shop, serve
from tests.scenario.approvals.steps import PROJECT
from tests.scenario.degraded.conftest import environment, workspace
from tests.scenario.reads.conftest import Platform, platform
from tests.support.bot import Cooper, running_bot
from tests.support.postgres import database_url, postgres

__all__ = ["database_url", "environment", "platform", "postgres", "workspace"]


@pytest.fixture
async def cooper(workspace, database_url, tmp_path) -> AsyncIterator[Cooper]:
    """Under the demo's policy, with one registered project."""
    async with running_bot(workspace, database_url, tmp_path) as running:
        await running.knows(PROJECT)
        yield running


@pytest.fixture(scope="session")
def serving(platform: Platform) -> Platform:
    """A real MLflow, and the AWS stand-in with endpoints in service."""
    serve(platform)
    return platform


@pytest.fixture
async def shop(serving: Platform, database_url: str) -> AsyncIterator[Shop]:
    made = engine(database_url)
    yield Shop(serving, PostgresStore(made, queue(database_url)), database_url)
    await made.dispose()
