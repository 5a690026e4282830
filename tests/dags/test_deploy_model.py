import json
from datetime import UTC, datetime

import project
import pytest
from services import eventually

from cooper_dags import deployment, watches
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


def test_endpoint_captures_and_is_watched_as_the_plan_says(platform, deployed):
    run_id, plan, _ = deployed
    config = platform.client("sagemaker").describe_endpoint_config(EndpointConfigName=run_id)
    capture = config["DataCaptureConfig"]
    assert capture["DestinationS3Uri"] == f"s3://{project.BUCKET}/capture"
    assert capture["InitialSamplingPercentage"] == 100
    assert capture["CaptureContentTypeHeader"] == {"JsonContentTypes": ["application/json"]}
    found = platform.watch(plan["endpoint"])
    changed = platform.endpoint(plan["endpoint"])["LastModifiedTime"]
    assert datetime.fromisoformat(found.pop("since")) == changed.replace(microsecond=0)
    (monitor,) = found["monitoring"].pop("monitors")
    assert project.DRIFT.items() <= monitor.items()
    expected = {key: plan["monitoring"][key] for key in ("profile", "target", "capture")}
    assert found == {
        "schema_version": 1,
        "installation": "tests",
        "project": "line",
        "environment": "staging",
        "endpoint": plan["endpoint"],
        "config": run_id,
        "model": "line",
        "version": plan["model"]["version"],
        "monitoring": expected,
    }


def test_recording_again_leaves_the_watch_as_it_was(platform, deployed, direct):
    _, plan, _ = deployed
    run, before = direct(plan), platform.watch(plan["endpoint"])
    watches.record(run, before["config"], datetime(2030, 1, 1, tzinfo=UTC))
    assert platform.watch(plan["endpoint"]) == before


def test_configuration_that_comes_back_is_watched_as_it_was(platform, direct, deployed):
    plan = _plan(platform, deployed, endpoint="tests-line-watched")
    old = direct({**plan, "monitoring": project.monitoring(None, [project.DRIFT])})
    new = direct({**plan, "monitoring": project.monitoring(None), "request": platform.request()})
    since = datetime(2026, 11, 22, 8, 0, 0, 700_000, tzinfo=UTC)
    watches.record(old, "tests-old", since)
    first = platform.watch("tests-line-watched")
    watches.record(new, "tests-new", since)
    assert platform.watch("tests-line-watched")["config"] == "tests-new"
    watches.bring_back(new, "tests-old", since.replace(hour=9))
    found = platform.watch("tests-line-watched")
    assert found == {**first, "since": "2026-11-22T09:00:00+00:00"}
    # One that nobody watched leaves nothing to watch, and neither does a plan without monitoring.
    watches.bring_back(new, "tests-never", since)
    assert platform.watch("tests-line-watched") is None
    watches.record(old, "tests-old", since)
    watches.record(direct(plan), "tests-old", since)
    assert platform.watch("tests-line-watched") is None
    watches.forget(new)


def test_damaged_watch_document_is_written_anew(platform, direct, deployed):
    plan = _plan(platform, deployed, endpoint="tests-line-damaged")
    run = direct({**plan, "monitoring": project.monitoring(None)})
    platform.client("s3").put_object(
        Bucket=project.BUCKET, Key="watch/tests/tests-line-damaged.json", Body=b"{"
    )
    watches.record(run, "tests-any", datetime(2026, 11, 22, tzinfo=UTC))
    assert platform.watch("tests-line-damaged")["config"] == "tests-any"
    watches.forget(run)


def test_promotion_as_agreed_gives_production_and_the_version_is_champion(platform, deployed):
    _, before, _ = deployed
    model = before["model"]
    kept = platform.registry().get_model_version("line", model["version"]).tags
    plan = project.deployment_plan(
        platform.request(),
        model["version"],
        model["artifact"],
        "production",
        command="promote_model",
        strategy="canary",
        bake_seconds=600,  # a first creation has no older fleet to watch beside
        basis=project.basis(None, None, kept["cooper.evaluation"]),
    )
    run_id = platform.start(plan)
    state, tasks = platform.airflow.finished("deploy_model", run_id)
    assert (state, tasks["approve"], tasks["restore"]) == ("success", "skipped", "skipped")
    found = platform.registry().get_model_version_by_alias("line", "champion")
    assert int(found.version) == plan["model"]["version"]


