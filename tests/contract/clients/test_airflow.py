from datetime import UTC, datetime, timedelta

import pytest

from actions.ports import ConflictingRunError, OrchestratorUnavailableError
from infra.clients.airflow import AirflowOrchestrator

CONF = {"plan": {}, "digest": "sha256:1", "signature": ""}


@pytest.fixture(scope="session")
def airflow(platform):
    services = platform.services
    return AirflowOrchestrator(platform.airflow, services.USER, services.PASSWORD)


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
    assert set(tasks) == {"validate", "snapshot", "train", "evaluate", "register", "report"}
    assert (tasks["validate"].state, tasks["report"].state) == ("failed", "upstream_failed")
    reason = await airflow.failure("train_model", run.run_id, "validate")
    assert reason == "The plan of run refused-R1-a1 was changed after it was signed."
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
