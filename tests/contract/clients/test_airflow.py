from datetime import UTC, datetime, timedelta

import pytest

from actions.failures import REFUSED
from actions.plans import (
    Basis,
    DeploymentPlan,
    EnvironmentRef,
    Image,
    ModelRef,
    PersonRef,
    Resources,
)
from actions.ports import ConflictingRunError, Failure, OrchestratorUnavailableError
from actions.reports import STAGES
from actions.signing import signed_conf
from infra.clients.airflow import AirflowOrchestrator
from tests.support.waiting import eventually

CONF = {"plan": {}, "digest": "sha256:1", "signature": ""}


@pytest.fixture(scope="session")
def airflow(platform):
    services = platform.services
    return AirflowOrchestrator(platform.airflow, services.USER, services.PASSWORDS[services.USER])


async def _finished(airflow, platform, run_id):
    platform.services.Airflow(platform.airflow).finished("train_model", run_id)
    return await airflow.run("train_model", run_id)


async def test_refused_run_is_followed_to_its_reason(airflow, platform):
    before = datetime.now(UTC) - timedelta(seconds=5)
    started = await airflow.trigger("train_model", "refused-R1-a1", CONF)
    assert (started.run_id, started.state) == ("refused-R1-a1", "queued")
    run = await _finished(airflow, platform, "refused-R1-a1")
    assert (run.state, run.finished) == ("failed", True)
    assert run.ended >= run.started
    tasks = {task.task_id: task for task in await airflow.tasks("train_model", run.run_id)}
    assert set(tasks) == set(STAGES["train_model"])
    assert (tasks["validate"].state, tasks["report"].state) == ("failed", "upstream_failed")
    failure = await airflow.failure("train_model", run.run_id, "validate")
    assert failure == Failure(
        "The plan of run refused-R1-a1 was changed after it was signed.", REFUSED
    )
    assert await airflow.report("train_model", run.run_id, "validate") is None
    assert await airflow.failure("train_model", run.run_id, "report") is None
    changed = await airflow.changed_since(before, "refused-")
    assert [found.run_id for found in changed] == ["refused-R1-a1"]
    assert await airflow.changed_since(datetime.now(UTC) + timedelta(hours=1), "refused-") == []


async def test_same_plan_attaches_and_another_plan_is_refused(airflow, platform):
    await airflow.trigger("train_model", "twice-R1-a1", CONF)
    again = await airflow.trigger("train_model", "twice-R1-a1", CONF)
    assert again.run_id == "twice-R1-a1"
    with pytest.raises(ConflictingRunError, match="another plan"):
        await airflow.trigger("train_model", "twice-R1-a1", {**CONF, "digest": "sha256:2"})
    await _finished(airflow, platform, "twice-R1-a1")


async def test_prefix_of_one_installation_does_not_find_another(airflow, platform):
    await airflow.trigger("train_model", "one-R1-a1", CONF)
    await airflow.trigger("train_model", "one2-R1-a1", CONF)
    since = datetime.now(UTC) - timedelta(minutes=5)
    found = await airflow.changed_since(since, "one-")
    assert [run.run_id for run in found] == ["one-R1-a1"]
    await _finished(airflow, platform, "one2-R1-a1")


async def test_stopping_ends_a_run_and_may_be_said_twice(airflow, platform):
    await airflow.trigger("deploy_model", "stop-R1-a1", CONF)
    await airflow.stop("deploy_model", "stop-R1-a1")
    await airflow.stop("deploy_model", "stop-R1-a1")
    assert (await airflow.run("deploy_model", "stop-R1-a1")).state == "failed"
    await airflow.stop("deploy_model", "never-R1-a1")


BUCKET = "cooper-clients-gate"


def deployment(platform, request, version, **changes):
    """A deployment of a version whose voters saw another configuration than serves."""
    values = {
        "installation": "tests",
        "request": request,
        "requested_by": PersonRef(id="UANA00001", name="Ana Lima"),
        "policy": "sha256:0",
        "project": "gated",
        "environment": EnvironmentRef(
            name="staging",
            region=platform.services.REGION,
            role_arn="arn:aws:iam::000000000000:role/tests",
            connection="aws_tests",
            bucket=BUCKET,
        ),
        "price": None,
        "tags": {},
        "model": ModelRef(name="gated", version=version, artifact=f"s3://{BUCKET}/model.tar.gz"),
        "endpoint": f"tests-gated-{request.lower()}",
        "image": Image(uri="000000000000.dkr.ecr.us-east-1.amazonaws.com/cooper-serving:1"),
        "resources": Resources(
            instance_type="ml.m5.large", instance_count=1, max_runtime_seconds=3600
        ),
        "sample": {"inputs": [1]},
        "basis": Basis(live_config="tests-R0-a1"),
    }
    return DeploymentPlan(**(values | changes)).model_dump(mode="json")


