"""Modals and Home tabs: triggers, stacks of at most three views, hashes, state."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from infra.local.slack import blocks as blockkit
from infra.local.slack.errors import Json, SlackError
from infra.local.slack.limits import VIEW_BYTES, check_view
from infra.local.slack.seed import Seed
from infra.local.slack.store import Store

TRIGGER_SECONDS = 3.0
MOST_VIEWS = 3


@dataclass
class _Trigger:
    user: str
    issued: float
    used: bool = False


@dataclass
class Modal:
    """One view of a person's stack; `state` holds `{block_id: {action_id: value object}}`."""

    user: str
    view: Json
    state: Json = field(default_factory=dict)

    def shown(self) -> Json:
        return self.view | {"state": {"values": self.state}}


class Views:
    """Every open modal, and each person's Home tab."""

    def __init__(self, seed: Seed, store: Store) -> None:
        self._seed = seed
        self._store = store
        self._triggers: dict[str, _Trigger] = {}
        self._stacks: dict[str, list[Modal]] = {}

    # Triggers

    def trigger(self, user: str) -> str:
        now = time.monotonic()
        self._triggers = {key: one for key, one in self._triggers.items() if now - one.issued < 60}
        trigger = f"{secrets.randbelow(10**13)}.{secrets.randbelow(10**13)}.{secrets.token_hex(16)}"
        self._triggers[trigger] = _Trigger(user, now)
        return trigger

    def _redeem(self, trigger: str) -> str:
        found = self._triggers.get(trigger)
        if found is None:
            raise SlackError("invalid_trigger_id")
        if found.used:
            raise SlackError("exchanged_trigger_id")
        if time.monotonic() - found.issued > TRIGGER_SECONDS:
            raise SlackError("expired_trigger_id")
        found.used = True
        return found.user

    # Reading

    def stack(self, user: str) -> list[Modal]:
        """A person's open modals, the one on top last."""
        return self._stacks.setdefault(user, [])

    def find(self, view_id: str) -> Modal | None:
        for stack in self._stacks.values():
            for modal in stack:
                if modal.view["id"] == view_id:
                    return modal
        return None

    def home(self, user: str) -> Json | None:
        return self._store.home(user)

    def find_home(self, view_id: str) -> tuple[str, Json] | None:
        for user, view in self._store.homes():
            if view["id"] == view_id:
                return user, view
        return None

    # Changing

    def open(self, trigger: str, view: Json) -> Modal:
        self._check(view, "modal")
        user = self._redeem(trigger)
        modal = self._make(user, view, None)
        self._stacks[user] = [modal]
        return modal

    def push(self, trigger: str, view: Json) -> Modal:
        self._check(view, "modal")
        user = self._redeem(trigger)
        return self.push_for(user, view)

    def push_for(self, user: str, view: Json) -> Modal:
        self._check(view, "modal")
        stack = self.stack(user)
        if not stack:
            raise SlackError("not_found")
        if len(stack) >= MOST_VIEWS:
            raise SlackError("push_limit_reached")
        modal = self._make(user, view, stack[-1])
        stack.append(modal)
        return modal

    def update(
        self, view: Json, view_id: str | None, external_id: str | None, known_hash: str | None
    ) -> Modal:
        self._check(view, "modal")
        modal = self._by(view_id, external_id)
        if modal is None:
            raise SlackError("not_found")
        if known_hash and known_hash != modal.view["hash"]:
            raise SlackError("hash_conflict")
        return self.replace(modal, view)

    def replace(self, modal: Modal, view: Json) -> Modal:
        """New content for an open view; what was typed stays where block and action ids stay."""
        self._check(view, "modal")
        fixed = {name: modal.view[name] for name in ("id", "root_view_id", "previous_view_id")}
        modal.view = self._dress(view) | fixed
        kept = {
            (block.get("block_id"), element.get("action_id"))
            for block in modal.view["blocks"]
            for element in blockkit.elements(block)
        }
        modal.state = {
            block: left
            for block, values in modal.state.items()
            if (left := {a: v for a, v in values.items() if (block, a) in kept})
        }
        modal.state = initial_state(modal.view["blocks"]) | modal.state
        return modal

    def publish(self, user: str, view: Json, known_hash: str | None) -> Json:
        self._check(view, "home")
        before = self.home(user)
        if known_hash and before and known_hash != before["hash"]:
            raise SlackError("hash_conflict")
        made = self._dress(view)
        made["id"] = before["id"] if before else _view_id()
        made["root_view_id"] = made["id"]
        made["state"] = {"values": initial_state(made["blocks"])}
        self._store.put_home(user, made)
        return made

    def close(self, modal: Modal, *, everything: bool = False) -> None:
        stack = self.stack(modal.user)
        if everything:
            stack.clear()
        elif modal in stack:
            del stack[stack.index(modal) :]

    def _by(self, view_id: str | None, external_id: str | None) -> Modal | None:
        if view_id:
            return self.find(view_id)
        for stack in self._stacks.values():
            for modal in stack:
                if external_id and modal.view.get("external_id") == external_id:
                    return modal
        return None

    def _check(self, view: Any, kind: str) -> None:
        check_view(view)
        if view["type"] != kind:
            raise SlackError(
                "invalid_arguments",
                response_metadata={
                    "messages": [f"[ERROR] must be a {kind} view [json-pointer:/view/type]"]
                },
            )
        if len(str(view).encode()) > VIEW_BYTES:
            raise SlackError("view_too_large")

    def _make(self, user: str, view: Json, previous: Modal | None) -> Modal:
        external = view.get("external_id")
        if external and self._by(None, external) is not None:
            raise SlackError("duplicate_external_id")
        made = self._dress(view)
        made["id"] = _view_id()
        made["root_view_id"] = previous.view["root_view_id"] if previous else made["id"]
        made["previous_view_id"] = previous.view["id"] if previous else None
        return Modal(user, made, initial_state(made["blocks"]))

    def _dress(self, view: Json) -> Json:
        app, team = self._seed.app, self._seed.team
        return {
            "team_id": team.id,
            "type": view["type"],
            "blocks": blockkit.complete(view["blocks"]),
            "private_metadata": view.get("private_metadata") or "",
            "callback_id": view.get("callback_id") or "",
            "state": {"values": {}},
            "hash": f"{int(time.time())}.{secrets.token_urlsafe(6)}",
            "title": view.get("title") or {"type": "plain_text", "text": "View Title"},
            "clear_on_close": bool(view.get("clear_on_close")),
            "notify_on_close": bool(view.get("notify_on_close")),
            "close": view.get("close"),
            "submit": view.get("submit"),
            "previous_view_id": None,
            "app_id": app.id,
            "external_id": view.get("external_id") or "",
            "app_installed_team_id": team.id,
            "bot_id": app.bot,
        }


