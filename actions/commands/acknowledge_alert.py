"""`acknowledge_alert`: somebody is on it."""

from actions import parameters as p
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
    available=False,
)