@pytest.fixture(scope="session")
def version(platform):
    """A registered version whose artifact is there; never served here."""
    from mlflow import MlflowClient

    s3 = platform.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="model.tar.gz", Body=b"never opened")
    registry = MlflowClient(platform.mlflow, platform.mlflow)
    registry.create_registered_model("gated")
    uri = f"s3://{BUCKET}/model.tar.gz"
    made = registry.create_model_version("gated", uri, tags={"cooper.artifact": uri})
    return int(made.version)


async def parked(airflow, platform, version, request):
    """A run that asks again: its id and plan."""
    run_id, plan = f"tests-{request}-a1", deployment(platform, request, version)
    await airflow.trigger("deploy_model", run_id, signed_conf(plan, run_id, platform.key))

    async def waits():
        tasks = {task.task_id: task.state for task in await airflow.tasks("deploy_model", run_id)}
        assert tasks.get("validate") != "failed", await airflow.failure(
            "deploy_model", run_id, "validate"
        )
        return tasks.get("approve") == "awaiting_input"

    await eventually(waits, f"{run_id} asks again", 60)
    platform.services.paused(platform.folder, run_id, "approve")
    return run_id, plan


async def test_a_run_that_asks_again_goes_on_with_the_plan_that_was_agreed_to(
    airflow, platform, version
):
    run_id, plan = await parked(airflow, platform, version, "R71")
    now = {**plan, "basis": {**plan["basis"], "live_config": None}}
    conf = signed_conf(now, run_id, platform.key)
    for _ in range(2):  # said twice, as after a crash
        await airflow.approve("deploy_model", run_id, "approve", conf, "Ben Okafor")
    other = signed_conf({**now, "latency_ms": 7}, run_id, platform.key)
    with pytest.raises(ConflictingRunError, match="answered otherwise"):
        await airflow.approve("deploy_model", run_id, "approve", other, "Ben Okafor")

    async def configured():
        return await airflow.report("deploy_model", run_id, "configure")

    assert (await eventually(configured, "the run goes on", 60))["endpoint_config"] == run_id
    await airflow.stop("deploy_model", run_id)


async def test_an_answer_that_is_not_signed_leads_nowhere(airflow, platform, version):
    run_id, plan = await parked(airflow, platform, version, "R72")
    forged = {**signed_conf(plan, run_id, platform.key), "signature": "AAAA"}
    await airflow.approve("deploy_model", run_id, "approve", forged, "Mallory")
    platform.services.Airflow(platform.airflow).finished("deploy_model", run_id)
    assert (await airflow.run("deploy_model", run_id)).state == "failed"
    failure = await airflow.failure("deploy_model", run_id, "approve")
    assert failure.kind == REFUSED
    assert "signature" in failure.reason


async def test_a_run_that_does_not_ask_takes_no_answer(airflow):
    for run_id in ("never-R1-a1", "stop-R1-a1"):
        with pytest.raises(ConflictingRunError):
            await airflow.approve("deploy_model", run_id, "approve", CONF, "Ben Okafor")


async def test_what_does_not_exist_is_none(airflow):
    assert await airflow.run("train_model", "never-R1-a1") is None
    assert await airflow.tasks("train_model", "never-R1-a1") == []
    assert await airflow.report("train_model", "never-R1-a1", "train") is None


async def test_dag_that_is_not_there_yet_is_tried_later(airflow):
    with pytest.raises(OrchestratorUnavailableError, match="no DAG"):
        await airflow.trigger("fly_to_the_moon", "moon-R1-a1", CONF)


async def test_run_id_that_airflow_does_not_allow_is_refused(airflow):
    with pytest.raises(ConflictingRunError, match="refuses"):
        await airflow.trigger("train_model", "no spaces/please", CONF)


async def test_lost_token_is_renewed(airflow):
    airflow._configuration.access_token = "expired"
    assert await airflow.run("train_model", "never-R1-a1") is None


async def test_wrong_password_says_what_to_check(platform):
    wrong = AirflowOrchestrator(platform.airflow, platform.services.USER, "wrong")
    with pytest.raises(OrchestratorUnavailableError, match="AIRFLOW_PASSWORD"):
        await wrong.run("train_model", "x")


async def test_health(airflow, platform):
    assert await airflow.healthy()
    away = AirflowOrchestrator(f"http://127.0.0.1:{platform.services.free_port()}", "u", "p")
    assert not await away.healthy()
    with pytest.raises(OrchestratorUnavailableError, match="does not answer"):
        await away.run("train_model", "x")


def test_links_point_at_the_public_address():
    airflow = AirflowOrchestrator("http://inside:1/", "u", "p", "https://airflow.example/")
    url = airflow.run_url("train_model", "demo-R1-a1")
    assert url == "https://airflow.example/dags/train_model/runs/demo-R1-a1"
