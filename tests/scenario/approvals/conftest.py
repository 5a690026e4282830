"""Bot and worker with Rasa and Airflow down: a queued request would start, and no more is needed."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.scenario.approvals.steps import PROJECT
from tests.scenario.degraded.conftest import environment, workspace
from tests.support.bot import Cooper, running_bot
from tests.support.postgres import database_url, postgres

__all__ = ["database_url", "environment", "postgres", "workspace"]


@pytest.fixture
async def cooper(workspace, database_url, tmp_path) -> AsyncIterator[Cooper]:
    """Under the demo's policy, with one registered project."""
    async with running_bot(workspace, database_url, tmp_path) as running:
        await running.knows(PROJECT)
        yield running
