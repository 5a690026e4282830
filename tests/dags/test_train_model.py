import hashlib
import json
from pathlib import Path

import project
import pytest
from services import eventually

from cooper_dags import attempts, profiling, requests, stages
from cooper_dags.conf import checked_report
from cooper_dags.errors import RefusedError
from monitoring import profile_file


def test_training_registers_a_challenger_with_lineage(platform, trained):
    run_id, reports = trained
    assert set(reports) == {
        "validate",
        "snapshot",
        "train",
        "evaluate",
        "profile",
        "register",
        "report",
    }
    assert reports["train"]["metrics"] == {"train_rmse": 0.125}
    assert (reports["evaluate"]["verdict"], reports["evaluate"]["rows"]) == ("passed", 15)
    assert reports["snapshot"]["rows"] == 40
    registered = reports["register"]
    version = platform.registry().get_model_version_by_alias("line", "challenger")
    assert int(version.version) == registered["version"]
    assert version.tags["cooper.run"] == run_id
    assert version.tags["cooper.artifact"] == reports["train"]["model_uri"]
    assert version.tags["cooper.evaluation"] == reports["evaluate"]["digest"]
    assert version.tags["cooper.verdict"] == "passed"
    assert version.tags["cooper.profile.uri"] == reports["profile"]["uri"]
    assert version.tags["cooper.profile.sha256"] == reports["profile"]["sha256"]
    assert version.tags["cooper.source.sha256"] == platform.artifacts["source"]["sha256"]
    assert version.tags["cooper.data.sha256"] == platform.artifacts["data"]["sha256"]
    assert version.tags["cooper.requested-by"] == "UANA00001"
    assert version.tags["cooper.requested-by.name"] == "Ana"


def test_profile_is_that_of_the_data_with_the_predictions_on_the_holdout(platform, trained):
    _, reports = trained
    report = reports["profile"]
    bucket, _, key = report["uri"].removeprefix("s3://").partition("/")
    content = platform.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    assert hashlib.sha256(content).hexdigest() == report["sha256"]
    found = profile_file.loads(content)
    assert (found.rows, report["rows"]) == (40, 40)
    assert found.schema.document() == {
        "features": ("x",),
        "task": "regression",
        "prediction": "prediction",
        "target": "y",
        "positive": None,
        "categories": (),
        "timestamp": None,
        "scores": {},
    }
    # Inputs and labels as they were learned, predictions on what was not.
    assert {name: each.rows for name, each in found.columns.items()} == {
        "x": 40,
        "prediction": 15,
        "y": 40,
    }


def test_profiling_again_gives_the_same_object(platform, trained, direct):
    run_id, reports = trained
    request = run_id.removeprefix("tests-").removesuffix("-a1")
    run = direct(project.training_plan(request, platform.artifacts))
    assert profiling.profile(run, reports["train"]) == reports["profile"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"target": None}, "the plan names no target"),
        ({"target": "price"}, "no column 'price', the target"),
        ({"data_format": "parquet"}, "No profile, so drift cannot be watched: "),
    ],
)
def test_data_without_a_profile_is_no_reason_to_lose_a_training(
    platform, trained, direct, changes, reason
):
    run_id, reports = trained
    request = run_id.removeprefix("tests-").removesuffix("-a1")
    run = direct(project.training_plan(request, platform.artifacts, **changes))
    report = profiling.profile(run, reports["train"])
    assert reason in report["headline"]
    assert (report["uri"], report["sha256"], report["rows"]) == (None, None, None)
    assert checked_report(report)


def test_snapshot_that_was_changed_is_not_profiled(platform, trained, direct):
    run_id, reports = trained
    request = run_id.removeprefix("tests-").removesuffix("-a1")
    plan = project.training_plan(request, platform.artifacts)
    run = direct(plan)
    bucket, _, key = requests.snapshot_uri(run, "train", plan["data"])[5:].partition("/")
    s3 = platform.client("s3")
    kept = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    try:
        s3.put_object(Bucket=bucket, Key=key, Body=b"x,y\n1,1\n")
        with pytest.raises(RefusedError, match="changed: its SHA-256"):
            profiling.profile(run, reports["train"])
    finally:
        s3.put_object(Bucket=bucket, Key=key, Body=kept)


