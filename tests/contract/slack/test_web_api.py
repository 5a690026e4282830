"""The Web API as slack-sdk calls it: tokens, limits, errors, metadata, pages."""

from __future__ import annotations

import asyncio
import json

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from infra.local.slack.rates import Fault
from infra.local.slack.server import running_workspace
from infra.local.slack.workspace import Options
from tests.contract.slack.refusals import refused
from tests.contract.slack.waiting import QUICK


@pytest.mark.parametrize(
    ("token", "error"),
    [
        ("xoxb-wrong", "invalid_auth"),
        ("", "not_authed"),
        ("xapp-wrong", "invalid_auth"),
    ],
)
async def test_a_wrong_token_is_refused(workspace, token, error):
    client = AsyncWebClient(token=token, base_url=workspace.api_url)
    assert await refused(client.auth_test()) == error
    assert await refused(client.apps_connections_open(app_token=token)) == error


async def test_each_token_opens_its_own_doors_only(workspace, client):
    identity = await client.auth_test()
    assert (identity["user_id"], identity["bot_id"]) == ("U0COOPER1", "B0COOPER1")
    assert "chat:write" in identity.headers["X-OAuth-Scopes"]
    assert (
        await refused(client.apps_connections_open(app_token=workspace.bot_token))
        == "not_allowed_token_type"
    )
    app = AsyncWebClient(token=workspace.app_token, base_url=workspace.api_url)
    assert await refused(app.chat_postMessage(channel="#ml", text="hi")) == "not_allowed_token_type"


async def test_a_missing_scope_is_named(tmp_path):
    options = Options(scopes=("chat:write",))
    async with running_workspace(tmp_path, options=options) as running:
        client = AsyncWebClient(token=running.bot_token, base_url=running.api_url)
        with pytest.raises(SlackApiError) as caught:
            await client.users_info(user="UANA00001")
        assert caught.value.response["error"] == "missing_scope"
        assert caught.value.response["needed"] == "users:read"
        assert await refused(client.chat_postMessage(channel="CRANDOM01", text="x")) == (
            "not_in_channel"
        )


def section(text: str) -> dict:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def header(text: str) -> dict:
    return {"type": "header", "text": {"type": "plain_text", "text": text}}


def button(**changes) -> dict:
    text = {"type": "plain_text", "text": "Go"}
    return {"type": "actions", "elements": [{"type": "button", "text": text} | changes]}


@pytest.mark.parametrize(
    "blocks",
    [
        [section("x")] * 51,
        [section("x" * 3001)],
        [section("")],
        [header("x" * 151)],
        [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}],
        [{"type": "section"}],
        [{"type": "section", "fields": [{"type": "mrkdwn", "text": "x"}] * 11}],
        [{"type": "context", "elements": [{"type": "mrkdwn", "text": "x"}] * 11}],
        [{"type": "actions", "elements": button()["elements"] * 26}],
        [{"type": "actions", "elements": []}],
        [button(value="x" * 2001)],
        [button(action_id="x" * 256)],
        [button(style="green")],
        [button(text={"type": "plain_text", "text": "x" * 76})],
        [{"type": "markdown", "text": "x" * 12_001}],
        [section("x") | {"block_id": "x" * 256}],
        [section("x") | {"block_id": "a"}, section("y") | {"block_id": "a"}],
        [{"type": "image", "alt_text": "x"}],
        [{"type": "surprise"}],
        [{"type": "alert", "text": {"type": "mrkdwn", "text": "modals only"}}],
    ],
)
async def test_blocks_beyond_slacks_limits_are_refused(client, blocks):
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel="#ml", text="x", blocks=blocks)
    assert caught.value.response["error"] == "invalid_blocks"
    assert "json-pointer:/blocks" in caught.value.response["response_metadata"]["messages"][0]


