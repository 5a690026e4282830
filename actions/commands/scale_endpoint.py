"""`scale_endpoint`: how many instances serve."""

from actions import parameters as p
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="scale_endpoint",
    title="Scale an endpoint",
    summary="Change how many instances serve a model.",
    risk=Risk.CHANGE,
    uses=(
        Use(p.PROJECT, required=True),
        Use(p.ENVIRONMENT),
        Use(p.INSTANCE_COUNT, required=True),
    ),
    examples=(
        "scale [claims-frequency](project) to [3 instances](instance_count)",
        "scale [fraud](project) in [production](environment) to [four machines](instance_count)",
        "give the [churn](project) endpoint [2 instances](instance_count)",
        "scale up [pricing](project) in [prod](environment)",
        "scale [lapse-risk](project) down to [one instance](instance_count) in [staging](environment)",
    ),
    aliases=("scale",),
    available=False,
)
