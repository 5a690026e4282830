"""`predict`: sends a sample to an endpoint."""

from actions import parameters as p
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="predict",
    title="Try a prediction",
    summary="Send the project's sample to its endpoint and show the answer.",
    risk=Risk.READ,
    uses=(Use(p.PROJECT, required=True), Use(p.ENVIRONMENT)),
    examples=(
        "predict with [claims-frequency](project)",
        "predict",
        "try a prediction on [fraud](project) in [staging](environment)",
        "send a sample to [churn](project)",
        "score an example with [pricing](project) on [prod](environment)",
        "test the [fraud](project) endpoint with a sample",
    ),
    aliases=("predict", "score"),
)
