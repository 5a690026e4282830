"""`show_model`: one model version with its metrics and lineage."""

from actions import parameters as p
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="show_model",
    title="Show a model",
    summary="Metrics, lineage, where a version is deployed and who approved it.",
    risk=Risk.READ,
    uses=(
        Use(p.PROJECT, required=True),
        Use(p.VERSION),
    ),
    examples=(
        "show [claims-frequency](project) [v3](version)",
        "show me the [fraud](project) model",
        "details of [the champion](version) of [churn](project)",
        "how good is [pricing](project) [v7](version)",
        "where does [v4](version) of [fraud](project) come from",
        "who approved [churn](project) [v2](version)",
    ),
    aliases=("model",),
)
