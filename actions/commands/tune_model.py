"""`tune_model`: searches for better hyperparameters."""

from actions import parameters as p
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="tune_model",
    title="Tune a model",
    summary="Search for the best hyperparameters, and register the best model.",
    risk=Risk.GUARDED,
    uses=(
        Use(p.PROJECT, required=True),
        Use(p.METRIC),
        Use(p.TRIALS),
        Use(p.INSTANCE_TYPE),
        Use(p.GPU_COUNT),
        Use(p.MAX_RUNTIME),
    ),
    examples=(
        "tune [claims-frequency](project) for [auc](metric) with [20 trials](trials)",
        "tune [fraud](project)",
        "run a hyperparameter search on [churn](project)",
        "optimise [lapse-risk](project) for [rmse](metric)",
        "hpo for [pricing](project), [thirty trials](trials) on [ml.g5.xlarge](instance_type)",
        "tune [fraud](project) on [2 gpus](gpu_count) for at most [6 hours](max_runtime)",
    ),
    aliases=("tune", "hpo"),
    available=False,
)
