"""Slack's conversations behind their port."""

from __future__ import annotations

import pytest
from slack_sdk.errors import SlackApiError

from actions.ports import Unavailable
from bot.bootstrap import slack_client
from bot.channels import SlackChannels
from infra.local.slack.rates import Fault
from infra.local.slack.server import running_workspace
from infra.local.slack.workspace import Options
from tests.support.bot import settings_for


@pytest.fixture
def channels(workspace, database_url, tmp_path):
    client = slack_client(settings_for(workspace, database_url, tmp_path))
    return SlackChannels(client)


async def test_a_channel_as_it_is(channels):
    found = await channels.get("CRANDOM01")
    assert (found.name, found.inside, found.direct) == ("random", False, False)
    assert (await channels.called("ml")).id == "CML000001"
    assert await channels.called("nowhere") is None
    assert await channels.get("C0NOWHERE") is None


async def test_a_direct_conversation_is_opened_once(channels):
    opened = await channels.direct("UANA00001")
    assert opened == await channels.direct("UANA00001")
    assert opened == await channels.get(opened.id)
    assert opened.direct
    assert await channels.direct("UGONE0001") is None


async def test_who_is_in_it(channels, workspace):
    assert await channels.has_member("CML000001", "UANA00001")
    assert not await channels.has_member("CML000001", "UDAN00001")
    for number in range(450):
        workspace.workspace.store.add_member("CML000001", f"U{number:08d}")
    assert await channels.has_member("CML000001", "U00000449")
    assert not await channels.has_member("CML000001", "UDAN00001")


@pytest.mark.parametrize(
    "ask",
    [
        lambda channels: channels.get("CML000001"),
        lambda channels: channels.called("ml"),
        lambda channels: channels.direct("UANA00001"),
        lambda channels: channels.has_member("CML000001", "UANA00001"),
    ],
)
async def test_an_app_without_the_scopes_says_what_to_do(ask, database_url, tmp_path):
    few = Options(rate_limits=False, scopes=("chat:write",))
    async with running_workspace(tmp_path / "slack", options=few) as workspace:
        client = slack_client(settings_for(workspace, database_url, tmp_path))
        with pytest.raises(Unavailable, match="lacks a scope"):
            await ask(SlackChannels(client))


async def test_any_other_fault_is_the_callers(channels, workspace):
    workspace.workspace.faults.add(Fault("conversations.info", "error", error="fatal_error"))
    with pytest.raises(SlackApiError, match="fatal_error"):
        await channels.get("CML000001")
