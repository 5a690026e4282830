"""Serve a model version, or go back to what served before.

Started by Cooper for a request such as `R43`; the run's id (`demo-R43-a1`) is also the name of the
SageMaker model and endpoint configuration. The endpoint's own name stays. Promotions and rollbacks
run here as well; a rollback makes no configuration, it names the one that comes back.

`validate → gate → approve → configure → deploy → verify → record → aporia → report`, and `restore`
where `verify` fails

* Every task checks the signed plan in the run's conf before it does anything. A run started by
  hand has none and is refused; ask Cooper in Slack instead.
* `gate` compares what people agreed to with what is now: the live configuration, the champion, the
  evaluation. Where something differs, `approve` parks the run until they agreed anew in Slack; only
  Cooper answers it, with the newly signed plan, and that is what the later tasks act on.
* `deploy` compares once more right before the switch, and refuses what changed in the last moment.
* **Clearing or retrying a task is safe**: what exists with this plan's digest is used as it is.
* An endpoint that SageMaker rolled back, because the container did not prove itself or an alarm went
  off, fails the run; the previous configuration serves on.
* Where `verify` fails, `restore` brings the previous configuration back, or deletes an endpoint that
  was new. The run fails all the same.
* `champion` in MLflow follows production only.
* `aporia` registers version, data and monitors in Aporia; without a connection `aporia` it is skipped.
  The model serves by then, so that it never fails the run: where it gave up it is skipped as well,
  and its report and the thread say why. Clear it, with what follows, to try again.
"""

from typing import Any

from airflow.sdk import dag, task

from cooper_dags import deployment
from cooper_dags.aporia import RegisterInAporiaOperator
from cooper_dags.approval import ApproveOperator
from cooper_dags.endpoints import DeployOperator, RestoreOperator
from cooper_dags.gate import run_gate
from cooper_dags.tasks import DEFAULTS, run_stage


@task
def validate() -> dict[str, Any]:
    """Check signature, schema, the version's tags in MLflow and its artifact in S3."""
    return run_stage(deployment.validate)


@task
def gate() -> dict[str, Any]:
    """Compare what people agreed to with what is now."""
    return run_gate()


@task(trigger_rule="none_failed")
def configure() -> dict[str, Any]:
    """Create the SageMaker model, the endpoint configuration and the alarms, once."""
    return run_stage(deployment.configure)


@task
def verify() -> dict[str, Any]:
    """Send the plan's sample to the endpoint; it must answer, and fast enough."""
    return run_stage(deployment.verify)


@task
def record() -> dict[str, Any]:
    """Move tags and aliases in MLflow to the version that serves."""
    return run_stage(deployment.record)


@task(trigger_rule="none_failed")
def report(deployed: dict[str, Any], answered: dict[str, Any]) -> dict[str, Any]:
    """Sum up what the request's card says at the end, whether or not Aporia was told."""
    return run_stage(deployment.report, deployed, answered)


@dag(
    dag_id="deploy_model",
    dag_display_name="Deploy a model",
    description="SageMaker model, configuration and endpoint; proven to serve; MLflow follows.",
    schedule=None,
    catchup=False,
    max_active_runs=16,
    doc_md=__doc__,
    tags=["cooper", "deployment"],
    default_args=DEFAULTS,
    is_paused_upon_creation=False,
)
def deploy_model() -> None:
    """Build the DAG."""
    approve = ApproveOperator(
        task_id="approve",
        doc_md=(
            "Waits, without a worker, until people agreed to the plan as it is now. Skipped where "
            "nothing changed; rejected after a week."
        ),
    )
    deploy = DeployOperator(
        task_id="deploy",
        doc_md=(
            "Creates the endpoint or updates it to the run's configuration, then waits, deferred. "
            "Rolled back is a failure, and the report remembers the previous configuration."
        ),
    )
    restore = RestoreOperator(
        task_id="restore",
        trigger_rule="one_failed",
        doc_md=(
            "Where `verify` failed: brings the previous configuration back, or deletes the endpoint "
            "if it was new."
        ),
    )
    aporia = RegisterInAporiaOperator(
        task_id="aporia",
        doc_md=(
            "Registers version, data and monitors in Aporia with its own SDK, where a connection "
            "`aporia` has a token. What is there and the same is kept. The model serves by then, so "
            "where Aporia cannot be told the task is skipped and says why."
        ),
        retries=2,
    )
    answered, recorded = verify(), record()
    validate() >> gate() >> approve >> configure() >> deploy >> answered
    answered >> [restore, recorded]
    recorded >> aporia >> report(deploy.output, answered)


deploy_model()
