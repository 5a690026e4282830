"""Slack's payloads as what they mean: somebody said, clicked, typed a command or sent a form.

Pure; https://docs.slack.dev/interactivity and https://docs.slack.dev/apis/events-api
"""

import json
import re
from dataclasses import dataclass, field, replace
from typing import Any

from actions.requests import Place

MAX_TEXT = 4000


@dataclass(frozen=True, slots=True)
class Said:
    """A message to the bot, or in a thread. `addressed`: by mention or direct message."""

    user: str
    place: Place
    text: str
    addressed: bool


@dataclass(frozen=True, slots=True)
class Clicked:
    """A button. `place.thread` is the thread that the message belongs to."""

    user: str
    place: Place
    action: str
    value: str
    message: str | None = None

    @property
    def beside(self) -> Place:
        """Where a word about the click is seen: Slack hides it in a thread that nobody has begun."""
        return replace(self.place, thread=None) if self.place.thread == self.message else self.place


@dataclass(frozen=True, slots=True)
class Typed:
    """A slash command."""

    user: str
    place: Place
    text: str


@dataclass(frozen=True, slots=True)
class Submitted:
    """A modal's values by block id; `private` is its private metadata."""

    user: str
    place: Place
    callback: str
    private: dict[str, Any]
    values: dict[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OpenedHome:
    """Somebody looks at the app's Home."""

    user: str
    team: str


Inbound = Said | Clicked | Typed | Submitted | OpenedHome


def storable(value: Any) -> Any:
    """The payload without NUL characters, which Postgres does not store in JSON."""
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, dict):
        return {storable(key): storable(item) for key, item in value.items()}
    return [storable(item) for item in value] if isinstance(value, list) else value


def envelope_key(body: dict[str, Any]) -> tuple[str, str] | None:
    """Kind and unique key of a payload; None for payloads that mean nothing to us.

    Events carry `event_id`, everything people press or type a `trigger_id`, each unique.
    """
    if body.get("type") == "event_callback":
        return "event", f"event:{body['event_id']}"
    if "command" in body:
        return "command", f"command:{body['trigger_id']}"
    if body.get("type") == "block_actions":
        action = body["actions"][0]
        return "action", f"action:{body['trigger_id']}:{action['action_id']}"
    if body.get("type") == "view_submission":
        return "view", f"view:{body['view']['id']}:{body['view']['hash']}"
    return None


def decode(kind: str, body: dict[str, Any], bot_user: str) -> Inbound | None:
    """What the payload means, or None where it is not for us."""
    match kind:
        case "event":
            return _event(body, bot_user)
        case "command":
            place = Place(body["team_id"], body["channel_id"])
            return Typed(body["user_id"], place, body.get("text", "")[:MAX_TEXT])
        case "action":
            return _action(body)
        case "view":
            return _view(body)
        case _:
            return None


def _event(body: dict[str, Any], bot_user: str) -> Inbound | None:
    event, team = body["event"], body["team_id"]
    if event["type"] == "app_home_opened":
        return OpenedHome(event["user"], team) if event.get("tab", "home") == "home" else None
    if event.get("bot_id") or event.get("subtype") not in {None, "file_share", "thread_broadcast"}:
        return None
    if event["type"] not in {"app_mention", "message"} or event.get("user") in {None, bot_user}:
        return None
    text = event.get("text") or ""
    direct = event.get("channel_type") == "im"
    mentioned = f"<@{bot_user}>" in text
    if event["type"] == "message" and mentioned and not direct:
        return None  # the same message comes as app_mention too
    if event["type"] == "message" and not direct and "thread_ts" not in event:
        return None
    thread = event.get("thread_ts") or event["ts"]
    return Said(
        user=event["user"],
        place=Place(team, event["channel"], thread),
        text=re.sub(rf"^\s*<@{bot_user}>[\s:,]*", "", text)[:MAX_TEXT],
        addressed=event["type"] == "app_mention" or direct,
    )


def _action(body: dict[str, Any]) -> Inbound | None:
    action = body["actions"][0]
    message = body.get("message") or {}
    channel = (body.get("channel") or {}).get("id")
    if channel is None:
        return None
    thread = message.get("thread_ts") or message.get("ts")
    selected = action.get("selected_option") or {}
    return Clicked(
        user=body["user"]["id"],
        place=Place(body["team"]["id"], channel, thread),
        action=action["action_id"],
        value=action.get("value") or selected.get("value") or "",
        message=message.get("ts"),
    )


def _view(body: dict[str, Any]) -> Inbound | None:
    view = body["view"]
    private = json.loads(view.get("private_metadata") or "{}")
    if "channel" not in private:
        return None
    values: dict[str, str | None] = {}
    for block, actions in view["state"]["values"].items():
        for state in actions.values():
            selected = state.get("selected_option") or {}
            picked = state.get("selected_date_time")
            values[block] = str(picked) if picked else state.get("value", selected.get("value"))
    return Submitted(
        user=body["user"]["id"],
        place=Place(body["team"]["id"], private["channel"], private.get("thread")),
        callback=view["callback_id"],
        private=private,
        values=values,
    )
