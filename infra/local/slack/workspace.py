"""One workspace: its parts, put together."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from infra.local.slack.delivery import Delivery, HttpTransport, Transport
from infra.local.slack.directory import Directory
from infra.local.slack.events import Payloads
from infra.local.slack.feed import Feed
from infra.local.slack.hooks import ResponseUrls
from infra.local.slack.posting import Messages
from infra.local.slack.rates import Faults, Rates
from infra.local.slack.seed import Seed, load_seed
from infra.local.slack.sockets import SocketHub
from infra.local.slack.store import Store
from infra.local.slack.views import Views

RETRY_DELAYS = (0.0, 60.0, 300.0)
"""Seconds before each retry of an event that was not acknowledged."""
ACK_SECONDS = 3.0
FILE_SECONDS = 0.5
"""Seconds that an uploaded picture is read before a message may show it."""

SCOPES = (
    "app_mentions:read",
    "assistant:write",
    "channels:history",
    "channels:join",
    "channels:read",
    "chat:write",
    "chat:write.public",
    "commands",
    "files:read",
    "files:write",
    "groups:history",
    "groups:read",
    "im:history",
    "im:read",
    "im:write",
    "reactions:read",
    "reactions:write",
    "usergroups:read",
    "users:read",
    "users:read.email",
)


@dataclass(frozen=True)
class Tokens:
    """What authenticates the app to the workspace and the workspace to the app."""

    bot: str
    app: str
    signing_secret: str

    def __repr__(self) -> str:
        return "Tokens(…)"


def load_tokens(
    state: Path,
    bot: str | None = None,
    app: str | None = None,
    signing_secret: str | None = None,
) -> Tokens:
    """The given tokens; where one is not given, one made up once and kept in the state folder."""
    path = state / "tokens.json"
    kept: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    made = {
        "bot": f"xoxb-simulator-{secrets.token_hex(12)}",
        "app": f"xapp-simulator-{secrets.token_hex(12)}",
        "signing_secret": secrets.token_hex(16),
    } | kept
    if made != kept:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(made, file)
    return Tokens(bot or made["bot"], app or made["app"], signing_secret or made["signing_secret"])


@dataclass(frozen=True)
class Options:
    """How strict and how quick the workspace is."""

    rate_limits: bool = True
    ack_seconds: float = ACK_SECONDS
    retry_delays: Sequence[float] = RETRY_DELAYS
    events_url: str | None = None
    scopes: Sequence[str] = field(default=SCOPES)
    file_seconds: float = FILE_SECONDS


class Workspace:
    """The state and services behind both HTTP sides. Made inside a running event loop."""

    def __init__(
        self,
        state: Path,
        tokens: Tokens | None = None,
        seed: Seed | None = None,
        options: Options | None = None,
    ) -> None:
        state.mkdir(parents=True, exist_ok=True)
        self.state = state
        self.files = state / "files"
        self.files.mkdir(exist_ok=True)
        self.seed = seed or load_seed()
        self.options = options or Options()
        self.tokens = tokens or load_tokens(state)
        self.store = Store(state / "workspace.sqlite")
        self.directory = Directory(self.seed, self.store)
        self.feed = Feed()
        self.rates = Rates(enabled=self.options.rate_limits)
        self.faults = Faults()
        self.sockets = SocketHub(self.seed.app.id, self.options.ack_seconds)
        self._http: HttpTransport | None = None
        transport: Transport = self.sockets
        if self.options.events_url:
            self._http = transport = HttpTransport(
                self.options.events_url, self.tokens.signing_secret, self.options.ack_seconds
            )
        self.delivery = Delivery(transport, self.options.retry_delays)
        self.payloads = Payloads(self.seed, secrets.token_hex(12))
        self.messages = Messages(
            self.store, self.directory, self.feed, self.delivery, self.payloads
        )
        self.views = Views(self.seed, self.store)
        self.hooks = ResponseUrls(self.store, self.directory, self.messages)
        self.statuses: dict[tuple[str, str], str] = {}

    @property
    def base_url(self) -> str:
        return self.directory.base_url

    @base_url.setter
    def base_url(self, url: str) -> None:
        self.directory.base_url = url

    async def close(self) -> None:
        self.feed.close()
        await self.delivery.close()
        await self.sockets.close()
        if self._http is not None:
            await self._http.close()
        self.store.close()
