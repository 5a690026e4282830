"""`list_schedules`: the recurring trainings."""

from actions import parameters as p
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="list_schedules",
    title="List schedules",
    summary="Recurring trainings with their next run.",
    risk=Risk.READ,
    uses=(Use(p.PROJECT),),
    examples=(
        "list schedules",
        "which trainings are scheduled",
        "when does [fraud](project) train next",
        "show the training schedule of [churn](project)",
        "what runs on a schedule",
        "any recurring trainings?",
    ),
    aliases=("schedules",),
    available=False,
)
