"""Watch every deployed model: drift, data that is not as it should be, performance, silence.

Every 15 minutes (`COOPER_MONITOR_SCHEDULE`, a cron expression). Which environments there are says
`COOPER_ENVIRONMENTS`; which endpoints, the watch documents that deployments leave in S3.

`find → look`, one `look` for each endpoint

* `look` holds what the endpoint was asked and answered against the profile of the version that
  serves, by the monitors of `project.yaml`, up to the run's data interval end.
* The report is kept in MLflow (tag `cooper.monitor`, artifact `drift.json`); alerts go to Cooper.
* **Clearing or retrying is safe**: the same window gives the same report and alerts that Cooper
  counts once. What arrives late is seen by the next run, as windows overlap.
* What cannot be judged (no traffic, no profile, an endpoint that is gone) is in the report, with the
  reason. A fault in one endpoint leaves the others alone.
* Nothing is made up for time that was missed: windows look back.
"""

import os
from datetime import timedelta
from typing import Any

from airflow.sdk import dag, task

from cooper_dags import monitored
from cooper_dags.tasks import DEFAULTS


@task
def find() -> list[dict[str, Any]]:
    """List what is watched in every environment."""
    return monitored.run_find()


@task(
    # A mapped task does not take it from its docstring.
    doc_md="Judge the endpoint's window, keep the report, send alerts.",
    map_index_template="{{ endpoint }}",
    # Each holds a window in memory.
    max_active_tis_per_dagrun=2,
    execution_timeout=timedelta(minutes=15),
)
def look(watched: dict[str, Any]) -> dict[str, Any]:
    """Judge the endpoint's window, keep the report, send alerts."""
    return monitored.run_look(watched)


@dag(
    dag_id="monitor_models",
    dag_display_name="Watch the models",
    description="Captured data of each endpoint against its version's profile; alerts and reports.",
    schedule=os.environ.get("COOPER_MONITOR_SCHEDULE", "*/15 * * * *"),
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    tags=["cooper", "monitoring"],
    default_args=DEFAULTS,
    is_paused_upon_creation=False,
)
def monitor_models() -> None:
    """Build the DAG."""
    look.expand(watched=find())


monitor_models()
