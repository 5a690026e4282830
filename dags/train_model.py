"""Train, evaluate and register a model.

Started by Cooper for a request such as `R42`; the run's id (`demo-R42-a1`) is also the name of the
SageMaker training job, of the evaluation's processing job, and a tag of the MLflow version.

`validate → snapshot → train → evaluate → profile → register → report`

* Every task checks the signed plan in the run's conf before it does anything. A run started by
  hand has none and is refused; ask Cooper in Slack instead.
* **Clearing or retrying a task is safe**: it attaches to the job of this name and never buys a second.
* **Marking a task failed stops its job**, and so does stopping the run.
* **Attempts of one request share checkpoints and time**: `…-a2` goes on where `…-a1` stopped, within
  what is left of the plan's time.
* `profile` fails no training: data without columns gives a version without a profile, and it says so.
* A model that misses a threshold, in all or in its worst slice, is registered without an alias; the
  run itself succeeds.
"""

from typing import Any

from airflow.sdk import dag, task

from cooper_dags import profiling, registration, stages
from cooper_dags.operators import EvaluateOperator, TrainOperator
from cooper_dags.tasks import DEFAULTS, run_stage


@task
def validate() -> dict[str, Any]:
    """Check signature, schema, source package, data and holdout; resolve the image's URI."""
    return run_stage(stages.validate)


@task
def snapshot() -> dict[str, Any]:
    """Copy data and holdout into the run's own folder in S3, checked against their hashes."""
    return run_stage(stages.snapshot)


@task
def profile(trained: dict[str, Any]) -> dict[str, Any]:
    """Keep what the training data looked like, for `monitor_models` to compare with."""
    return run_stage(profiling.profile, trained)


@task
def register(
    trained: dict[str, Any], evaluated: dict[str, Any], profiled: dict[str, Any]
) -> dict[str, Any]:
    """Log figures, model and evaluation in MLflow and register the version, once."""
    return run_stage(registration.register, trained, evaluated, profiled)


@task
def report(
    trained: dict[str, Any], evaluated: dict[str, Any], registered: dict[str, Any]
) -> dict[str, Any]:
    """Sum up what the request's card says at the end."""
    return run_stage(stages.report, trained, evaluated, registered)


@dag(
    dag_id="train_model",
    dag_display_name="Train a model",
    description="SageMaker training on a snapshot, evaluation against the champion, MLflow.",
    schedule=None,
    catchup=False,
    max_active_runs=32,
    doc_md=__doc__,
    tags=["cooper", "training"],
    default_args=DEFAULTS,
    is_paused_upon_creation=False,
)
def train_model() -> None:
    """Build the DAG."""
    train = TrainOperator(
        task_id="train",
        doc_md="The SageMaker training job named after the run. Deferred while it runs.",
    )
    evaluate = EvaluateOperator(
        task_id="evaluate",
        doc_md=(
            "A SageMaker processing job runs the project's evaluation on the holdout, for the "
            "candidate and the champion; the thresholds of the plan decide the verdict."
        ),
    )
    profiled = profile(train.output)
    registered = register(train.output, evaluate.output, profiled)
    validate() >> snapshot() >> train >> evaluate >> profiled >> registered
    report(train.output, evaluate.output, registered)


train_model()
