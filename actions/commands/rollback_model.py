"""`rollback_model`: goes back to the previous good configuration."""

from actions import parameters as p
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="rollback_model",
    title="Roll back",
    summary="Go back to the endpoint configuration that served well before.",
    risk=Risk.GUARDED,
    uses=(
        Use(p.PROJECT, required=True),
        Use(p.ENVIRONMENT),
    ),
    examples=(
        "roll back [claims-frequency](project)",
        "rollback [fraud](project) in [production](environment)",
        "revert [churn](project) on [staging](environment)",
        "go back to the previous version of [pricing](project) in [prod](environment)",
        "undo the last deployment of [fraud](project)",
    ),
    dag="deploy_model",
    aliases=("rollback",),
)