async def test_blocks_at_slacks_limits_are_taken(client):
    blocks = [section("x" * 3000), header("x" * 150), button(value="x" * 2000)]
    blocks += [{"type": "divider"}] * 47
    posted = await client.chat_postMessage(channel="#ml", text="x", blocks=blocks)
    assert len(posted["message"]["blocks"]) == 50
    assert all(block["block_id"] for block in posted["message"]["blocks"])


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"channel": "CNOWHERE1", "text": "x"}, "channel_not_found"),
        ({"channel": "#ml"}, "no_text"),
        ({"channel": "#ml", "text": "x" * 40_001}, "msg_too_long"),
        ({"channel": "#ml", "text": "x", "blocks": "[{"}, "invalid_blocks_format"),
        (
            {"channel": "#ml", "text": "x", "metadata": {"event_type": "a"}},
            "invalid_metadata_schema",
        ),
    ],
)
async def test_a_post_that_cannot_be_made_says_why(client, arguments, error):
    assert await refused(client.api_call("chat.postMessage", json=arguments)) == error


async def test_forms_and_json_mean_the_same(workspace, client):
    blocks = json.dumps([section("form")])
    form = {"channel": "CML000001", "text": "form", "blocks": blocks, "token": workspace.bot_token}
    url = f"{workspace.api_url}chat.postMessage"
    async with aiohttp.ClientSession() as session, session.post(url, data=form) as answer:
        posted = await answer.json()
    assert posted["ok"]
    assert posted["message"]["blocks"][0]["text"]["text"] == "form"


async def test_metadata_reads_back_only_when_asked_for(client, ana):
    metadata = {"event_type": "cooper_request", "event_payload": {"request": "R1"}}
    root = await client.chat_postMessage(channel="#ml", text="card", metadata=metadata)
    await client.chat_update(channel="CML000001", ts=root["ts"], text="card 2", metadata=metadata)
    plain = await client.conversations_history(channel="CML000001")
    assert "metadata" not in plain["messages"][0]
    asked = await client.conversations_history(channel="CML000001", include_all_metadata=True)
    assert asked["messages"][0]["metadata"] == metadata
    thread = await client.conversations_replies(
        channel="CML000001", ts=root["ts"], include_all_metadata=True
    )
    assert thread["messages"][0]["metadata"] == metadata
    assert (await ana.messages("ml"))[0]["metadata"] == metadata


async def test_edits_and_deletions_of_what_is_not_there_or_not_ours(client, ana):
    theirs = await ana.does("messages", channel="ml", text="mine")
    missing = {"channel": "CML000001", "ts": "1700000000.000100"}
    assert await refused(client.chat_update(**missing, text="x")) == "message_not_found"
    assert await refused(client.chat_delete(**missing)) == "message_not_found"
    other = {"channel": "CML000001", "ts": theirs["ts"]}
    assert await refused(client.chat_update(**other, text="x")) == "cant_update_message"
    assert await refused(client.chat_delete(**other)) == "cant_delete_message"
    assert await refused(client.conversations_replies(**missing)) == "thread_not_found"
    assert (
        await refused(client.chat_getPermalink(channel="CML000001", message_ts="1.000001"))
        == "message_not_found"
    )


async def test_a_deleted_root_is_gone_and_replies_to_it_land_in_the_channel(client, ana):
    root = await client.chat_postMessage(channel="#ml", text="root")
    await ana.does("deletes", channel="ml", ts=root["ts"])
    assert (
        await refused(client.chat_update(channel="CML000001", ts=root["ts"], text="x"))
        == "message_not_found"
    )
    reply = await client.chat_postMessage(channel="#ml", text="reply", thread_ts=root["ts"])
    assert "thread_ts" not in reply["message"]

    kept = await client.chat_postMessage(channel="#ml", text="kept")
    await client.chat_postMessage(channel="#ml", text="reply", thread_ts=kept["ts"])
    await client.chat_delete(channel="CML000001", ts=kept["ts"])
    thread = await client.conversations_replies(channel="CML000001", ts=kept["ts"])
    assert [m.get("subtype") for m in thread["messages"]] == ["tombstone", None]
    assert (
        await refused(client.chat_update(channel="CML000001", ts=kept["ts"], text="x"))
        == "message_not_found"
    )


