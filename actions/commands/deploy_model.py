"""`deploy_model`: puts a model version behind an endpoint."""

from actions import parameters as p
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="deploy_model",
    title="Deploy a model",
    summary="Create or update an endpoint that serves a model version.",
    risk=Risk.GUARDED,
    uses=(
        Use(p.PROJECT, required=True),
        Use(p.VERSION),
        Use(p.ENVIRONMENT, required=True),
        Use(p.STRATEGY),
        Use(p.PERCENT),
        Use(p.INSTANCE_TYPE),
        Use(p.INSTANCE_COUNT),
    ),
    examples=(
        "deploy [claims-frequency](project) to [staging](environment)",
        "deploy it to [staging](environment)",
        "put [fraud](project) [v7](version) on [prod](environment)",
        "ship [the latest](version) [churn](project) to [stage](environment)",
        "roll out [pricing](project) [version 3](version) in [production](environment) "
        "[as a canary](strategy) at [10%](percent)",
        "release [lapse-risk](project) to [live](environment) on [2 instances](instance_count)",
        "deploy [the challenger](version) of [fraud](project)",
    ),
    dag="deploy_model",
    aliases=("deploy",),
)