def test_update_in_steps_is_watched_by_alarms_and_remembers_what_served(platform, deployed):
    _, before, _ = deployed
    served = platform.endpoint(before["endpoint"])["EndpointConfigName"]
    plan = _plan(platform, deployed, strategy="linear", percent=50, bake_seconds=1)
    run_id = platform.start(plan)
    state, _ = platform.airflow.finished("deploy_model", run_id, 240)
    assert state == "success", platform.reason("deploy_model", run_id, "deploy")
    report = platform.airflow.xcom("deploy_model", run_id, "deploy")
    assert (report["change"], report["previous_config"]) == ("updated", served)
    used = platform.endpoint(plan["endpoint"])["LastDeploymentConfig"]
    names = [alarm["AlarmName"] for alarm in used["AutoRollbackConfiguration"]["Alarms"]]
    assert names == ["tests-line-staging-errors", "tests-line-staging-latency"]
    found = platform.client("cloudwatch").describe_alarms(AlarmNames=names)["MetricAlarms"]
    watched = {alarm["MetricName"]: alarm["Threshold"] for alarm in found}
    assert watched == {"Invocation5XXErrors": 1, "ModelLatency": 20_000_000}
    sagemaker = platform.client("sagemaker")
    config = sagemaker.describe_endpoint_config(EndpointConfigName=run_id)
    tagged = sagemaker.list_tags(ResourceArn=config["EndpointConfigArn"])["Tags"]
    version = str(plan["model"]["version"])
    assert {"Key": "cooper:model-version", "Value": version} in tagged


def test_model_that_does_not_prove_itself_is_rolled_back_with_its_own_words(platform, deployed):
    _, before, _ = deployed
    served = platform.endpoint(before["endpoint"])["EndpointConfigName"]
    broken = project.put(
        platform.client("s3"), "runs/{sha256}/model.tar.gz", project.archive({"README": "none"})
    )
    version = platform.register_version("line", broken["uri"])
    plan = project.deployment_plan(platform.request(), version, broken["uri"])
    run_id = platform.start(plan)
    state, tasks = platform.airflow.finished("deploy_model", run_id, 240)
    assert (state, tasks["deploy"], tasks["record"]) == ("failed", "failed", "upstream_failed")
    # The trigger rule of `restore` counts a `verify` that was never reached as failed.
    assert tasks["restore"] == "skipped"
    failure = platform.failure("deploy_model", run_id, "deploy")
    assert f"was rolled back and still runs {served}" in failure["reason"]
    assert "the new container says: no MLflow model in" in failure["reason"]
    assert failure["kind"] == "refused"
    found = platform.endpoint(plan["endpoint"])
    assert (found["EndpointStatus"], found["EndpointConfigName"]) == ("InService", served)
    tags = platform.registry().get_model_version("line", version).tags
    assert "cooper.endpoint.staging" not in tags


def test_alarm_during_the_update_takes_it_back_and_is_named(platform, deployed):
    first, _, _ = deployed
    endpoint = "tests-line-alarmed"
    platform.serve(endpoint, first)
    plan = _plan(platform, deployed, endpoint=endpoint, bake_seconds=120)
    run_id = platform.start(plan)
    eventually(lambda: platform.endpoint(endpoint)["EndpointStatus"] == "Updating", "it updates")
    dimensions = {"EndpointName": endpoint, "VariantName": "AllTraffic"}
    error = {
        "MetricName": "Invocation5XXErrors",
        "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
        "Value": 3.0,
        "Unit": "Count",
    }
    platform.client("cloudwatch").put_metric_data(Namespace="AWS/SageMaker", MetricData=[error])
    state, tasks = platform.airflow.finished("deploy_model", run_id)
    assert (state, tasks["deploy"], tasks["restore"]) == ("failed", "failed", "skipped")
    failure = platform.failure("deploy_model", run_id, "deploy")
    assert f"was rolled back and still runs {first}: an alarm went off" in failure["reason"]
    assert f"{endpoint}-errors" in failure["reason"]
    assert failure["kind"] == "refused"


