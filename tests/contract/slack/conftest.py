from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from infra.local.slack.server import Running, running_workspace
from tests.contract.slack.waiting import QUICK


@pytest.fixture
async def workspace(tmp_path) -> AsyncIterator[Running]:
    async with running_workspace(tmp_path, options=QUICK) as running:
        yield running


@pytest.fixture
def client(workspace) -> AsyncWebClient:
    return AsyncWebClient(token=workspace.bot_token, base_url=workspace.api_url)


@pytest.fixture
def app(client) -> AsyncApp:
    """An app that nobody connected yet: register listeners, then `connect(app)`."""
    return AsyncApp(client=client)


@pytest.fixture
async def connect(workspace):
    async with contextlib.AsyncExitStack() as stack:

        async def connected(app: AsyncApp) -> AsyncSocketModeHandler:
            before = workspace.workspace.sockets.connections
            handler = AsyncSocketModeHandler(app, workspace.app_token)
            stack.push_async_callback(handler.close_async)
            await handler.connect_async()
            await workspace.workspace.sockets.wait_for(before + 1)
            return handler

        yield connected


class Person:
    """Someone who uses the workspace over its HTTP API, as a script would."""

    def __init__(self, session: aiohttp.ClientSession, url: str, user: str) -> None:
        self._session = session
        self._url = url
        self.user = user

    async def post(self, what: str, **body):
        body = {"user": self.user, **body}
        async with self._session.post(f"{self._url}/{what}", json=body) as answer:
            return answer.status, await answer.json()

    async def does(self, what: str, **body):
        status, answer = await self.post(what, **body)
        assert status == 200, answer
        return answer

    async def sees(self, what: str, **query):
        query = {"user": self.user, **query}
        async with self._session.get(f"{self._url}/{what}", params=query) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def messages(self, channel: str, **query):
        return (await self.sees("messages", channel=channel, **query))["messages"]


@pytest.fixture
async def people(workspace) -> AsyncIterator[Callable[[str], Person]]:
    async with aiohttp.ClientSession() as session:
        yield lambda user: Person(session, workspace.people_url, user)


@pytest.fixture
def ana(people) -> Person:
    return people("ana")
