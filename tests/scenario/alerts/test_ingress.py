"""Alerts at the real bot: beside Slack's own traffic, without a database, and killed."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import aiohttp
import psycopg
import pytest

from infra.store.alerts import FOLD
from tests.scenario.alerts.conftest import Bot
from tests.support.waiting import eventually
from tests.unit.alerts.examples import EXAMPLES

_COUNT = "SELECT count(*) FROM alerts"
_OTHERS = (
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
_HELD_UP = "SELECT pid FROM pg_locks WHERE relation = 'alerts'::regclass AND NOT granted"


async def test_an_alert_is_stored_with_the_job_that_folds_it(bot):
    assert await bot.post("aporia") == 200
    assert bot.rows("SELECT source, folded IS NULL, incident FROM alerts") == [
        ("aporia", True, None)
    ]
    assert bot.rows("SELECT task_name, status::text FROM procrastinate_jobs") == [(FOLD, "todo")]


async def test_only_what_has_a_secret_is_open(bot):
    assert await bot.post("alertmanager") == 404
    assert await bot.post("coralogix") == 404
    async with aiohttp.ClientSession() as session:
        for source in ("aporia", "monitor", "cloudwatch", "nagios"):
            url = f"{bot.url}/alerts/{source}"
            async with session.post(url, json=EXAMPLES["aporia"].body) as answer:
                assert answer.status in {401, 404}
    assert bot.rows(_COUNT) == [(0,)]


async def test_slack_is_answered_beside_alerts(bot):
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{bot.url}/healthz") as answer:
            assert await answer.json() == {"ok": True}
        # Not signed, so Slack's own door says no; it is there, and not the alerts'.
        async with session.post(f"{bot.url}/slack/events", json={}) as answer:
            assert answer.status == 401
            assert "field" not in await answer.text()


async def test_alerts_of_one_moment_share_transactions_and_one_job(bot):
    statuses = await asyncio.gather(*(bot.post("aporia") for _ in range(200)))
    assert set(statuses) == {200}
    assert bot.rows(_COUNT) == [(200,)]
    [[transactions]] = bot.rows("SELECT count(DISTINCT xmin::text) FROM alerts")
    assert transactions < 100
    assert bot.rows("SELECT count(*) FROM procrastinate_jobs") == [(1,)]


async def test_what_was_refused_while_the_database_was_away_is_not_stored(
    postgres, database_url, bot
):
    assert await bot.post("aporia") == 200
    postgres.take_down(database_url)
    assert set(await asyncio.gather(*(bot.post("aporia") for _ in range(20)))) == {503}
    postgres.bring_back(database_url)
    assert await bot.post("aporia") == 200
    assert bot.rows(_COUNT) == [(2,)]


async def test_a_database_that_goes_and_comes_loses_no_accepted_alert(postgres, database_url, bot):
    stop = asyncio.Event()

    async def send():
        while not stop.is_set():
            await bot.post("aporia")

    senders = [asyncio.create_task(send()) for _ in range(8)]
    for _ in range(3):
        await _more(bot, 200)
        postgres.take_down(database_url)
        await _more(bot, 503)
        postgres.bring_back(database_url)
    await _more(bot, 200)
    stop.set()
    await asyncio.gather(*senders)
    assert set(bot.statuses) == {200, 503}
    [[stored]] = bot.rows(_COUNT)
    # A commit whose answer was lost is a 503 that is stored: told again, never lost.
    assert stored >= bot.statuses.count(200)
    assert stored - bot.statuses.count(200) <= 3 * 8


async def _more(bot, status):
    """Ten answers more of this kind."""
    so_far = bot.statuses.count(status)
    await eventually(lambda: bot.statuses.count(status) >= so_far + 10, f"more of {status}")


async def test_a_table_that_is_held_for_a_moment_costs_no_answer(bot, database_url):
    with psycopg.connect(database_url) as held:
        held.execute("LOCK TABLE alerts")
        tasks = [asyncio.create_task(bot.post("aporia")) for _ in range(10)]
        await eventually(lambda: bot.rows(_HELD_UP), "a transaction is under way")
    assert set(await asyncio.gather(*tasks)) == {200}
    assert bot.rows(_COUNT) == [(10,)]


@pytest.fixture
async def process(environment, unused_port, database_url, tmp_path):
    """The bot as a process of its own, and a way to start it once more."""
    command = [str(Path(sys.executable).with_name("cooper")), "bot"]
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    started = []

    def run():
        with (tmp_path / "bot.log").open("ab") as log:
            return subprocess.Popen(
                command, env=kept | environment, cwd=tmp_path, stdout=log, stderr=log
            )

    async def start():
        one = run()
        started.append(one)
        running = Bot(unused_port, database_url)
        await eventually(running.up, "the bot is up", 60)
        return one, running

    yield start
    for one in started:
        one.kill()
        one.wait()


async def test_killed_before_the_commit_nothing_is_stored_and_the_sender_knows(
    process, database_url
):
    one, bot = await process()
    with psycopg.connect(database_url) as held:
        held.execute("LOCK TABLE alerts")
        sending = asyncio.create_task(bot.post("monitor"))
        await eventually(lambda: bot.rows(_HELD_UP), "a transaction is under way")
        one.kill()
        with pytest.raises(aiohttp.ClientError):
            await sending
    await eventually(lambda: bot.rows(_OTHERS) == [(0,)], "Postgres has noticed")
    assert bot.rows(_COUNT) == [(0,)]
    _, bot = await process()
    assert await bot.post("monitor") == 200
    assert await bot.post("monitor") == 200
    assert bot.rows(_COUNT) == [(2,)]
