"""`schedule_training`: trains again and again."""

from actions import parameters as p
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="schedule_training",
    title="Schedule a training",
    summary="Train a project on a schedule.",
    risk=Risk.CHANGE,
    uses=(
        Use(p.PROJECT, required=True),
        Use(p.SCHEDULE, required=True),
    ),
    examples=(
        "retrain [claims-frequency](project) [every monday at 6am](schedule)",
        "train [fraud](project) [daily at 18:30](schedule)",
        "schedule a training of [churn](project) on [weekdays at 9](schedule)",
        "set up a recurring training for [pricing](project)",
        "retrain [lapse-risk](project) [every night at 2am](schedule)",
        "put [fraud](project) on a [weekly](schedule) retraining",
    ),
    aliases=("schedule",),
    available=False,
)