@pytest.mark.parametrize(
    ("predictions", "reason"),
    [
        (b"prediction\n1\n", "has 1 rows and the holdout 15"),
        (b"told\n" + b"1\n" * 15, "predictions.csv has no column 'prediction'"),
        (None, "the evaluation wrote no predictions.csv"),
    ],
)
def test_predictions_that_are_not_the_holdouts_are_told(
    platform, trained, direct, predictions, reason
):
    run_id, reports = trained
    request = run_id.removeprefix("tests-").removesuffix("-a1")
    run = direct(project.training_plan(request, platform.artifacts))
    bucket, _, key = f"{requests.evaluation_uri(run)}/predictions.csv"[5:].partition("/")
    s3 = platform.client("s3")
    kept = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    try:
        s3.delete_object(Bucket=bucket, Key=key)
        if predictions is not None:
            s3.put_object(Bucket=bucket, Key=key, Body=predictions)
        assert reason in profiling.profile(run, reports["train"])["headline"]
    finally:
        s3.put_object(Bucket=bucket, Key=key, Body=kept)


def test_version_keeps_its_figures_with_their_history(platform, trained):
    _, reports = trained
    registry, run_id = platform.registry(), reports["register"]["mlflow_run"]
    assert registry.get_run(run_id).data.metrics["rmse"] == pytest.approx(0, abs=1e-6)
    history = registry.get_metric_history(run_id, "training/train_rmse")
    assert [(point.step, point.value) for point in history] == [(1, 0.5), (2, 0.25), (3, 0.125)]
    started = platform.job(reports["train"]["job"])["TrainingStartTime"].timestamp() * 1000
    assert all(point.timestamp >= started - 1000 for point in history)


def test_version_keeps_its_model_and_its_whole_evaluation(platform, trained, tmp_path):
    _, reports = trained
    registry, run_id = platform.registry(), reports["register"]["mlflow_run"]
    paths = {item.path for item in registry.list_artifacts(run_id)}
    assert {"model", "evaluation.json"} <= paths
    assert "model/MLmodel" in {item.path for item in registry.list_artifacts(run_id, "model")}
    kept = json.loads(
        Path(registry.download_artifacts(run_id, "evaluation.json", str(tmp_path))).read_text()
    )
    evaluated = reports["evaluate"]
    assert kept["holdout_sha256"] == platform.artifacts["holdout"]["sha256"]
    assert (kept["digest"], kept["verdict"]) == (evaluated["digest"], "passed")
    assert [(part["value"], part["rows"]) for part in kept["slices"]] == [
        ("small", 10),
        ("large", 5),
    ]
    assert kept["slices"][0]["rmse"] == pytest.approx(0, abs=1e-6)
    assert (kept["latency_ms"], kept["size_bytes"]) == (1.5, evaluated["size_bytes"])
    bounds = {check["metric"]: check["bound"] for check in kept["checks"]}
    assert bounds["rmse"].startswith("at most 10 in every slice; size=")
    assert (bounds["latency_ms"], bounds["size_bytes"]) == ("at most 500", "at most 10,000,000")


def test_job_carries_the_plan(platform, trained):
    run_id, _ = trained
    sagemaker = platform.client("sagemaker")
    job = sagemaker.describe_training_job(TrainingJobName=run_id)
    assert "sagemaker-scikit-learn:1.4-2" in job["AlgorithmSpecification"]["TrainingImage"]
    assert job["StoppingCondition"]["MaxRuntimeInSeconds"] == 300
    tags = {
        tag["Key"]: tag["Value"]
        for tag in sagemaker.list_tags(ResourceArn=job["TrainingJobArn"])["Tags"]
    }
    assert tags["team"] == "actuaries"
    assert tags["cooper:project"] == "line"
    assert tags["cooper:plan-digest"].startswith("sha256:")


def test_snapshot_is_the_data_as_it_was(platform, trained):
    _, reports = trained
    bucket, _, key = reports["snapshot"]["uri"].removeprefix("s3://").partition("/")
    body = platform.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    assert hashlib.sha256(body).hexdigest() == platform.artifacts["data"]["sha256"]
    assert len(body) == reports["snapshot"]["bytes"]


def test_cleared_stage_attaches_and_starts_no_second_job(platform, trained):
    run_id, reports = trained
    platform.airflow.clear("train_model", run_id, "train")
    eventually(lambda: platform.airflow.tries("train_model", run_id, "report") > 1, "runs again")
    state, _ = platform.airflow.finished("train_model", run_id)
    assert state == "success"
    assert platform.training_jobs(run_id) == [run_id]
    again = platform.airflow.xcom("train_model", run_id, "register")
    assert again == reports["register"]
    assert platform.airflow.xcom("train_model", run_id, "evaluate") == reports["evaluate"]
    registry = platform.registry()
    history = registry.get_metric_history(again["mlflow_run"], "training/train_rmse")
    assert len(history) == 3


