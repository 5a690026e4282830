"""What people see of incidents in Slack and what they do there: signed traffic, the real app."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.scenario.alerts.conftest import Bot
from tests.support.bot import Cooper, Message, buttons, drawn, payload, running_bot
from tests.support.projects import ROOT, registered
from tests.support.waiting import eventually
from tests.unit.alerts.examples import SECRET

_ALERTING = """alerting:
  group_wait: PT1S
  group_interval: PT1S
  repeat_interval: PT1H
  escalation: [{after: PT1H, people: [UBEN00001]}]
"""


def _config(folder: Path, alerting: str = _ALERTING) -> Path:
    """The demo's policy without quiet hours and with short waits."""
    text = (ROOT / "cooper.yaml").read_text()
    changed = re.sub(r"(?ms)^alerting:.*?(?=^# Digests)", alerting + "\n", text)
    assert changed != text
    path = folder / "cooper.yaml"
    path.write_text(changed)
    return path


def finding(value: float = 0.34, **changes: Any) -> dict[str, Any]:
    """A drift that our monitor found in claims-frequency."""
    return {
        "project": "claims-frequency",
        "environment": "staging",
        "version": "7",
        "monitor": "input-drift",
        "check": "data_drift",
        "column": "log_coinsurance",
        "severity": "medium",
        "status": "firing",
        "value": value,
        "threshold": 0.2,
        "description": "PSI of log_coinsurance is above its threshold.",
        **changes,
    }


@asynccontextmanager
async def watching(
    workspace: Any, database_url: str, folder: Path, port: int, alerting: str = _ALERTING
) -> AsyncIterator[tuple[Cooper, Bot]]:
    """Bot and worker that take our monitor's alerts."""
    async with running_bot(
        workspace,
        database_url,
        folder,
        http_port=port,
        config=_config(folder, alerting),
        alerts_monitor_secret=SECRET,
    ) as cooper:
        await cooper.knows(registered())
        yield cooper, Bot(port, database_url)


async def told(bot: Bot, *findings: dict[str, Any]) -> None:
    assert await bot.post("monitor", {"findings": list(findings)}) == 200


async def incident(cooper: Cooper, state: str = "firing", name: str = "A1", **more: Any) -> Message:
    """The incident's message, as soon as it looks so."""

    async def shown() -> Message | None:
        for message in await cooper.from_bot("ana", "ml"):
            about = payload(message)
            wanted = {"incident": name, "state": state, **more}
            if about.items() >= wanted.items():
                return message
        return None

    return await eventually(shown, f"{name} is {state} {more}")


async def press(cooper: Cooper, user: str, action: str, message: Message, **more: Any) -> None:
    await cooper.clicks(user, "ml", action, message["ts"], **more)


async def in_thread(cooper: Cooper, message: Message, words: str) -> Message:
    return await cooper.told("ana", "ml", words, message["ts"])


@pytest.fixture
async def at(workspace, database_url, tmp_path, unused_port):
    async with watching(workspace, database_url, tmp_path, unused_port) as both:
        yield both


async def test_an_incident_is_one_message_that_counts(at):
    cooper, bot = at
    await told(bot, finding(0.25))
    message = await incident(cooper)
    words = drawn(message)
    for expected in ("log_coinsurance", "claims-frequency", "staging", "medium", "0.25", "0.2"):
        assert expected in words
    assert message["metadata"]["event_type"] == "cooper_incident"
    await told(bot, finding(0.31))
    await incident(cooper, count=2)
    await told(bot, finding(0.38))
    edited = await incident(cooper, count=3)
    assert edited["ts"] == message["ts"]
    assert "3 times" in drawn(edited)
    assert "0.38" in drawn(edited)
    assert re.search("[▁-█]{3}", drawn(edited))


async def test_who_acknowledges_is_on_it_and_the_thread_tells(at):
    cooper, bot = at
    await told(bot, finding())
    message = await incident(cooper)
    assert buttons(message)[:5] == [
        "acknowledge",
        "snooze",
        "snooze_day",
        "snooze_until",
        "resolve",
    ]
    await press(cooper, "ana", "acknowledge", message)
    taken = await incident(cooper, "acknowledged")
    assert "<@UANA00001> is on it" in drawn(taken)
    await in_thread(cooper, message, "is on it. Reminders and escalation stop")
    await press(cooper, "ben", "acknowledge", taken)
    await in_thread(cooper, message, "takes A1 over from Ana")
    assert await cooper.rows("SELECT count(*) AS n FROM audit WHERE what = 'acknowledged'") == [
        {"n": 2}
    ]


async def test_a_click_on_what_is_over_changes_nothing(at):
    cooper, bot = at
    await told(bot, finding())
    message = await incident(cooper)
    await told(bot, finding(0.1, status="resolved"))
    over = await incident(cooper, "resolved")
    assert buttons(over) == []
    await in_thread(cooper, message, "A1 is over, says monitor")
    await cooper.types("ana", "ml", "acknowledge_alert alert=A1")
    await cooper.told("ana", "ml", "A1 was resolved by its source")
    assert (await incident(cooper, "resolved"))["ts"] == message["ts"]


