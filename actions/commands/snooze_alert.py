"""`snooze_alert`: quiet for a while."""

from actions import parameters as p
from actions.answers import Answer
from actions.behaviour import Acting
from actions.config_types import duration
from actions.context import Params
from actions.incidents.acting import silence_project, snooze_incident
from actions.incidents.moments import spoken
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="snooze_alert",
    title="Snooze an alert",
    summary="Silence an alert, or all of a project's, until then.",
    risk=Risk.DIRECT,
    uses=(
        Use(p.ALERT),
        Use(p.PROJECT, required=True, unless="alert"),
        Use(p.DURATION, required=True),
    ),
    examples=(
        "snooze [A17](alert) for [2 hours](duration)",
        "mute the alerts of [fraud](project) for [1 day](duration)",
        "silence [alert 4](alert) for [an hour](duration)",
        "snooze [churn](project) [90 min](duration)",
        "no alerts from [pricing](project) for [3 days](duration)",
        "snooze [A9](alert)",
    ),
    aliases=("snooze",),
)


async def act(acting: Acting, params: Params) -> Answer:
    """Quiet about one incident, or about all of a project's."""
    length = duration(params["duration"])
    if "alert" in params:
        number = int(params["alert"].removeprefix("A"))
        until = acting.context.now + length
        incident = await snooze_incident(acting.context, number, until, None)
        text = f"{incident.id}, “{incident.alert.title}”, is snoozed until {spoken(until)}."
    else:
        project = acting.context.project(params["project"]).slug
        kept = await silence_project(acting.context, project, length)
        text = (
            f"I say nothing of {project}'s incidents until {spoken(kept.silence.ends)}. "
            "They are counted, and “list alerts” shows them."
        )
    return Answer(text=text, tone="success", command=SPEC.name)
