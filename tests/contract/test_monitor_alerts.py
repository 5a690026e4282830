"""What the DAG `monitor_models` sends is what `POST /alerts/monitor` takes."""

from __future__ import annotations

import asyncio
import importlib
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.alerts.credentials import bearer
from bot.alerts.monitor import Monitor
from tests.contract.test_alert_http import serving
from tests.support.postgres import database_url, postgres

__all__ = ["database_url", "postgres"]

DAGS = Path(__file__).resolve().parents[2] / "dags"
SECRET = "a-secret-of-the-monitor"
END = datetime(2026, 11, 22, 8, tzinfo=UTC)
WATCH = {"project": "line", "environment": "staging", "endpoint": "demo-line-staging", "version": 3}


@pytest.fixture(scope="module")
def dags():
    """The DAGs' own code; this part of it needs nothing of Airflow."""
    sys.path.insert(0, str(DAGS))
    try:
        yield {
            name: importlib.import_module(f"cooper_dags.{name}") for name in ("alerts", "notices")
        }
    finally:
        sys.path.remove(str(DAGS))


@pytest.fixture
async def served(database_url):
    source = Monitor(bearer(SecretStr(SECRET)))
    async with serving(database_url, [source]) as found:
        yield found


@pytest.fixture
def send(dags, served, monkeypatch):
    monkeypatch.setenv("COOPER_ALERTS_URL", served.url)
    monkeypatch.setenv("COOPER_ALERTS_MONITOR_SECRET", SECRET)

    async def run(*found, end=END):
        start = end - timedelta(hours=1)
        await asyncio.to_thread(
            dags["alerts"].send, WATCH, found, start, end, "http://mlflow:5000/#/experiments/1"
        )

    return run


@pytest.fixture
def notice(dags):
    def make(column="x", **changes):
        values = {
            "monitor": "drift",
            "check": "data_drift",
            "slice": None,
            "severity": "high",
            "status": "firing",
            "value": 0.31,
            "threshold": 0.2,
            "detail": "Jensen-Shannon distance is 0.31, the bound 0.2.",
            **changes,
        }
        return dags["notices"].Notice(column=column, **values)

    return make


async def test_every_notice_is_taken_with_all_that_it_says(served, send, notice):
    group = notice("sex", slice="sex = f", monitor="bias", check="bias")
    await send(notice(), notice("y", status="resolved", value=None, threshold=None), group)
    stored = {(each["monitor"], each["title"]): each for each in served.stored()}
    assert set(stored) == {("drift", "drift: x"), ("drift", "drift: y"), ("bias", "bias: sex")}
    first = stored["drift", "drift: x"]
    assert (first["value"], first["threshold"], first["version"]) == (0.31, 0.2, "3")
    assert first["link"] == "http://mlflow:5000/#/experiments/1"
    assert stored["drift", "drift: y"]["status"] == "resolved"


async def test_same_window_sent_again_is_stored_once_and_the_next_one_counts(served, send, notice):
    for _ in range(3):
        await send(notice(), notice("y"))
    assert len(served.stored()) == 2
    await send(notice(), end=END + timedelta(minutes=15))
    stored = served.stored()
    assert len(stored) == 3
    assert stored[0]["fingerprint"] == stored[2]["fingerprint"]


async def test_several_hundred_columns_are_taken(served, send, notice):
    await send(*[notice(f"column_{number:04}" + "x" * 200) for number in range(500)])
    assert len(served.stored()) == 500


async def test_another_secret_is_a_fault(dags, served, send, notice, monkeypatch):
    monkeypatch.setenv("COOPER_ALERTS_MONITOR_SECRET", "another-secret-altogether")
    refused = importlib.import_module("cooper_dags.errors").RefusedError
    with pytest.raises(refused, match="answers 401"):
        await send(notice())
    assert served.stored() == []


async def test_what_is_no_number_is_a_fault_that_names_the_field(served, send, notice, dags):
    refused = importlib.import_module("cooper_dags.errors").RefusedError
    with pytest.raises(refused, match=r"answers 422: .*findings\.0\.severity"):
        await send(notice(severity="urgent"))
