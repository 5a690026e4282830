"""`train_model`: a SageMaker training, evaluated and registered in MLflow."""

from actions import parameters as p
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="train_model",
    title="Train a model",
    summary="Train, evaluate and register a new version of a project's model.",
    risk=Risk.GUARDED,
    uses=(
        Use(p.PROJECT, required=True),
        Use(p.INSTANCE_TYPE),
        Use(p.GPU_COUNT),
        Use(p.INSTANCE_COUNT),
        Use(p.DATASET_VERSION),
        Use(p.HYPERPARAMETERS),
        Use(p.SPOT),
        Use(p.MAX_RUNTIME),
    ),
    examples=(
        "train [claims-frequency](project) on [2 gpus](gpu_count)",
        "train [fraud](project)",
        "retrain [the churn model](project) please",
        "can you kick off a training of [lapse-risk](project)",
        "train [fraud](project) on [ml.g5.2xlarge](instance_type) for [4 hours](max_runtime)",
        "train [churn](project) with [lr=0.01](hyperparameters) [on spot](spot)",
        "start a training run for [pricing](project) with data from [2026-10-01](dataset_version)",
        "fit [claims severity](project) again on [two gpus](gpu_count)",
        "train [fraud](project) with [max depth 8](hyperparameters) on [3 instances](instance_count)",
    ),
    dag="train_model",
    aliases=("train", "retrain"),
)
