"""`show_drift`: how far the data has moved."""

from actions import parameters as p
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="show_drift",
    title="Show drift",
    summary="Drift and quality of a deployed model's data, with charts.",
    risk=Risk.READ,
    uses=(
        Use(p.PROJECT, required=True),
        Use(p.ENVIRONMENT),
        Use(p.PERIOD),
    ),
    examples=(
        "show drift of [claims-frequency](project)",
        "has [fraud](project) drifted in the [last 7 days](period)",
        "drift report for [churn](project) in [production](environment)",
        "data quality of [pricing](project) [this month](period)",
        "is the input of [lapse-risk](project) shifting",
    ),
    aliases=("drift",),
    available=False,
)
