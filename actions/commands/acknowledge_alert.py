"""`acknowledge_alert`: somebody is on it."""

from actions import parameters as p
from actions.answers import Answer
from actions.behaviour import Acting
from actions.context import Params
from actions.incidents.acting import acknowledge_incident
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="acknowledge_alert",
    title="Acknowledge an alert",
    summary="Say that you are on it: escalation stops.",
    risk=Risk.DIRECT,
    uses=(Use(p.ALERT, required=True),),
    examples=(
        "acknowledge [A17](alert)",
        "ack [alert 17](alert)",
        "i'm on [A3](alert)",
        "i'll take [incident 12](alert)",
        "acknowledge the alert",
        "looking into [A8](alert)",
    ),
    aliases=("ack",),
)


async def act(acting: Acting, params: Params) -> Answer:
    """The speaker is on it; the incident's message and thread say so too."""
    number = int(params["alert"].removeprefix("A"))
    incident = await acknowledge_incident(acting.context, number, None)
    return Answer(
        text=f"You are on {incident.id}, “{incident.alert.title}”. Reminders and escalation stop.",
        tone="success",
        command=SPEC.name,
    )
