"""Modals: a plan that is edited or a form that is filled in, one line for each parameter as people type it."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from actions.capacity import spoken
from actions.catalog import COMMANDS
from actions.config_types import duration
from actions.requests import Place, Request
from actions.spec import Command, Kind, Parameter
from actions.store import StoredDraft
from bot.blocks import elements as e

EXPLAIN = "explain_vote"
"""Callback of the modal in which somebody says why they rejected a request."""
FILL_IN = "fill_in"
"""Callback of the modal that asks for a command's parameters."""

SNOOZE_UNTIL = "snooze_until"
"""Callback of the modal that asks until when an incident should be quiet."""


def snooze_until(incident: str, version: int, place: Place, proposed: datetime) -> dict[str, Any]:
    """The view that asks for a moment, in the reader's own time; `proposed` stands there first."""
    private = {
        "incident": incident,
        "version": version,
        "channel": place.channel,
        "thread": place.thread,
    }
    return {
        "type": "modal",
        "callback_id": SNOOZE_UNTIL,
        "private_metadata": json.dumps(private),
        "title": e.plain(f"Snooze {incident}", 24),
        "submit": e.plain("Snooze", 24),
        "close": e.plain("Back", 24),
        "blocks": [e.moment_input("until", "Quiet until", proposed)],
    }


def explain_vote(request: Request, thread: str | None) -> dict[str, Any]:
    """The view in which a person gives the reason of their rejection."""
    return {
        "type": "modal",
        "callback_id": EXPLAIN,
        "private_metadata": _private(request, thread),
        "title": e.plain(f"Why not {request.id}?", 24),
        "submit": e.plain("Say so", 24),
        "close": e.plain("Back", 24),
        "blocks": [
            e.text_input("reason", "Reason", None, "For example: the holdout leaks", optional=False)
        ],
    }


def edit_plan(request: Request, thread: str | None) -> dict[str, Any]:
    """The view for `views.open`; its submission carries the request's id, and the thread to answer in."""
    return {
        "type": "modal",
        "callback_id": "edit_plan",
        "private_metadata": _private(request, thread),
        "title": e.plain(f"Edit {request.id}", 24),
        "submit": e.plain("New plan", 24),
        "close": e.plain("Back", 24),
        "blocks": _inputs(COMMANDS[request.command], request.params),
    }


def fill_in(draft: StoredDraft, place: Place) -> dict[str, Any]:
    """The view that asks at once for all that a form would ask one by one, and for what may be said."""
    command = COMMANDS[draft.command]
    private = {"command": draft.command, "channel": place.channel, "thread": place.thread}
    return {
        "type": "modal",
        "callback_id": FILL_IN,
        "private_metadata": json.dumps(private),
        "title": e.plain(command.title, 24),
        "submit": e.plain("Go on", 24),
        "close": e.plain("Back", 24),
        "blocks": _inputs(command, draft.params),
    }


def _inputs(command: Command, params: Mapping[str, Any]) -> list[e.Block]:
    """A line for each parameter, with what is known of it."""
    return [
        e.text_input(
            parameter.name,
            parameter.label,
            _typed(parameter, params.get(parameter.name)),
            f"For example: {', '.join(parameter.examples[:3])}",
            optional=not use.required or use.unless is not None,
        )
        for use in command.uses
        for parameter in (use.parameter,)
    ]


def _private(request: Request, thread: str | None) -> str:
    """What the submission hands back: the request, and where to answer."""
    return json.dumps({"request": request.id, "channel": request.place.channel, "thread": thread})


def _typed(parameter: Parameter, value: Any) -> str | None:
    """A normalised value as a person would type it."""
    if value is None:
        return None
    if parameter.kind is Kind.BOOLEAN:
        return "yes" if value else "no"
    if parameter.kind is Kind.DURATION:
        return spoken(duration(value))
    if parameter.kind is Kind.HYPERPARAMETERS:
        return " ".join(f"{name}={number}" for name, number in value.items())
    return str(value)
