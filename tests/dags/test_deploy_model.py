import json

import project
import pytest

from cooper_dags import deployment
from cooper_dags.conf import Run
from cooper_dags.errors import RefusedError


def test_deploy_model_serves_the_version_and_mlflow_follows(platform, deployed):
    run_id, plan, reports = deployed
    runtime = platform.client("sagemaker-runtime")
    answer = runtime.invoke_endpoint(
        EndpointName=plan["endpoint"],
        ContentType="application/json",
        Body=json.dumps(plan["sample"]),
    )
    assert json.loads(answer["Body"].read())["predictions"] == [pytest.approx(6.0)]
    assert reports["deploy"]["change"] == "created"
    assert reports["deploy"]["endpoint_config"] == run_id
    assert json.loads(reports["verify"]["answer"])["predictions"] == [pytest.approx(6.0)]
    assert reports["record"]["alias"] is None
    version = platform.registry().get_model_version("line", plan["model"]["version"])
    assert version.tags["cooper.endpoint.staging"] == plan["endpoint"]
    assert "champion" not in version.aliases


def test_production_gives_the_version_the_champion_alias(platform, deployed):
    _, before, _ = deployed
    plan = project.deployment_plan(
        platform.request(), before["model"]["version"], before["model"]["artifact"], "production"
    )
    run_id = platform.start(plan)
    state, _ = platform.airflow.finished("deploy_model", run_id)
    assert state == "success"
    found = platform.registry().get_model_version_by_alias("line", "champion")
    assert int(found.version) == plan["model"]["version"]


def test_rolled_back_update_fails_the_run_and_the_old_configuration_serves(platform, deployed):
    before_run, _, _ = deployed
    broken = project.put(
        platform.client("s3"), "runs/{sha256}/model.tar.gz", project.archive({"README": "none"})
    )
    version = platform.register_version("line", broken["uri"])
    plan = project.deployment_plan(platform.request(), version, broken["uri"])
    run_id = platform.start(plan)
    state, tasks = platform.airflow.finished("deploy_model", run_id, 240)
    assert (state, tasks["deploy"], tasks["record"]) == ("failed", "failed", "upstream_failed")
    assert "rolled back" in platform.reason("deploy_model", run_id, "deploy")
    found = platform.client("sagemaker").describe_endpoint(EndpointName=plan["endpoint"])
    assert (found["EndpointStatus"], found["EndpointConfigName"]) == ("InService", before_run)
    tags = platform.registry().get_model_version("line", version).tags
    assert "cooper.endpoint.staging" not in tags


def test_update_remembers_the_previous_configuration(platform, deployed):
    before_run, before, _ = deployed
    plan = project.deployment_plan(
        platform.request(), before["model"]["version"], before["model"]["artifact"]
    )
    run_id = platform.start(plan)
    state, _ = platform.airflow.finished("deploy_model", run_id, 240)
    assert state == "success"
    report = platform.airflow.xcom("deploy_model", run_id, "deploy")
    assert report["change"] == "updated"
    assert report["previous_config"] == before_run


def test_endpoint_of_another_project_is_not_touched(platform, deployed):
    _, before, _ = deployed
    plan = project.deployment_plan(
        platform.request(),
        before["model"]["version"],
        before["model"]["artifact"],
        project="other",
    )
    run_id = platform.start(plan)
    state, tasks = platform.airflow.finished("deploy_model", run_id)
    assert (state, tasks["deploy"]) == ("failed", "failed")
    assert "not ours" in platform.reason("deploy_model", run_id, "deploy")
    events = platform.client("sagemaker").describe_endpoint(EndpointName=plan["endpoint"])
    assert events["EndpointConfigName"] != run_id


def _plan(platform, deployed, **changes):
    _, before, _ = deployed
    model = before["model"]
    return project.deployment_plan(
        platform.request(), model["version"], model["artifact"], **changes
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (
            {"model": {"name": "line", "version": 1, "artifact": "s3://elsewhere/model.tar.gz"}},
            "changed since the plan",
        ),
        (
            {"model": {"name": "line", "version": 999, "artifact": "s3://elsewhere/m.tar.gz"}},
            "MLflow has no line v999",
        ),
        ({"strategy": "canary", "percent": 10}, "deploy all-at-once"),
        ({"image": {"framework": "sklearn", "version": "1.4-2"}}, "no serving image"),
    ],
)
def test_plan_that_cannot_be_deployed_is_refused(platform, deployed, direct, changes, reason):
    plan = _plan(platform, deployed, **changes)
    with pytest.raises(RefusedError, match=reason):
        deployment.validate(direct(plan))


def test_changed_evaluation_is_refused(platform, deployed, direct):
    plan = _plan(platform, deployed)
    plan["model"]["evaluation"] = "sha256:another"
    with pytest.raises(RefusedError, match=r"its cooper\.evaluation is sha256"):
        deployment.validate(direct(plan))


def test_artifact_that_is_gone_is_refused(platform, direct):
    uri = f"s3://{project.BUCKET}/gone/model.tar.gz"
    version = platform.register_version("line", uri)
    plan = project.deployment_plan(platform.request(), version, uri)
    with pytest.raises(RefusedError, match="cannot be read"):
        deployment.validate(direct(plan))


def test_sample_that_the_model_refuses_fails_the_verification(platform, deployed, direct):
    with pytest.raises(RefusedError, match="does not answer the sample"):
        deployment.verify(direct(_plan(platform, deployed, sample={"nonsense": 1})))


def test_too_slow_endpoint_fails_the_verification(platform, deployed, direct):
    with pytest.raises(RefusedError, match="the plan allows 1 ms"):
        deployment.verify(direct(_plan(platform, deployed, latency_ms=1)))


def test_configuration_of_another_plan_is_refused(platform, deployed, direct):
    before_run, _, _ = deployed
    other = direct(_plan(platform, deployed))
    with pytest.raises(RefusedError, match="another plan"):
        deployment.configure(Run(before_run, other.plan, other.digest))


def test_configuring_again_uses_what_is_there(platform, deployed, direct):
    before_run, before, reports = deployed
    again = direct(before)
    assert again.id == before_run
    assert deployment.configure(again) == reports["configure"]
