"""Everything that Slack sends is stored before it is acknowledged, once.

A Bolt middleware puts the payload into the queue's database and answers; the worker does the rest.
Only what needs Slack's three-second trigger opens here: the modals of a card.
"""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from actions.store import EnvelopeRefusedError
from bot import forms
from bot.inbound import Submitted, decode, envelope_key, storable

if TYPE_CHECKING:
    from infra.store.envelopes import Envelopes

log = structlog.get_logger()

_SEEN_SECONDS = 3600
_MODALS = {"edit", "explain", "fill", "snooze_until"}
_SORRY = "I cannot reach my database, so I did not take that. Please try again in a minute."
OpenModal = Callable[[dict[str, Any]], Awaitable[None]]


class Inbox:
    """Stores envelopes; Redis only answers "seen already" faster."""

    def __init__(self, envelopes: "Envelopes", redis: Redis | None) -> None:
        self._envelopes = envelopes
        self._redis = redis

    async def accept(self, kind: str, key: str, body: dict[str, Any]) -> bool:
        """Store the envelope and its job; False where it was there already.

        Raises:
            EnvelopeRefusedError: The database does not answer; nothing is accepted.
        """
        if await self._seen(key):
            return False
        stored = await self._envelopes.accept(kind, key, body, _speaker(body))
        await self._remember(key)
        return stored

    async def _seen(self, key: str) -> bool:
        if self._redis is None:
            return False
        try:
            return bool(await self._redis.exists(f"cooper:seen:{key}"))
        except RedisError:
            return False

    async def _remember(self, key: str) -> None:
        """After the commit, so that a crash between never hides an envelope."""
        if self._redis is None:
            return
        try:
            await self._redis.set(f"cooper:seen:{key}", "1", ex=_SEEN_SECONDS)
        except RedisError:
            log.warning("redis_unavailable")


def listen(app: AsyncApp, inbox: Inbox, open_modal: OpenModal) -> None:
    """Put the inbox in front of every payload of `app`."""

    @app.middleware
    async def ingest(
        body: dict[str, Any],
        client: AsyncWebClient,
        context: AsyncBoltContext,
    ) -> BoltResponse:
        identity = envelope_key(body)
        if identity is None:
            return BoltResponse(status=200)
        kind, key = identity
        inbound = decode(kind, body, context.bot_user_id or "")
        if inbound is None:
            return BoltResponse(status=200)
        if isinstance(inbound, Submitted):
            problems = forms.read(inbound.values)[1]
            if problems:  # the modal stays open, with what was typed
                errors = {"response_action": "errors", "errors": problems}
                return BoltResponse(status=200, body=errors)
        try:
            if _opens_modal(body):
                await open_modal(body)
            else:
                await inbox.accept(kind, key, storable(body))
        except EnvelopeRefusedError:
            log.exception("envelope_refused", kind=kind)
            await _apologise(client, context)
        return BoltResponse(status=200)


def _opens_modal(body: dict[str, Any]) -> bool:
    return body.get("type") == "block_actions" and body["actions"][0]["action_id"] in _MODALS


async def _apologise(client: AsyncWebClient, context: AsyncBoltContext) -> None:
    if not context.channel_id or not context.user_id:
        return
    try:
        await client.chat_postEphemeral(
            channel=context.channel_id, user=context.user_id, text=_SORRY
        )
    except SlackApiError:
        log.exception("apology_failed")


def _speaker(body: dict[str, Any]) -> str:
    """What one person says or presses in one conversation is handled in order."""
    event = body.get("event") or {}
    user = event.get("user") or body.get("user_id") or (body.get("user") or {}).get("id") or ""
    channel = event.get("channel") or body.get("channel_id")
    channel = channel or (body.get("channel") or {}).get("id") or ""
    return f"speaker:{channel}:{user}"