def _view_id() -> str:
    return "V" + secrets.token_hex(5).upper()


_INITIALS = {
    "static_select": ("initial_option", "selected_option"),
    "radio_buttons": ("initial_option", "selected_option"),
    "external_select": ("initial_option", "selected_option"),
    "checkboxes": ("initial_options", "selected_options"),
    "multi_static_select": ("initial_options", "selected_options"),
    "datepicker": ("initial_date", "selected_date"),
    "timepicker": ("initial_time", "selected_time"),
    "datetimepicker": ("initial_date_time", "selected_date_time"),
    "users_select": ("initial_user", "selected_user"),
    "channels_select": ("initial_channel", "selected_channel"),
    "conversations_select": ("initial_conversation", "selected_conversation"),
    "multi_users_select": ("initial_users", "selected_users"),
    "multi_channels_select": ("initial_channels", "selected_channels"),
    "multi_conversations_select": ("initial_conversations", "selected_conversations"),
    "plain_text_input": ("initial_value", "value"),
    "number_input": ("initial_value", "value"),
    "email_text_input": ("initial_value", "value"),
    "url_text_input": ("initial_value", "value"),
}
"""Element type → (the field with its first value, the field that holds its value)."""


def value_field(kind: str) -> str | None:
    """The field of a state value that holds what was entered; None for a button and the like."""
    names = _INITIALS.get(kind)
    return names[1] if names else None


def initial_state(blocks: list[Json]) -> Json:
    """The state of a view nobody has touched: every stateful element with its first value."""
    state: Json = {}
    for block in blocks:
        for element in blockkit.elements(block):
            names = _INITIALS.get(str(element.get("type")))
            if names is None or "action_id" not in element:
                continue
            empty: Any = [] if names[1].endswith("s") else None
            entry = {"type": element["type"], names[1]: element.get(names[0], empty)}
            state.setdefault(block["block_id"], {})[element["action_id"]] = entry
    return state
