"""What a Web API method is, and how its arguments are read."""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from infra.local.slack.errors import Json, SlackError, invalid_arguments
from infra.local.slack.workspace import Workspace


class Args:
    """A call's arguments, from a form or from JSON alike."""

    def __init__(self, values: Json) -> None:
        self.values = values

    def text(self, name: str) -> str:
        """A required argument as text; raises `invalid_arguments`."""
        value = self.optional(name)
        if value is None:
            raise invalid_arguments(f"missing required field: {name}")
        return value

    def optional(self, name: str) -> str | None:
        value = self.values.get(name)
        return None if value is None or value == "" else str(value)

    def flag(self, name: str) -> bool:
        return str(self.values.get(name, "")).lower() in ("true", "1")

    def number(self, name: str, default: int, most: int) -> int:
        try:
            value = int(self.values.get(name) or default)
        except (TypeError, ValueError) as error:
            raise SlackError("invalid_limit" if name == "limit" else "invalid_arguments") from error
        return max(1, min(value, most))

    def structure(self, name: str, wrong: str = "invalid_arguments") -> Any:
        """An argument that is JSON, or was JSON in a form field; raises the error `wrong`."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        if not value.strip():
            return None
        try:
            return json.loads(value)
        except ValueError as error:
            raise SlackError(wrong) from error


Handler = Callable[[Workspace, Args], Awaitable[Json]]


@dataclass(frozen=True)
class Method:
    """`tier` is Slack's rate tier; `scopes` any one of which the token needs; `caller` whose token it takes: bot, app or any."""

    handler: Handler
    tier: int
    scopes: Sequence[str] = ()
    caller: str = "bot"


def page(
    items: list[Json], args: Args, default: int = 100, most: int = 1000
) -> tuple[list[Json], Json]:
    """One page of items after the call's cursor, and the metadata that leads to the next."""
    start = _offset(args.optional("cursor"))
    size = args.number("limit", default, most)
    after = start + size
    following = "" if after >= len(items) else base64.b64encode(f"at:{after}".encode()).decode()
    return items[start:after], {"next_cursor": following}


def _offset(cursor: str | None) -> int:
    if cursor is None:
        return 0
    try:
        mark, _, number = base64.b64decode(cursor, validate=True).decode().partition(":")
        offset = int(number)
    except ValueError as error:
        raise SlackError("invalid_cursor") from error
    if mark != "at":
        raise SlackError("invalid_cursor")
    return offset


def require_channel(ws: Workspace, name: str, *, member: bool = False) -> str:
    """The id of a conversation the app may see; `channel_not_found`, `not_in_channel`."""
    channel = ws.directory.find_channel(name)
    if channel is None:
        raise SlackError("channel_not_found")
    inside = ws.directory.is_member(channel, ws.directory.bot)
    body = ws.directory.channel(channel) or {}
    if not inside and body.get("is_private"):
        raise SlackError("channel_not_found")
    if member and not inside:
        raise SlackError("not_in_channel")
    return channel
