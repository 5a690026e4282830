"""`resolve_alert`: an incident is over."""

from actions import parameters as p
from actions.answers import Answer
from actions.behaviour import Acting
from actions.context import Params
from actions.incidents.acting import resolve_incident
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="resolve_alert",
    title="Resolve an alert",
    summary="Close an incident.",
    risk=Risk.DIRECT,
    uses=(
        Use(p.ALERT, required=True),
        Use(p.REASON),
    ),
    examples=(
        "resolve [A17](alert)",
        "close [alert 12](alert) because [the feed is back](reason)",
        "mark [A4](alert) as resolved",
        "[A9](alert) is fixed, close it",
        "resolve [incident 3](alert): [false alarm](reason)",
    ),
    aliases=("resolve",),
)


async def act(acting: Acting, params: Params) -> Answer:
    """Closed. If it fires again soon, it is opened again."""
    number = int(params["alert"].removeprefix("A"))
    incident = await resolve_incident(acting.context, number, params.get("reason"), None)
    return Answer(
        text=f"{incident.id}, “{incident.alert.title}”, is resolved. If it fires again soon, "
        "I open it again.",
        tone="success",
        command=SPEC.name,
    )
