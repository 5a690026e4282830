"""`undeploy_model`: deletes an endpoint."""

from actions import parameters as p
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="undeploy_model",
    title="Take a model down",
    summary="Delete an endpoint; the model stays registered.",
    risk=Risk.GUARDED,
    uses=(
        Use(p.PROJECT, required=True),
        Use(p.ENVIRONMENT, required=True),
    ),
    examples=(
        "undeploy [claims-frequency](project) from [staging](environment)",
        "take down [fraud](project) in [prod](environment)",
        "delete the [churn](project) endpoint in [staging](environment)",
        "shut down the [staging](environment) endpoint of [pricing](project)",
        "remove [lapse-risk](project) from [production](environment)",
    ),
    dag="undeploy_model",
    aliases=("undeploy",),
)
