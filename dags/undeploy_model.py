"""Take a model down: delete its endpoint.

Started by Cooper for a request such as `R44`. The model stays registered, and the endpoint's
configurations and SageMaker models stay for the history.

`validate → gate → approve → delete → record → report`

* Every task checks the signed plan in the run's conf before it does anything. A run started by
  hand has none and is refused; ask Cooper in Slack instead.
* `gate` compares what people agreed to with what is now. Where something differs, `approve` parks the
  run until they agreed anew in Slack; only Cooper answers it, with the newly signed plan.
* **Clearing or retrying a task is safe**: an endpoint that is gone already is as good as deleted.
* In production nothing is `champion` in MLflow afterwards.
"""

from typing import Any

from airflow.sdk import dag, task

from cooper_dags import undeployment
from cooper_dags.approval import ApproveOperator
from cooper_dags.endpoints import DeleteOperator
from cooper_dags.gate import run_gate
from cooper_dags.tasks import DEFAULTS, run_stage


@task
def validate() -> dict[str, Any]:
    """Check signature and schema, and that the endpoint is ours."""
    return run_stage(undeployment.validate)


@task
def gate() -> dict[str, Any]:
    """Compare what people agreed to with what is now."""
    return run_gate()


@task
def record() -> dict[str, Any]:
    """Take the environment's tag, and in production the champion alias, from the model in MLflow."""
    return run_stage(undeployment.record)


@task
def report(deleted: dict[str, Any]) -> dict[str, Any]:
    """Sum up what the request's card says at the end."""
    return run_stage(undeployment.report, deleted)


@dag(
    dag_id="undeploy_model",
    dag_display_name="Take a model down",
    description="Deletes an endpoint and its alarms; MLflow follows.",
    schedule=None,
    catchup=False,
    max_active_runs=16,
    doc_md=__doc__,
    tags=["cooper", "deployment"],
    default_args=DEFAULTS,
    is_paused_upon_creation=False,
)
def undeploy_model() -> None:
    """Build the DAG."""
    approve = ApproveOperator(
        task_id="approve",
        doc_md=(
            "Waits, without a worker, until people agreed to the plan as it is now. Skipped where "
            "nothing changed; rejected after a week."
        ),
    )
    delete = DeleteOperator(
        task_id="delete",
        trigger_rule="none_failed",
        doc_md="Deletes the endpoint and its alarms, and waits, deferred, until it is gone.",
    )
    recorded = record()
    validate() >> gate() >> approve >> delete >> recorded >> report(delete.output)


undeploy_model()
