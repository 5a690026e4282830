"""`show_endpoint`: what serves, and how it is doing."""

from actions import parameters as p
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="show_endpoint",
    title="Show an endpoint",
    summary="Version, traffic, instances and health of an endpoint.",
    risk=Risk.READ,
    uses=(Use(p.PROJECT, required=True), Use(p.ENVIRONMENT)),
    examples=(
        "show the [claims-frequency](project) endpoint",
        "what is deployed for [fraud](project) in [prod](environment)",
        "which version of [churn](project) serves in [staging](environment)",
        "endpoint of [pricing](project)",
        "is the [fraud](project) endpoint healthy",
    ),
    aliases=("endpoint",),
)
