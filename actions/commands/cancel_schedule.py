"""`cancel_schedule`: ends a schedule."""

from actions import parameters as p
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="cancel_schedule",
    title="Cancel a schedule",
    summary="End a project's recurring training.",
    risk=Risk.CHANGE,
    uses=(Use(p.PROJECT, required=True),),
    examples=(
        "cancel the schedule of [claims-frequency](project)",
        "stop the nightly retraining of [fraud](project)",
        "remove [churn](project)'s training schedule",
        "no more scheduled trainings for [pricing](project)",
        "unschedule [lapse-risk](project)",
    ),
    aliases=("unschedule",),
    available=False,
)
