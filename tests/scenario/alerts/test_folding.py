"""Alerts that come in at the real bot become incidents by the real worker."""

from __future__ import annotations

from tests.scenario.alerts.conftest import Bot
from tests.support.bot import running_bot
from tests.support.projects import registered
from tests.support.waiting import eventually
from tests.unit.alerts.examples import EXAMPLES, SECRET

_COUNTED = "SELECT project, (incident ->> 'count')::int FROM incidents ORDER BY number"


async def _counted(bot: Bot, expected: list[tuple[str | None, int]]) -> None:
    await eventually(lambda: bot.rows(_COUNTED) == expected, f"the incidents are {expected}")


async def test_alerts_become_incidents_that_count_them(
    workspace, database_url, tmp_path, unused_port
):
    secrets = {"alerts_aporia_secret": SECRET, "alerts_monitor_secret": SECRET}
    async with running_bot(
        workspace, database_url, tmp_path, http_port=unused_port, **secrets
    ) as cooper:
        await cooper.knows(registered())
        bot = Bot(unused_port, database_url)
        for _ in range(3):
            assert await bot.post("aporia") == 200
        await _counted(bot, [(None, 3)])
        assert await bot.post("monitor") == 200
        assert await bot.post("monitor") == 200
        findings = EXAMPLES["monitor"].body["findings"]
        told = {(each["project"], each.get("column"), each["monitor"]) for each in findings}
        firing = [each for each in findings if each["status"] == "firing"]
        assert len(told) == len(findings)
        await _counted(bot, [(None, 3), *[("claims-frequency", 1)] * len(firing)])


async def test_what_came_while_no_worker_ran_is_folded_when_one_starts(
    bot, workspace, database_url, tmp_path
):
    for _ in range(2):
        assert await bot.post("aporia") == 200
    assert bot.rows(_COUNTED) == []
    async with running_bot(workspace, database_url, tmp_path):
        await _counted(bot, [(None, 2)])
        assert await bot.post("aporia") == 200
        await _counted(bot, [(None, 3)])
