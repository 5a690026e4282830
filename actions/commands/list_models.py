"""`list_models`: the registered model versions."""

from actions import parameters as p
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="list_models",
    title="List models",
    summary="Registered models with their versions, champion and challenger marked.",
    risk=Risk.READ,
    uses=(Use(p.PROJECT),),
    examples=(
        "list models",
        "which models do we have",
        "list versions of [fraud](project)",
        "show me all versions of [claims-frequency](project)",
        "what models are registered for [churn](project)",
    ),
    aliases=("models",),
)