def test_endpoint_that_does_not_answer_goes_back_or_goes_away(platform, deployed):
    first, _, _ = deployed
    platform.serve("tests-line-before", first)
    names = {"before": "tests-line-before", "new": "tests-line-new"}
    plans = {
        name: _plan(platform, deployed, endpoint=endpoint, sample={"nonsense": 1})
        for name, endpoint in names.items()
    }
    runs = {name: platform.start(plan) for name, plan in plans.items()}
    for name, run_id in runs.items():
        state, tasks = platform.airflow.finished("deploy_model", run_id, 240)
        assert (state, tasks["verify"], tasks["restore"]) == ("failed", "failed", "success"), name
        assert (tasks["record"], tasks["report"]) == ("upstream_failed", "upstream_failed")
        assert "does not answer the sample" in platform.reason("deploy_model", run_id, "verify")
        report = platform.airflow.xcom("deploy_model", run_id, "restore")
        assert report["endpoint_config"] == (first if name == "before" else None)
        assert platform.watch(names[name]) is None  # no plan of these said how
    assert platform.endpoint("tests-line-new") is None
    found = platform.endpoint("tests-line-before")
    assert (found["EndpointStatus"], found["EndpointConfigName"]) == ("InService", first)
    tagged = platform.client("sagemaker").list_tags(ResourceArn=found["EndpointArn"])["Tags"]
    request = next(tag["Value"] for tag in tagged if tag["Key"] == "cooper:request")
    assert request == first.split("-")[1]

    # What serves by then is not this run's: a cleared task must not take it for a success.
    for task in ("verify", "restore"):
        platform.airflow.clear("deploy_model", runs["before"], task)
        platform.airflow.again("deploy_model", runs["before"], task)
        state, tasks = platform.airflow.finished("deploy_model", runs["before"])
        assert (state, tasks["verify"], tasks["restore"]) == ("failed", "failed", "success")
    assert f"runs {first}, not" in platform.reason("deploy_model", runs["before"], "verify")


def test_rollback_brings_an_earlier_configuration_back_and_makes_none(platform, deployed):
    first, _, _ = deployed
    endpoint = "tests-line-rolled"
    plan = _plan(platform, deployed, endpoint=endpoint)
    newer = f"tests-{plan['request']}-a1"
    _configure(platform, newer, plan["model"]["artifact"])
    platform.serve(endpoint, newer)
    plan |= {
        "command": "rollback_model",
        "restores": first,
        "basis": project.basis(newer, _champion(platform), _evaluation(platform, plan)),
        "request": platform.request(),
    }
    run_id = platform.start(plan)
    state, tasks = platform.airflow.finished("deploy_model", run_id)
    assert (state, tasks["approve"]) == ("success", "skipped")
    report = platform.airflow.xcom("deploy_model", run_id, "deploy")
    assert (report["endpoint_config"], report["previous_config"]) == (first, newer)
    assert platform.endpoint(endpoint)["EndpointConfigName"] == first
    configs = platform.client("sagemaker").list_endpoint_configs(NameContains=run_id)
    assert configs["EndpointConfigs"] == []

    # Cleared, it attaches to its own change, though its basis is no longer what serves.
    platform.airflow.clear("deploy_model", run_id, "deploy")
    platform.airflow.again("deploy_model", run_id, "report")
    state, _ = platform.airflow.finished("deploy_model", run_id)
    assert state == "success"
    assert platform.airflow.xcom("deploy_model", run_id, "deploy") == report


def _champion(platform):
    aliases = platform.registry().get_registered_model("line").aliases
    return int(aliases["champion"]) if "champion" in aliases else None


def _evaluation(platform, plan):
    tags = platform.registry().get_model_version("line", plan["model"]["version"]).tags
    return tags["cooper.evaluation"]


