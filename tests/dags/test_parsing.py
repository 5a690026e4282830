"""As Airflow's own example DAGs are tested: they import, without a database, alone."""

import itertools
import json
import subprocess
import sys

import pytest
from services import DAGS

STAGES = {
    "train_model": [
        "validate",
        "snapshot",
        "train",
        "evaluate",
        "profile",
        "register",
        "report",
    ],
    "deploy_model": [
        "validate",
        "gate",
        "approve",
        "configure",
        "deploy",
        "verify",
        "record",
        "aporia",
        "report",
    ],
    "undeploy_model": ["validate", "gate", "approve", "delete", "record", "report"],
}
STAGES["monitor_models"] = ["find", "look"]
DAG_IDS = tuple(STAGES)
BESIDE = {"deploy_model": {"restore"}}
"""Tasks that nothing waits for."""
RULES = {
    "configure": "none_failed",
    "delete": "none_failed",
    "restore": "one_failed",
}
REPORT_RULES = {"deploy_model": "none_failed"}
"""Where `aporia` may be skipped before it."""


@pytest.fixture(scope="module")
def dags():
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(dag_folder=str(DAGS), bundle_path=DAGS, bundle_name="tests")
    assert bag.import_errors == {}
    return bag.dags


def test_folder_holds_our_dags_and_no_more(dags):
    assert sorted(dags) == sorted(DAG_IDS)


@pytest.mark.parametrize("dag_id", DAG_IDS)
def test_tasks_are_the_stages_of_the_contract_in_order(dags, dag_id):
    dag = dags[dag_id]
    beside = BESIDE.get(dag_id, set())
    order = [task.task_id for task in dag.topological_sort() if task.task_id not in beside]
    assert order == STAGES[dag_id]
    assert {task.task_id for task in dag.tasks} - set(order) == beside
    for before, after in itertools.pairwise(order):
        assert after in dag.get_task(before).get_flat_relative_ids(upstream=False)
    for task in dag.tasks:
        rules = RULES | {"report": REPORT_RULES.get(dag_id, "all_success")}
        assert task.trigger_rule.value == rules.get(task.task_id, "all_success"), task.task_id


def test_restore_looks_at_the_verification_and_nothing_waits_for_it(dags):
    restore = dags["deploy_model"].get_task("restore")
    assert restore.upstream_task_ids == {"verify"}
    assert restore.downstream_task_ids == set()


@pytest.mark.parametrize("dag_id", DAG_IDS)
def test_a_stop_ends_a_run_at_once(dags, dag_id):
    """Airflow lets teardowns run to their end first, and calls what was skipped for them a success."""
    assert [task.task_id for task in dags[dag_id].tasks if task.is_teardown] == []


def test_the_report_waits_for_aporia(dags):
    assert dags["deploy_model"].get_task("aporia").upstream_task_ids == {"record"}
    assert "aporia" in dags["deploy_model"].get_task("report").upstream_task_ids


@pytest.mark.parametrize("dag_id", ["deploy_model", "undeploy_model"])
def test_only_coopers_user_may_answer_and_silence_is_a_no(dags, dag_id):
    approve = dags[dag_id].get_task("approve")
    assert approve.assigned_users == [{"id": "cooper", "name": "cooper"}]
    assert approve.defaults == ["Reject"]
    assert approve.fail_on_reject
    assert approve.response_timeout.days == 7


@pytest.mark.parametrize("dag_id", DAG_IDS)
def test_an_engineer_can_read_it_in_the_ui(dags, dag_id):
    dag = dags[dag_id]
    assert dag.doc_md
    assert "cooper" in dag.tags
    assert dag.owner == "ml-platform"
    assert [task.task_id for task in dag.tasks if not task.doc_md] == []


PARSED_ALONE = """
import importlib, json, socket, sys
import sqlalchemy.event, sqlalchemy.engine
seen = []
def refuse(*args, **kwargs):
    seen.append("network")
    raise OSError("no network while a DAG is parsed")
socket.socket.connect = refuse
sqlalchemy.event.listen(
    sqlalchemy.engine.Engine, "before_cursor_execute", lambda *args: seen.append(args[2])
)
import airflow
seen.clear()
importlib.import_module(sys.argv[1])
heavy = [name for name in ("boto3", "mlflow", "sagemaker", "pandas") if name in sys.modules]
print(json.dumps({"seen": seen, "heavy": heavy}))
"""


@pytest.mark.parametrize("dag_id", DAG_IDS)
def test_parsing_asks_no_database_no_network_and_loads_no_sdk(dag_id):
    done = subprocess.run(
        [sys.executable, "-c", PARSED_ALONE, dag_id],
        cwd=DAGS,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.strip().splitlines()[-1])
    assert found == {"seen": [], "heavy": []}