def test_missed_threshold_registers_without_alias(platform, trained):
    _, good = trained
    plan = project.training_plan(
        platform.request(), platform.artifacts, hyperparameters={"slope": 5.0}
    )
    run_id = platform.start(plan)
    state, _ = platform.airflow.finished("train_model", run_id, 240)
    assert state == "success"
    evaluated = platform.airflow.xcom("train_model", run_id, "evaluate")
    assert evaluated["verdict"] == "failed"
    assert evaluated["checks"][0]["bound"] == "at most 0.5"
    registered = platform.airflow.xcom("train_model", run_id, "register")
    assert registered["alias"] is None
    assert registered["version"] > good["register"]["version"]
    challenger = platform.registry().get_model_version_by_alias("line", "challenger")
    assert int(challenger.version) == good["register"]["version"]


def test_failing_code_fails_the_run_and_the_next_attempt_goes_on_from_its_checkpoint(platform):
    plan = project.training_plan(
        platform.request(), platform.artifacts, hyperparameters={"explode": 2}
    )
    first = platform.start(plan)
    state, tasks = platform.airflow.finished("train_model", first)
    assert (state, tasks["train"], tasks["evaluate"]) == ("failed", "failed", "upstream_failed")
    assert platform.failure("train_model", first, "train") == {
        "reason": f"The training job {first} failed: ValueError: the loss is NaN at step 3",
        "kind": "code",
    }
    second = platform.start(plan, f"tests-{plan['request']}-a2")
    state, _ = platform.airflow.finished("train_model", second, 240)
    assert state == "success"
    assert platform.training_jobs(f"tests-{plan['request']}-a") == [second, first]
    used = platform.job(first)["BillableTimeInSeconds"]
    limit = platform.job(second)["StoppingCondition"]["MaxRuntimeInSeconds"]
    assert limit == plan["resources"]["max_runtime_seconds"] - used
    kept = platform.airflow.xcom("train_model", second, "register")["mlflow_run"]
    history = platform.registry().get_metric_history(kept, "training/train_rmse")
    assert [point.step for point in history] == [1, 2, 3]


def _running_job(platform):
    plan = project.training_plan(
        platform.request(), platform.artifacts, hyperparameters={"endless": 1}
    )
    run_id = platform.start(plan)
    eventually(lambda: platform.job(run_id).get("SecondaryStatus") == "Training", "job trains")
    eventually(lambda: "InProgress" in platform.trigger_log(run_id, "train"), "it is watched")
    return run_id


def test_stopped_run_stops_its_job(platform):
    run_id = _running_job(platform)
    platform.airflow.fail("train_model", run_id)
    eventually(lambda: platform.job(run_id)["TrainingJobStatus"] == "Stopped", "job is stopped")
    assert platform.airflow.run("train_model", run_id)["state"] == "failed"
    assert platform.airflow.states("train_model", run_id)["train"] == "failed"


def test_task_cleared_while_it_waits_attaches_to_the_running_job(platform):
    run_id = _running_job(platform)
    created = platform.job(run_id)["CreationTime"]
    platform.airflow.clear("train_model", run_id, "train")
    eventually(lambda: platform.airflow.tries("train_model", run_id, "train") > 1, "runs again")
    eventually(
        lambda: platform.airflow.states("train_model", run_id)["train"] == "deferred", "it waits"
    )
    job = platform.job(run_id)
    assert (job["TrainingJobStatus"], job["CreationTime"]) == ("InProgress", created)
    platform.client("sagemaker").stop_training_job(TrainingJobName=run_id)
    state, _ = platform.airflow.finished("train_model", run_id)
    assert state == "failed"
    assert "was stopped" in platform.reason("train_model", run_id, "train")


def test_job_of_another_plan_is_refused(platform, trained):
    done, _ = trained
    plan = project.training_plan(platform.request(), platform.artifacts)
    run_id = f"tests-{plan['request']}-a1"
    sagemaker = platform.client("sagemaker")
    other = sagemaker.describe_training_job(TrainingJobName=done)
    keys = ("AlgorithmSpecification", "RoleArn", "OutputDataConfig", "ResourceConfig")
    request = {key: other[key] for key in (*keys, "StoppingCondition", "InputDataConfig")}
    request["AlgorithmSpecification"].pop("MetricDefinitions", None)
    sagemaker.create_training_job(
        TrainingJobName=run_id, **request, HyperParameters=other["HyperParameters"]
    )
    platform.start(plan)
    state, tasks = platform.airflow.finished("train_model", run_id)
    assert (state, tasks["train"]) == ("failed", "failed")
    assert "another plan" in platform.reason("train_model", run_id, "train")


