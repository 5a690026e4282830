"""`snooze_alert`: quiet for a while."""

from actions import parameters as p
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
    available=False,
)