async def test_an_ephemeral_is_seen_by_one_person_only(client, ana, people):
    await client.chat_postEphemeral(channel="CML000001", user="UANA00001", text="psst")
    assert [m["text"] for m in await ana.messages("ml")] == ["psst"]
    assert await people("ben").messages("ml") == []
    assert (await client.conversations_history(channel="CML000001"))["messages"] == []
    assert (
        await refused(client.chat_postEphemeral(channel="CML000001", user="UDAN00001", text="x"))
        == "user_not_in_channel"
    )


async def test_history_comes_in_pages_newest_first(client):
    for number in range(7):
        await client.chat_postMessage(channel="CML000001", text=str(number))
    texts, cursor = [], None
    while True:
        page = await client.conversations_history(channel="CML000001", limit=3, cursor=cursor)
        texts += [m["text"] for m in page["messages"]]
        if not page["has_more"]:
            break
        cursor = page["response_metadata"]["next_cursor"]
    assert texts == ["6", "5", "4", "3", "2", "1", "0"]
    assert (
        await refused(client.conversations_history(channel="CML000001", cursor="nonsense"))
        == "invalid_cursor"
    )
    assert await refused(client.conversations_history(channel="CRANDOM01")) == "not_in_channel"


async def test_people_channels_and_groups_read_as_in_slack(client):
    dan = (await client.users_info(user="UDAN00001"))["user"]
    assert dan["is_restricted"]
    assert (await client.users_info(user="UANA00001"))["user"]["tz"] == "Europe/Lisbon"
    assert await refused(client.users_info(user="UNOBODY01")) == "user_not_found"
    found = await client.users_lookupByEmail(email="ben@northwind.example")
    assert found["user"]["id"] == "UBEN00001"
    assert await refused(client.users_lookupByEmail(email="x@y.example")) == "users_not_found"
    leads = await client.usergroups_users_list(usergroup="SMLLEADS1")
    assert leads["users"] == ["UBEN00001"]
    assert await refused(client.usergroups_users_list(usergroup="SNONE0001")) == "no_such_subteam"
    channels = (await client.conversations_list(types="public_channel"))["channels"]
    assert {c["name"]: c["is_member"] for c in channels}["random"] is False
    assert (await client.conversations_join(channel="CRANDOM01"))["channel"]["is_member"]
    members = await client.conversations_members(channel="CRANDOM01")
    assert "U0COOPER1" in members["members"]
    dm = await client.conversations_open(users="UANA00001")
    assert dm["channel"]["id"] == "DANA00001"
    assert (await client.chat_postMessage(channel="UANA00001", text="x"))["channel"] == "DANA00001"


async def test_views_are_refused_as_slack_refuses_them(workspace, client, monkeypatch):
    title = {"type": "plain_text", "text": "Train"}
    view = {"type": "modal", "title": title, "blocks": [section("x")]}
    views = workspace.workspace.views
    assert await refused(client.views_open(trigger_id="1.2.c", view=view)) == "invalid_trigger_id"
    trigger = views.trigger("UANA00001")
    long = view | {"title": {"type": "plain_text", "text": "x" * 25}}
    assert await refused(client.views_open(trigger_id=trigger, view=long)) == "invalid_arguments"
    many = view | {"blocks": [section("x")] * 101}
    assert await refused(client.views_open(trigger_id=trigger, view=many)) == "invalid_arguments"
    meta = view | {"private_metadata": "x" * 3001}
    assert await refused(client.views_open(trigger_id=trigger, view=meta)) == "invalid_arguments"
    opened = await client.views_open(trigger_id=trigger, view=view)
    assert await refused(client.views_open(trigger_id=trigger, view=view)) == (
        "exchanged_trigger_id"
    )
    for _ in range(2):
        await client.views_push(trigger_id=views.trigger("UANA00001"), view=view)
    assert (
        await refused(client.views_push(trigger_id=views.trigger("UANA00001"), view=view))
        == "push_limit_reached"
    )
    first = opened["view"]
    await client.views_update(view_id=first["id"], hash=first["hash"], view=view)
    assert (
        await refused(client.views_update(view_id=first["id"], hash=first["hash"], view=view))
        == "hash_conflict"
    )
    assert await refused(client.views_update(view_id="V0", view=view)) == "not_found"

    late = views.trigger("UANA00001")
    views._triggers[late].issued -= 3.1
    assert await refused(client.views_open(trigger_id=late, view=view)) == "expired_trigger_id"


