"""Socket Mode and signed HTTP on the wire: tickets, one socket each, retries, refresh."""

from __future__ import annotations

import asyncio
import json

import aiohttp
import pytest
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from infra.local.slack.server import running_workspace
from infra.local.slack.workspace import Options
from tests.contract.slack.waiting import eventually

BOLT = web.AppKey("bolt", list)


@pytest.fixture
async def session():
    async with aiohttp.ClientSession() as made:
        yield made


async def new_url(workspace) -> str:
    client = AsyncWebClient(base_url=workspace.api_url)
    return (await client.apps_connections_open(app_token=workspace.app_token))["url"]


async def opened(workspace, session) -> aiohttp.ClientWebSocketResponse:
    socket = await session.ws_connect(await new_url(workspace))
    hello = await socket.receive_json(timeout=2)
    assert hello["type"] == "hello"
    assert hello["connection_info"]["app_id"] == "A0COOPER1"
    return socket


async def test_a_socket_url_works_once(workspace, session):
    url = await new_url(workspace)
    async with session.ws_connect(url) as socket:
        assert (await socket.receive_json(timeout=2))["num_connections"] == 1
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(url)
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await session.ws_connect(url.replace("ticket=", "ticket=x"))


async def test_an_event_without_ack_is_sent_again_with_the_same_id(workspace, session, ana):
    socket = await opened(workspace, session)
    await ana.does("messages", channel="ml", text="hello")
    first = await socket.receive_json(timeout=2)
    assert (first["type"], first["retry_attempt"], first["retry_reason"]) == ("events_api", 0, "")
    second = await socket.receive_json(timeout=2)
    assert (second["retry_attempt"], second["retry_reason"]) == (1, "timeout")
    assert second["envelope_id"] != first["envelope_id"]
    assert second["payload"]["event_id"] == first["payload"]["event_id"]
    await socket.send_json({"envelope_id": second["envelope_id"]})
    with pytest.raises(asyncio.TimeoutError):
        await socket.receive_json(timeout=0.9)


async def test_a_payload_goes_to_one_of_two_sockets(workspace, session, ana):
    sockets = [await opened(workspace, session), await opened(workspace, session)]
    got: list[list[str]] = [[], []]

    async def listen(index: int) -> None:
        async for message in sockets[index]:
            envelope = json.loads(message.data)
            await sockets[index].send_json({"envelope_id": envelope["envelope_id"]})
            got[index].append(envelope["payload"]["event"]["text"])

    tasks = [asyncio.create_task(listen(index)) for index in range(2)]
    for number in range(6):
        await ana.does("messages", channel="ml", text=str(number))
    await eventually(lambda: len(got[0]) + len(got[1]) >= 6)
    assert sorted(got[0] + got[1]) == ["0", "1", "2", "3", "4", "5"]
    assert got[0]
    assert got[1]
    for task in tasks:
        task.cancel()


async def test_a_socket_that_dies_before_its_ack_passes_the_event_on(workspace, session, ana):
    dying = await opened(workspace, session)
    await ana.does("messages", channel="ml", text="hello")
    first = await dying.receive_json(timeout=2)
    other = await opened(workspace, session)
    await dying.close()
    again = await other.receive_json(timeout=2)
    assert again["payload"]["event_id"] == first["payload"]["event_id"]
    assert again["retry_reason"] == "connection_failed"


async def test_an_eleventh_socket_is_turned_away(workspace, session):
    full = [await opened(workspace, session) for _ in range(10)]
    socket = await session.ws_connect(await new_url(workspace))
    told = await socket.receive_json(timeout=2)
    assert (told["type"], told["reason"]) == ("disconnect", "too_many_websockets")
    assert not any(one.closed for one in full)


async def test_bolt_reconnects_when_asked_to_and_hears_on(app, connect, workspace, session, ana):
    heard = []

    @app.event("message")
    async def message(event):
        heard.append(event["text"])

    await connect(app)
    url = f"{workspace.url}/control/disconnect"
    async with session.post(url, json={"reason": "refresh_requested"}) as answer:
        assert answer.status == 200
    await workspace.workspace.sockets.wait_for(1)
    await ana.does("messages", channel="ml", text="still there?")
    await eventually(lambda: heard == ["still there?"])


async def test_bolt_over_signed_http_takes_events_commands_and_clicks(tmp_path):
    runner, address = await _http_app()
    options = Options(rate_limits=False, ack_seconds=1, events_url=f"{address}/slack/events")
    try:
        async with running_workspace(tmp_path, options=options) as running:
            app = AsyncApp(
                signing_secret=running.signing_secret,
                client=AsyncWebClient(token=running.bot_token, base_url=running.api_url),
            )
            heard = []

            @app.event("app_mention")
            async def mention(event, say):
                heard.append(event["text"])
                await say("Hello.")

            @app.command("/cooper")
            async def cooper(ack, command):
                await ack(f"You said {command['text']}.")

            runner.app[BOLT].append(app)
            await running.act("messages", user="ana", channel="ml", text="@cooper hi")
            await eventually(lambda: heard == ["<@U0COOPER1> hi"])
            answer = await running.act(
                "commands", user="ana", channel="ml", command="/cooper", text="help"
            )
            assert answer["message"]["text"] == "You said help."
    finally:
        await runner.cleanup()


async def test_http_deliveries_are_signed_and_retried(tmp_path):
    got = []

    async def receive(request):
        got.append((dict(request.headers), await request.read()))
        return web.Response(status=500 if len(got) == 1 else 200)

    app = web.Application()
    app.router.add_post("/slack/events", receive)
    runner, address = await _serve(app)
    options = Options(ack_seconds=1, retry_delays=(0.0,), events_url=f"{address}/slack/events")
    try:
        async with running_workspace(tmp_path, options=options) as running:
            await running.act("messages", user="ana", channel="ml", text="hi")
            await eventually(lambda: len(got) == 2)
            verifier = SignatureVerifier(running.signing_secret)
            assert all(verifier.is_valid_request(body, headers) for headers, body in got)
            assert not SignatureVerifier("other").is_valid_request(got[0][1], got[0][0])
            assert "X-Slack-Retry-Num" not in got[0][0]
            retried = got[1][0]
            assert (retried["X-Slack-Retry-Num"], retried["X-Slack-Retry-Reason"]) == (
                "1",
                "http_error",
            )
    finally:
        await runner.cleanup()


async def _http_app():
    app = web.Application()
    app[BOLT] = []

    async def receive(request):
        bolt = request.app[BOLT][0]
        return await to_aiohttp_response(await bolt.async_dispatch(await to_bolt_request(request)))

    app.router.add_post("/slack/events", receive)
    return await _serve(app)


async def _serve(app):
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}"
