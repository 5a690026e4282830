"""`list_features`: what a model may go by."""

from actions import parameters as p
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="list_features",
    title="List features",
    summary="Features with type, freshness and who uses them.",
    risk=Risk.READ,
    uses=(Use(p.PROJECT),),
    examples=(
        "list features",
        "which features does [fraud](project) use",
        "show the features of [churn](project)",
        "what is in the feature store",
        "features for [pricing](project)",
    ),
    aliases=("features",),
    available=False,
)