async def test_a_429_is_honoured_by_the_sdks_retry_handler(workspace):
    client = AsyncWebClient(
        token=workspace.bot_token,
        base_url=workspace.api_url,
        retry_handlers=[AsyncRateLimitErrorRetryHandler(max_retry_count=2)],
    )
    faults = workspace.workspace.faults
    faults.add(Fault("chat.postMessage", "ratelimited", retry_after=1))
    posted = await client.chat_postMessage(channel="#ml", text="in the end")
    assert posted["ok"]
    assert faults.calls["chat.postMessage"] == 2


async def test_posts_are_limited_by_channel(tmp_path):
    async with running_workspace(tmp_path) as running:
        client = AsyncWebClient(
            token=running.bot_token, base_url=running.api_url, retry_handlers=[]
        )
        for number in range(10):
            await client.chat_postMessage(channel="CML000001", text=str(number))
        with pytest.raises(SlackApiError) as caught:
            await asyncio.gather(
                *(client.chat_postMessage(channel="CML000001", text="more") for _ in range(3))
            )
        assert caught.value.response["error"] == "ratelimited"
        assert caught.value.response.status_code == 429
        assert int(caught.value.response.headers["Retry-After"]) >= 1
        assert (await client.chat_postMessage(channel="CMLALERT1", text="elsewhere"))["ok"]


async def test_an_outage_and_a_lost_answer(workspace, client, ana):
    faults = workspace.workspace.faults
    faults.add(Fault("chat.postMessage", "outage", status=503))
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel="#ml", text="never")
    assert caught.value.response.status_code == 503
    assert await ana.messages("ml") == []

    lossy = AsyncWebClient(token=workspace.bot_token, base_url=workspace.api_url, retry_handlers=[])
    faults.add(Fault("chat.postMessage", "lost_answer"))
    with pytest.raises(aiohttp.ClientError):
        await lossy.chat_postMessage(channel="#ml", text="posted all the same")
    assert [m["text"] for m in await ana.messages("ml")] == ["posted all the same"]


async def test_an_unknown_method_is_named(client):
    with pytest.raises(SlackApiError) as caught:
        await client.api_call("chat.shout")
    assert caught.value.response["error"] == "unknown_method"


async def test_a_restart_shows_the_history_and_keeps_the_tokens(tmp_path):
    async with running_workspace(tmp_path, options=QUICK) as running:
        client = AsyncWebClient(token=running.bot_token, base_url=running.api_url)
        root = await client.chat_postMessage(channel="#ml", text="before")
        await client.chat_postMessage(channel="#ml", text="reply", thread_ts=root["ts"])
        await client.reactions_add(channel="CML000001", timestamp=root["ts"], name="eyes")
        tokens = (running.bot_token, running.app_token, running.signing_secret)
    async with running_workspace(tmp_path, options=QUICK) as running:
        assert (running.bot_token, running.app_token, running.signing_secret) == tokens
        found = (await running.read("messages", channel="ml"))["messages"]
        assert (found[0]["text"], found[0]["reply_count"]) == ("before", 1)
        assert found[0]["reactions"][0]["name"] == "eyes"
        later = await running.act("messages", user="ana", channel="ml", text="after")
        assert later["ts"] > root["ts"]