def _configure(platform, name, artifact, **tags):
    """A model and a configuration that no run made."""
    ours = {"installation": "tests", "project": "line", "environment": "staging", **tags}
    sagemaker = platform.client("sagemaker")
    sagemaker.create_model(
        ModelName=name,
        PrimaryContainer={"Image": project.MODEL_IMAGE, "ModelDataUrl": artifact},
        ExecutionRoleArn="arn:aws:iam::000000000000:role/cooper-tests",
    )
    sagemaker.create_endpoint_config(
        EndpointConfigName=name,
        ProductionVariants=[
            {
                "VariantName": "AllTraffic",
                "ModelName": name,
                "InstanceType": "ml.m5.large",
                "InitialInstanceCount": 1,
            }
        ],
        Tags=[{"Key": f"cooper:{key}", "Value": value} for key, value in ours.items()],
    )


def _copied(platform, artifact, key):
    """The same model data under another address."""
    bucket, _, source = artifact.removeprefix("s3://").partition("/")
    platform.client("s3").copy_object(
        Bucket=bucket, Key=key, CopySource={"Bucket": bucket, "Key": source}
    )
    return f"s3://{bucket}/{key}"


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (None, "is gone, so nothing can go back"),
        ({"project": "other"}, "is not ours: its tag cooper:project is other"),
        ({"environment": "production"}, "its tag cooper:environment is production"),
        ({"copied": "elsewhere.tar.gz"}, "serves s3://[^,]+/elsewhere.tar.gz, not"),
    ],
)
def test_configuration_that_cannot_come_back_is_refused(platform, deployed, direct, made, reason):
    plan = _plan(platform, deployed)
    name = f"tests-{plan['request']}-earlier"
    if made is not None:
        artifact, tags = plan["model"]["artifact"], dict(made)
        if "copied" in tags:
            artifact = _copied(platform, artifact, tags.pop("copied"))
        _configure(platform, name, artifact, **tags)
    with pytest.raises(RefusedError, match=reason):
        deployment.configure(direct({**plan, "restores": name}))


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


def _serving(platform, deployed, **changes):
    """A plan for what serves already."""
    plan = _plan(platform, deployed, **changes)
    return {**plan, "restores": platform.endpoint(plan["endpoint"])["EndpointConfigName"]}


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
        ({"strategy": "shadow"}, "shadow cannot be carried out"),
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


def test_changed_evaluation_of_an_agreed_plan_is_left_to_the_gate(platform, deployed, direct):
    plan = _plan(platform, deployed, basis=project.basis(None))
    plan["model"]["evaluation"] = "sha256:another"
    assert deployment.validate(direct(plan))["stage"] == "validate"


def test_version_that_did_not_pass_is_refused_for_production(platform, deployed, direct):
    plan = _plan(platform, deployed, environment="production")
    version = platform.register_version("line", plan["model"]["artifact"])
    plan["model"] = {**plan["model"], "version": version}
    with pytest.raises(RefusedError, match="verdict of its evaluation is not known"):
        deployment.validate(direct(plan))
    assert deployment.validate(direct({**plan, "restores": "tests-R1-a1"}))


def test_artifact_that_is_gone_is_refused(platform, direct):
    uri = f"s3://{project.BUCKET}/gone/model.tar.gz"
    version = platform.register_version("line", uri)
    plan = project.deployment_plan(platform.request(), version, uri)
    with pytest.raises(RefusedError, match="cannot be read"):
        deployment.validate(direct(plan))


def test_what_serves_by_now_is_not_verified_or_recorded_as_this_runs(platform, deployed, direct):
    run = direct(_plan(platform, deployed))
    for stage in (deployment.verify, deployment.record):
        with pytest.raises(RefusedError, match=f"not {run.id}"):
            stage(run)


def test_sample_that_the_model_refuses_fails_the_verification(platform, deployed, direct):
    with pytest.raises(RefusedError, match="does not answer the sample"):
        deployment.verify(direct(_serving(platform, deployed, sample={"nonsense": 1})))


def test_too_slow_endpoint_fails_the_verification(platform, deployed, direct):
    with pytest.raises(RefusedError, match="the plan allows 1 ms"):
        deployment.verify(direct(_serving(platform, deployed, latency_ms=1)))


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
