"""The modal that edits a plan: one line for each parameter, as people type it."""

import json
from typing import Any

from actions.capacity import spoken
from actions.catalog import COMMANDS
from actions.config_types import duration
from actions.requests import Request
from actions.spec import Kind, Parameter
from bot.blocks import elements as e

EXPLAIN = "explain_vote"
"""Callback of the modal in which somebody says why they rejected a request."""


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
    command = COMMANDS[request.command]
    return {
        "type": "modal",
        "callback_id": "edit_plan",
        "private_metadata": _private(request, thread),
        "title": e.plain(f"Edit {request.id}", 24),
        "submit": e.plain("New plan", 24),
        "close": e.plain("Back", 24),
        "blocks": [
            e.text_input(
                parameter.name,
                parameter.label,
                _typed(parameter, request.params.get(parameter.name)),
                f"For example: {', '.join(parameter.examples[:3])}",
                optional=not use.required,
            )
            for use in command.uses
            for parameter in (use.parameter,)
        ],
    }


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
