"""Payloads as Slack sends them, shortened to what is read and what surrounds it."""

from __future__ import annotations

import json
from typing import Any

BOT = "U0COOPER1"


def event(**changes: Any) -> dict[str, Any]:
    """An `events_api` payload; by default Ana mentions Cooper in #ml."""
    inner: dict[str, Any] = {
        "type": "app_mention",
        "user": "UANA00001",
        "text": f"<@{BOT}> train fraud",
        "ts": "1700000000.000100",
        "client_msg_id": "f2b1",
        "team": "T0COOPER1",
        "channel": "CML000001",
        "event_ts": "1700000000.000100",
    }
    kept = {name: value for name, value in (inner | changes).items() if value is not None}
    return {
        "token": "verification",
        "team_id": "T0COOPER1",
        "api_app_id": "A0COOPER1",
        "event": kept,
        "type": "event_callback",
        "event_id": "Ev0001",
        "event_time": 1700000000,
        "authorizations": [{"team_id": "T0COOPER1", "user_id": BOT, "is_bot": True}],
        "is_ext_shared_channel": False,
    }


def message(**changes: Any) -> dict[str, Any]:
    """A `message` event in a thread of #ml."""
    values = {
        "type": "message",
        "text": "on two gpus",
        "channel_type": "channel",
        "thread_ts": "1700000000.000100",
        "ts": "1700000005.000200",
    }
    return event(**(values | changes))


def command(text: str = "train fraud") -> dict[str, Any]:
    return {
        "token": "verification",
        "team_id": "T0COOPER1",
        "team_domain": "northwind",
        "channel_id": "CML000001",
        "channel_name": "ml",
        "user_id": "UANA00001",
        "user_name": "ana",
        "command": "/cooper",
        "text": text,
        "api_app_id": "A0COOPER1",
        "response_url": "https://hooks.slack.com/commands/1/2/3",
        "trigger_id": "1.2.3",
    }


def click(action: str = "confirm", **changes: Any) -> dict[str, Any]:
    """`block_actions` on a card that begins its own thread."""
    body: dict[str, Any] = {
        "type": "block_actions",
        "user": {"id": "UANA00001", "username": "ana", "team_id": "T0COOPER1"},
        "api_app_id": "A0COOPER1",
        "container": {
            "type": "message",
            "message_ts": "1700000001.000100",
            "channel_id": "CML000001",
            "is_ephemeral": False,
        },
        "trigger_id": "1.2.3",
        "team": {"id": "T0COOPER1", "domain": "northwind"},
        "channel": {"id": "CML000001", "name": "ml"},
        "message": {"type": "message", "bot_id": "B0COOPER1", "ts": "1700000001.000100"},
        "state": {"values": {}},
        "response_url": "https://hooks.slack.com/actions/1/2/3",
        "actions": [
            {
                "action_id": action,
                "block_id": "request:R1",
                "type": "button",
                "value": '{"request": "R1", "digest": "sha256:0"}',
                "action_ts": "1700000002.000100",
            }
        ],
    }
    return {name: value for name, value in (body | changes).items() if value is not None}


def submission(**view: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "id": "V1",
        "hash": "1.abc",
        "type": "modal",
        "callback_id": "edit_plan",
        "private_metadata": json.dumps(
            {"request": "R1", "channel": "CML000001", "thread": "1700000000.000100"}
        ),
        "state": {
            "values": {
                "max_runtime": {"value": {"type": "plain_text_input", "value": "2 hours"}},
                "spot": {"value": {"type": "plain_text_input", "value": None}},
                "environment": {
                    "value": {
                        "type": "static_select",
                        "selected_option": {"value": "staging", "text": {}},
                    }
                },
            }
        },
    }
    return {
        "type": "view_submission",
        "team": {"id": "T0COOPER1", "domain": "northwind"},
        "user": {"id": "UANA00001", "name": "ana"},
        "trigger_id": "1.2.3",
        "view": values | view,
        "response_urls": [],
    }
