"""The task `aporia`: what it tells, when it is skipped, and what a failure of it means for the run."""

import json
import sys
from types import SimpleNamespace

import polars as pl
import project
import pytest
from airflow.sdk import DAG
from airflow.sdk.exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowSkipException,
)
from services import DAGS, ROOT

from cooper_dags.aporia import RegisterInAporiaOperator
from cooper_dags.aporia_state import state
from monitoring import profile, profile_file
from monitoring.monitors import MonitorError
from monitoring.schema import Schema, Task

sys.path.append(str(ROOT / "tests/aporia"))
import standin

PYTHON = DAGS / "aporia/.venv/bin/python"


@pytest.fixture
def aporia():
    with standin.serving() as found:
        yield found
    assert found.surprises == []


def connection(aporia, **changes):
    extra = {"account": aporia.account, "integration": "cooper", "data_source": "lake"}
    extra |= {"serving": {"query": "SELECT 1"}, "training": {"query": "SELECT 2"}}
    made = {"conn_type": "generic", "host": aporia.url, "password": aporia.token, "extra": extra}
    return json.dumps(made | changes)


@pytest.fixture
def connected(aporia, monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_APORIA", connection(aporia))
    monkeypatch.setenv("COOPER_APORIA_PYTHON", str(PYTHON))


def made_profile(rows=300):
    numbers = [float(each) for each in range(rows)]
    frame = pl.DataFrame({"x": numbers, "y": [2 * each for each in numbers]})
    scored = frame.with_columns(prediction=pl.col("y") + 1.0)
    schema = Schema(("x",), Task.REGRESSION, prediction="prediction", target="y")
    return profile.build(schema, frame, scored=scored)


@pytest.fixture
def plan(here):
    """A deployment with a profile in S3."""
    content = profile_file.dumps(made_profile())
    kept = project.put(here.client("s3"), "runs/profile/{sha256}.npz", content)
    artifact = f"s3://{project.BUCKET}/model.tar.gz"
    return project.deployment_plan("R7", 3, artifact, monitoring=project.monitoring(kept))


@pytest.fixture
def task(key, public_pem, tmp_path, monkeypatch):
    """Runs the task of a plan, in its last try; what it pushed is in `task.pushed`."""
    public_key = tmp_path / "public.pem"
    public_key.write_bytes(public_pem)
    monkeypatch.setenv("COOPER_PUBLIC_KEY_FILE", str(public_key))
    pushed = {}

    def run(plan, tampered=None, tries_left=0):
        run_id = f"tests-{plan['request']}-a1"
        conf = project.signed(plan, run_id, key) | (tampered or {})
        with DAG("deploy_model", schedule=None):
            run.operator = RegisterInAporiaOperator(task_id="aporia")
        ti = SimpleNamespace(
            xcom_push=lambda key, value: pushed.update({key: value}),
            xcom_pull=lambda **_: None,
            try_number=3 - tries_left,
            max_tries=2,
        )
        dag_run = SimpleNamespace(dag_id="deploy_model", run_id=run_id, conf=conf)
        dag = SimpleNamespace(task_ids=())
        return run.operator.execute({"ti": ti, "dag_run": dag_run, "dag": dag, "run_id": run_id})

    run.pushed = pushed
    return run


# ------------------------------------------------------------------ what is told


def told(found, **monitoring):
    plan = project.deployment_plan("R7", 3, "s3://b/k", monitoring=project.monitoring(**monitoring))
    return state(plan, found)


def test_the_state_names_endpoint_version_and_columns_by_their_roles():
    found = told(made_profile())
    assert (found["model"], found["version"], found["task"]) == (
        "tests-line-staging",
        "3",
        "regression",
    )
    assert found["features"] == [{"name": "x", "kind": "numeric", "missing": 0.0}]
    assert found["predictions"] == {"prediction": "numeric"}
    assert found["target"] == {"name": "y", "kind": "numeric", "prediction": "prediction"}


def test_monitors_of_the_project_have_the_thresholds_that_ours_takes():
    monitors = [
        {"name": "drift", "check": "data_drift", "columns": ["x"], "window": "PT6H"},
        {"name": "stale", "check": "staleness", "threshold": 14, "severity": "low"},
        {"name": "error", "check": "performance", "metric": "mae"},
        {"name": "bound", "check": "performance", "metric": "rmse", "threshold": 3.5},
    ]
    found = {each["name"]: each for each in told(made_profile(), monitors=monitors)["monitors"]}
    assert (found["drift"]["threshold"], found["drift"]["window"]) == (0.1, 6 * 3600)
    assert (found["stale"]["threshold"], found["stale"]["severity"]) == (14, "low")
    # Its error is 1 on the holdout, and a tenth more is tolerated.
    assert found["error"]["threshold"] == pytest.approx(1.1)
    assert found["bound"]["threshold"] == 3.5


def test_without_monitors_those_of_the_profile_are_told():
    found = {each["check"]: each for each in told(made_profile())["monitors"]}
    assert {"activity", "data_drift", "prediction_drift", "performance", "staleness"} <= set(found)
    assert found["performance"]["metric"] is not None
    assert found["performance"]["threshold"] is not None


def test_classes_gaps_and_columns_without_statistics_are_told_as_they_are():
    frame = pl.DataFrame(
        {
            "age": [1.0, None, 3.0, 4.0] * 50,
            "city": ["a", "b", "a", None] * 50,
            "vector": [[1.0, 2.0]] * 200,
            "bought": ["yes", "no"] * 100,
        }
    )
    schema = Schema(
        ("age", "city", "vector"),
        Task.BINARY,
        prediction="said",
        target="bought",
        positive="yes",
        scores=(("yes", "score"),),
    )
    scored = pl.DataFrame(
        {"bought": ["yes", "no"] * 50, "said": ["yes"] * 100, "score": [0.6, 0.4] * 50}
    )
    found = told(profile.build(schema, frame, scored=scored))
    assert found["features"] == [
        {"name": "age", "kind": "numeric", "missing": 0.25},
        {"name": "city", "kind": "categorical", "missing": 0.25},
    ]
    assert found["predictions"] == {"said": "categorical", "score": "numeric"}
    assert found["target"] == {"name": "bought", "kind": "categorical", "prediction": "said"}


def test_a_model_without_known_predictions_has_no_target_to_compare():
    frame = pl.DataFrame({"x": [1.0, 2.0] * 100, "y": [1.0, 2.0] * 100})
    found = told(profile.build(Schema(("x",), Task.REGRESSION, target="y"), frame))
    assert (found["predictions"], found["target"]) == ({}, None)


def test_a_monitor_that_is_none_is_refused():
    with pytest.raises(MonitorError):
        told(made_profile(), monitors=[{"name": "bias", "check": "bias"}])


# ------------------------------------------------------------------ the task


def test_it_registers_by_the_real_sdk_and_again_writes_nothing(aporia, connected, plan, task):
    assert task(plan)["registered"] is True
    assert [each["name"] for each in aporia.all("models")] == ["tests-line-staging"]
    assert [each["name"] for each in aporia.all("model-versions")] == ["3"]
    assert "input-drift" in [each["name"] for each in aporia.all("monitors")]
    aporia.forget_requests()
    assert task(plan)["headline"] == "All was there already."
    assert aporia.requests
    assert aporia.writes == []


def test_the_log_tells_what_was_done_and_what_stays_with_our_own(
    aporia, connected, plan, task, capsys
):
    task(plan)
    log = capsys.readouterr().out
    assert "created: model tests-line-staging" in log
    assert "left: monitor value-types: Aporia has nothing like value_types" in log


def test_the_token_is_nowhere_but_in_the_other_process(aporia, connected, plan, task, capsys):
    task(plan)
    assert aporia.token not in "".join(capsys.readouterr())
    assert aporia.token not in json.dumps([task.operator.op_kwargs, task.pushed], default=str)
    assert task.operator.template_fields == ()


def test_the_other_process_gets_none_of_our_secrets(aporia, connected, plan, task, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY_OF_OURS", "secret")
    task(plan)
    passed = {"PATH", "LANG", "PYTHONPATH", "APORIA_TOKEN", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"}
    proxies = {name for name in task.operator.env_vars if name.lower().endswith("_proxy")}
    assert set(task.operator.env_vars) <= passed | proxies
    assert task.operator.inherit_env is False


@pytest.mark.parametrize("python", [None, "", "/nowhere/python"])
def test_without_the_sdks_interpreter_it_is_skipped(connected, plan, task, monkeypatch, python):
    monkeypatch.delenv("COOPER_APORIA_PYTHON")
    if python is not None:
        monkeypatch.setenv("COOPER_APORIA_PYTHON", python)
    with pytest.raises(AirflowSkipException, match="COOPER_APORIA_PYTHON names no interpreter"):
        task(plan)


def test_without_a_connection_it_is_skipped(connected, plan, task, monkeypatch):
    monkeypatch.delenv("AIRFLOW_CONN_APORIA")
    with pytest.raises(AirflowSkipException, match="no Airflow connection 'aporia' with a token"):
        task(plan)


def test_without_a_token_it_is_skipped(aporia, connected, plan, task, monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_APORIA", connection(aporia, password=None))
    with pytest.raises(AirflowSkipException, match="with a token"):
        task(plan)
    assert aporia.requests == []


@pytest.mark.parametrize("monitoring", [None, project.monitoring()])
def test_a_version_without_a_profile_is_skipped(aporia, connected, plan, task, monitoring):
    with pytest.raises(AirflowSkipException, match="v3 has no profile"):
        task(plan | {"monitoring": monitoring})
    assert aporia.requests == []


def test_a_refused_token_is_told_with_what_to_do_and_not_tried_again(
    aporia, connected, plan, task, monkeypatch
):
    monkeypatch.setenv("AIRFLOW_CONN_APORIA", connection(aporia, password="another-token"))
    with pytest.raises(AirflowSkipException, match=r"refuses the token \(401\)"):
        task(plan, tries_left=2)
    report = task.pushed["return_value"]
    assert (report["stage"], report["registered"]) == ("aporia", False)
    assert "refuses the token (401)" in report["headline"]
    assert "another-token" not in json.dumps(task.pushed)


def test_a_fault_of_aporias_is_tried_again(aporia, connected, plan, task):
    aporia.troubles.append(standin.Trouble("POST .*/monitors$", status=503))
    with pytest.raises(AirflowException, match="503") as raised:
        task(plan, tries_left=1)
    assert not isinstance(raised.value, AirflowFailException | AirflowSkipException)
    assert task.pushed == {}
    task(plan)
    assert len(aporia.all("models")) == 1


def test_a_fault_that_stays_is_told(aporia, connected, plan, task):
    aporia.troubles.append(standin.Trouble("POST .*/monitors$", status=503))
    with pytest.raises(AirflowSkipException, match="503"):
        task(plan)
    assert "503" in task.pushed["return_value"]["headline"]


def test_a_connection_with_mistakes_is_told(aporia, connected, plan, task, monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_APORIA", connection(aporia, extra={"account": "acme"}))
    with pytest.raises(AirflowSkipException, match="extra has no integration"):
        task(plan)


def test_an_environment_that_is_broken_is_told(connected, plan, task, monkeypatch, tmp_path):
    broken = tmp_path / "python"
    broken.write_text("no program")
    monkeypatch.setenv("COOPER_APORIA_PYTHON", str(broken))
    with pytest.raises(AirflowSkipException, match="Aporia does not know of this version"):
        task(plan)
    assert task.pushed["return_value"]["registered"] is False


def test_a_plan_that_was_changed_is_refused_before_anybody_is_told(aporia, connected, plan, task):
    with pytest.raises(AirflowFailException, match="changed after it was signed"):
        task(plan, {"plan": plan | {"endpoint": "tests-other"}})
    assert aporia.requests == []


def test_a_profile_that_is_not_the_plans_is_not_told(aporia, connected, plan, task, here):
    bucket, key = plan["monitoring"]["profile"]["uri"].removeprefix("s3://").split("/", 1)
    here.client("s3").put_object(Bucket=bucket, Key=key, Body=b"another")
    with pytest.raises(AirflowSkipException, match="profile"):
        task(plan)
    assert aporia.requests == []


# ------------------------------------------------------------------ in the run


def test_what_aporia_refuses_is_told_and_the_deployment_has_gone_well(
    platform, trained, registry_of_aporia
):
    _, reports = trained
    kept = {name: reports["profile"][name] for name in ("uri", "sha256")}
    plan = project.deployment_plan(
        platform.request(),
        reports["register"]["version"],
        reports["train"]["model_uri"],
        endpoint="tests-line-aporia",
        monitoring=project.monitoring(kept),
    )
    registry_of_aporia.token = "another by now"
    run_id = platform.start(plan)
    state, tasks = platform.airflow.finished("deploy_model", run_id, 240)
    assert (state, tasks["report"], tasks["aporia"]) == ("success", "success", "skipped")
    told = platform.airflow.xcom("deploy_model", run_id, "aporia")
    assert (told["stage"], told["registered"]) == ("aporia", False)
    assert "refuses the token (401)" in told["headline"]
    registry_of_aporia.token = standin.TOKEN
    platform.airflow.clear("deploy_model", run_id, "aporia")
    state, tasks = platform.airflow.finished("deploy_model", run_id, 240)
    assert (state, tasks["aporia"]) == ("success", "success")
    assert [each["name"] for each in registry_of_aporia.all("models")] == ["tests-line-aporia"]
    assert registry_of_aporia.surprises == []