async def test_snoozed_for_an_hour_until_it_is_worse(at):
    cooper, bot = at
    await told(bot, finding())
    message = await incident(cooper)
    await press(cooper, "ana", "snooze", message)
    quiet = await incident(cooper, "snoozed")
    assert "Snoozed by <@UANA00001> until" in drawn(quiet)
    await told(bot, finding(0.5))
    await told(bot, finding(0.9, severity="high"))
    await incident(cooper, "firing", severity="high")
    await in_thread(cooper, message, "it is worse now")


async def test_snoozed_until_a_moment_that_the_modal_asks_for(at):
    cooper, bot = at
    await told(bot, finding())
    message = await incident(cooper)
    await press(cooper, "ana", "snooze_until", message)
    [view] = await cooper.views("ana")
    until = datetime.now(UTC).replace(microsecond=0, second=0) + timedelta(days=3)
    await cooper.submits("ana", view["id"], until=int(until.timestamp()))
    quiet = await incident(cooper, "snoozed")
    assert f"{int(until.timestamp())}" in drawn(quiet)


async def test_a_moment_that_is_over_is_refused(at):
    cooper, bot = at
    await told(bot, finding())
    message = await incident(cooper)
    await press(cooper, "ana", "snooze_until", message)
    [view] = await cooper.views("ana")
    await cooper.submits("ana", view["id"], until=1_700_000_000)
    await cooper.told("ana", "ml", "is over. Until when, within a year")
    await incident(cooper, "firing")


async def test_resolved_by_hand_and_reopened_by_the_next_alert(at):
    cooper, bot = at
    await told(bot, finding())
    message = await incident(cooper)
    await cooper.types("ana", "ml", "resolve_alert alert=A1 reason='the feed is back'")
    await incident(cooper, "resolved")
    await in_thread(cooper, message, "resolved A1: the feed is back")
    await told(bot, finding(0.6))
    again = await incident(cooper, "reopened")
    assert again["ts"] == message["ts"]
    assert "acknowledge" in buttons(again)
    await in_thread(cooper, message, "fires again")


async def test_who_may_not_is_told_so_and_nothing_changes(at):
    cooper, bot = at
    await told(bot, finding())
    message = await incident(cooper)
    await press(cooper, "chloe", "resolve", message)
    await cooper.told("chloe", "ml", "may not use resolve_alert")
    await incident(cooper, "firing")


async def test_retrain_opens_the_plan_in_the_incidents_thread(at):
    cooper, bot = at
    await told(bot, finding())
    message = await incident(cooper)
    await press(cooper, "ana", "retrain", message)
    plan = await cooper.card("ml", "R1", "awaiting_confirmation", message["ts"])
    assert payload(plan)["command"] == "train_model"
    assert payload(plan)["params"] == {"project": "claims-frequency"}


async def test_escalation_calls_by_name_until_somebody_is_on_it(
    workspace, database_url, tmp_path, unused_port
):
    short = _ALERTING.replace("after: PT1H", "after: PT1S")
    async with watching(workspace, database_url, tmp_path, unused_port, short) as (cooper, bot):
        await told(bot, finding())
        message = await incident(cooper)
        called = await in_thread(cooper, message, "Nobody has acknowledged A1")
        assert "<@UBEN00001>" in drawn(called)
        await press(cooper, "ben", "acknowledge", message)
        await in_thread(cooper, message, "Ben")
        await cooper.settled()
        lines = await cooper.from_bot("ana", "ml", message["ts"])
        assert sum("Nobody has acknowledged" in drawn(line) for line in lines) == 1


async def test_what_is_silenced_is_counted_and_listed_but_not_told(at):
    cooper, bot = at
    await cooper.types("ana", "ml", "snooze_alert project=claims-frequency duration=PT2H")
    await cooper.told("ana", "ml", "I say nothing of claims-frequency")
    await told(bot, finding())

    async def listed() -> bool:
        await cooper.types("ana", "ml", "list_alerts")
        await cooper.settled()
        return any("A1" in drawn(one) for one in await cooper.from_bot("ana", "ml"))

    await eventually(listed, "the list shows it")
    seen = await cooper.from_bot("ana", "ml")
    assert not [one for one in seen if payload(one).get("incident")]
    assert any("Silenced: project=" in drawn(one) for one in seen)


async def test_a_channel_that_is_not_there_falls_back_to_the_alerts_channel(
    workspace, database_url, tmp_path, unused_port
):
    lost = _ALERTING + '  routes: [{matchers: [\'severity="medium"\'], channel: "#gone"}]\n'
    async with watching(workspace, database_url, tmp_path, unused_port, lost) as (cooper, bot):
        await told(bot, finding())

        async def shown() -> Message | None:
            found = await cooper.from_bot("ana", "ml-alerts")
            return next((one for one in found if payload(one).get("incident") == "A1"), None)

        await eventually(shown, "A1 is in #ml-alerts")