def test_attempt_without_time_left_is_refused_as_such(platform, trained, direct):
    run_id, _ = trained
    plan = project.training_plan("R" + run_id.split("-R")[1].split("-")[0], platform.artifacts)
    plan["resources"] = {**plan["resources"], "max_runtime_seconds": 60}
    again = direct(plan, attempt=2)
    with pytest.raises(RefusedError, match="No time left within the plan") as refused:
        attempts.remaining_seconds(again, platform.client("sagemaker"))
    assert refused.value.kind == "time_limit"
    assert attempts.checkpoints_uri(again).endswith(
        f"/runs/{run_id.removesuffix('-a1')}/checkpoints"
    )


def test_first_attempt_has_all_the_time_of_the_plan(platform, direct):
    run = direct(project.training_plan(platform.request(), platform.artifacts))
    assert attempts.remaining_seconds(run, platform.client("sagemaker")) == 300


@pytest.mark.parametrize(
    ("framework", "version", "instance", "image"),
    [
        ("pytorch", "2.8.0", "ml.m5.large", "pytorch-training:2.8.0-cpu-py"),
        ("pytorch", "2.8.0", "ml.g5.xlarge", "pytorch-training:2.8.0-gpu-py"),
        ("sklearn", "1.4-2", "ml.m5.large", "sagemaker-scikit-learn:1.4-2"),
        ("xgboost", "1.7-1", "ml.m5.large", "sagemaker-xgboost:1.7-1"),
    ],
)
def test_image_of_a_framework_is_the_one_that_the_sdk_knows(framework, version, instance, image):
    plan = project.training_plan("R1", {})
    plan["image"] = {"framework": framework, "version": version, "uri": None}
    plan["resources"]["instance_type"] = instance
    assert image in requests.image_uri(plan)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"data": {"sha256": "0" * 64}}, "changed: its SHA-256"),
        ({"holdout": {"sha256": "0" * 64}}, "changed: its SHA-256"),
        ({"source": {"sha256": "0" * 64}}, "changed: its SHA-256"),
        ({"data": {"uri": f"s3://{project.BUCKET}/nowhere/rows.csv"}}, "cannot be read"),
        ({"data": {"uri": "s3://no-such-bucket-here/rows.csv"}}, "cannot be read"),
        ({"image": {"version": "9.9"}}, "1.4-2"),
    ],
)
def test_plan_that_cannot_be_trained_is_refused(platform, direct, changes, reason):
    plan = project.training_plan(platform.request(), platform.artifacts)
    for part, change in changes.items():
        plan[part] = {**plan[part], **change}
    with pytest.raises(RefusedError, match=reason):
        stages.validate(direct(plan))


def test_source_without_its_entry_point_is_refused(platform, direct):
    plan = project.training_plan(platform.request(), platform.artifacts)
    plan |= {"train_entry_point": "fit.py", "evaluate_entry_point": "score.py"}
    with pytest.raises(RefusedError, match=r"no fit\.py and no score\.py"):
        stages.validate(direct(plan))


def test_source_that_is_no_archive_is_refused(platform, direct):
    plan = project.training_plan(platform.request(), platform.artifacts)
    plan["source"] = project.put(platform.client("s3"), "{sha256}.tar.gz", b"not a tar")
    with pytest.raises(RefusedError, match="no tar archive"):
        stages.validate(direct(plan))


def test_run_without_signed_plan_is_refused_before_any_effect(platform):
    run_id = f"tests-{platform.request()}-a1"
    platform.airflow.trigger("train_model", run_id, {})
    state, tasks = platform.airflow.finished("train_model", run_id)
    assert (state, tasks["validate"], tasks["train"]) == ("failed", "failed", "upstream_failed")
    assert "no signed plan" in platform.reason("train_model", run_id, "validate")
    assert platform.training_jobs(run_id) == []


def test_each_task_with_an_effect_verifies_for_itself(platform):
    """A person who marks `validate` as done does not get round the signature."""
    plan = project.training_plan(platform.request(), platform.artifacts)
    run_id = f"tests-{plan['request']}-a1"
    conf = project.signed(plan, run_id, platform.key)
    conf["plan"] = {**plan, "hyperparameters": {"slope": 9.0}}
    platform.airflow.trigger("train_model", run_id, conf)
    platform.airflow.finished("train_model", run_id)
    for task in ("snapshot", "train", "evaluate", "profile", "register"):
        platform.airflow.succeed_before("train_model", run_id, task)
        platform.airflow.clear("train_model", run_id, task)
        state, tasks = platform.airflow.finished("train_model", run_id)
        assert (state, tasks[task]) == ("failed", "failed"), task
        assert "changed after" in platform.reason("train_model", run_id, task)
    assert platform.training_jobs(run_id) == []
