"""A message with a chart: once, with its picture where that can be had, and else without."""

from __future__ import annotations

import json

import pytest

from actions.answers import Answer, Chart, Series
from actions.requests import Place
from bot import pictures
from bot.bootstrap import core
from infra.local.slack.rates import Fault
from infra.local.slack.server import running_workspace
from infra.local.slack.workspace import Options
from tests.support.bot import drawn, running_bot

CHART = Chart(
    title="v4 against v3",
    labels=("gini",),
    series=(Series(name="v3", values=(0.3,)), Series(name="v4", values=(0.4,))),
)
ANSWER = Answer(text="Here is how they compare.", chart=CHART)
WITHOUT = "could not be sent"


async def say(cooper, key="c", user=None):
    """Queue the answer in #ml; how it reads there in the end, which is once."""
    async with core(cooper.settings) as base, base.store.transaction() as tx:
        await tx.say(key, Place("T0COOPER1", "CML000001"), ANSWER, user)
    await cooper.told("ana", "#ml", ANSWER.text)
    await cooper.settled()
    [message] = [m for m in await cooper.from_bot("ana", "#ml") if ANSWER.text in drawn(m)]
    return message


def images(message):
    return [block for block in message["blocks"] if block["type"] == "image"]


def files(workspace):
    rows = workspace.workspace.store._db.execute("SELECT body FROM files").fetchall()
    return [json.loads(body) for (body,) in rows]


@pytest.mark.parametrize("user", [None, "UANA00001"])
async def test_a_chart_comes_as_a_picture_with_words_for_a_screen_reader(cooper, workspace, user):
    [image] = images(await say(cooper, user=user))
    [file] = files(workspace)
    assert image["slack_file"]["id"] == file["id"]
    assert image["alt_text"] == "Bar chart. v4 against v3. gini: v3 0.3, v4 0.4."
    assert (file["mimetype"], file["title"]) == ("image/png", "v4 against v3")
    content = (workspace.workspace.files / file["id"]).read_bytes()
    assert content.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "method", ["files.getUploadURLExternal", "files.completeUploadExternal", "chat.postMessage"]
)
@pytest.mark.parametrize("kind", ["outage", "ratelimited", "lost_answer"])
async def test_a_passing_fault_delays_and_does_not_double(cooper, workspace, method, kind):
    workspace.workspace.faults.add(Fault(method, kind, count=1, retry_after=1))
    assert len(images(await say(cooper))) == 1


async def test_a_post_that_is_tried_again_uploads_nothing_again(cooper, workspace):
    workspace.workspace.faults.add(Fault("chat.postMessage", "outage", count=2))
    assert len(images(await say(cooper))) == 1
    assert len(files(workspace)) == 1


@pytest.mark.parametrize(
    "fault",
    [
        Fault("files.getUploadURLExternal", "error", error="missing_scope"),
        Fault("files.getUploadURLExternal", "outage", count=3),
        Fault("files.completeUploadExternal", "error", error="file_uploads_disabled"),
    ],
    ids=lambda fault: f"{fault.method} {fault.kind}",
)
async def test_where_uploading_fails_the_message_goes_without_and_says_so(cooper, workspace, fault):
    workspace.workspace.faults.add(fault)
    message = await say(cooper)
    assert images(message) == []
    assert WITHOUT in drawn(message)


async def test_the_next_message_has_its_picture_again(cooper, workspace):
    refused = Fault("files.getUploadURLExternal", "error", error="internal_error", count=3)
    workspace.workspace.faults.add(refused)
    assert images(await say(cooper)) == []
    async with core(cooper.settings) as base, base.store.transaction() as tx:
        later = Answer(text="And again.", chart=CHART)
        await tx.say("d", Place("T0COOPER1", "CML000001"), later)
    assert len(images(await cooper.told("ana", "#ml", "And again."))) == 1


async def test_a_picture_that_slack_never_reads_holds_nothing_up(
    database_url, tmp_path, monkeypatch
):
    monkeypatch.setattr(pictures, "_READ_WITHIN", (0.1, 0.1))
    slow = Options(rate_limits=False, file_seconds=3600)
    async with (
        running_workspace(tmp_path / "slack", options=slow) as workspace,
        running_bot(workspace, database_url, tmp_path) as cooper,
    ):
        message = await say(cooper)
    assert images(message) == []
    assert WITHOUT in drawn(message)


async def test_a_chart_that_cannot_be_drawn_goes_without(cooper, monkeypatch):
    def broken(chart):
        raise ValueError("no such mark")

    monkeypatch.setattr("bot.charts.drawing._drawn", broken)
    message = await say(cooper)
    assert images(message) == []
    assert WITHOUT in drawn(message)
