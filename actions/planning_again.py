"""A request's plan made anew, to see whether what people agreed to is still what would happen."""

from datetime import datetime

from actions.answers import Field, Refusal
from actions.behaviours import CHANGES
from actions.context import Context, World
from actions.requests import Plan, Request
from actions.store import Transaction

_MOVES_BY_ITSELF = "Budget"
"""Rows of this label change with every training and mean nothing for a vote."""


async def planned_again(tx: Transaction, world: World, request: Request, now: datetime) -> Plan:
    """The plan as it would be now, for the person who asked.

    Raises:
        Refusal: It can no longer be done, or no longer by them.
        Unavailable: A service that it looks at does not answer.
    """
    who = await tx.person(request.place.team, request.requester_id)
    if who is None:
        raise Refusal(f"I no longer know {request.requester_name}. Please ask again.")
    projects = {project.slug: project for project in await tx.projects()}
    context = Context(who, request.place, world, tx, projects, now, request.id)
    return await CHANGES[request.command](context, _pinned(request))


def differences(before: Plan, after: Plan) -> tuple[Field, ...]:
    """What is no longer as people saw it, row by row: what it was, and what it is."""
    seen = {line.label: line.value for line in before.lines}
    return tuple(
        Field(label=line.label, value=f"{seen.get(line.label, 'nothing')} → {line.value}")
        for line in after.lines
        if seen.get(line.label) != line.value and not line.label.startswith(_MOVES_BY_ITSELF)
    )


def _pinned(request: Request) -> dict[str, object]:
    """The parameters with the version that was agreed to, where it came from a default.

    A promotion always means what staging serves, so that nothing is pinned there; that it was the
    latest was so when it was asked for, and a newer one since then does not undo that.
    """
    conf = request.plan.conf or {}
    if request.command == "promote_model" and request.params.get("version") == "latest":
        return {name: value for name, value in request.params.items() if name != "version"}
    if request.command == "deploy_model" and "model" in conf:
        return {**request.params, "version": conf["model"]["version"]}
    return dict(request.params)
