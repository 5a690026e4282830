import project
import pytest

from cooper_dags import gate, undeployment
from cooper_dags.errors import RefusedError


@pytest.fixture
def served(platform, deployed):
    """An endpoint of its own in production, with an alarm, and the version as its champion."""
    first, before, _ = deployed
    name, version = f"tests-line-{platform.request().lower()}", str(before["model"]["version"])
    platform.serve(name, first, environment="production")
    platform.client("cloudwatch").put_metric_alarm(
        AlarmName=f"{name}-errors",
        Namespace="AWS/SageMaker",
        MetricName="Invocation5XXErrors",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
    )
    registry = platform.registry()
    registry.set_registered_model_alias("line", "champion", version)
    registry.set_model_version_tag("line", version, "cooper.endpoint.production", name)
    return name, first, int(version)


def test_endpoint_its_alarms_and_its_marks_go_and_the_rest_stays(platform, served):
    name, config, version = served
    watch = f"watch/tests/{name}.json"
    platform.client("s3").put_object(Bucket=project.BUCKET, Key=watch, Body=b"{}")
    plan = project.undeployment_plan(
        platform.request(),
        "production",
        endpoint=name,
        basis=project.basis(config, version),
    )
    run_id = platform.start(plan)
    state, tasks = platform.airflow.finished("undeploy_model", run_id)
    assert (state, tasks["approve"]) == ("success", "skipped")
    assert platform.endpoint(name) is None
    assert platform.watch(name) is None
    alarms = platform.client("cloudwatch").describe_alarms(AlarmNamePrefix=name)
    assert alarms["MetricAlarms"] == []
    assert platform.client("sagemaker").describe_endpoint_config(EndpointConfigName=config)
    found = platform.registry().get_model_version("line", str(version))
    assert "cooper.endpoint.production" not in found.tags
    assert "champion" not in platform.registry().get_registered_model("line").aliases
    report = platform.airflow.xcom("undeploy_model", run_id, "delete")
    assert (report["endpoint"], report["previous_config"]) == (name, config)

    # Cleared as a whole, with an endpoint that is gone already: as good as deleted, nobody is asked.
    platform.airflow.clear("undeploy_model", run_id, "validate")
    platform.airflow.again("undeploy_model", run_id, "report")
    state, tasks = platform.airflow.finished("undeploy_model", run_id)
    assert (state, tasks["approve"], tasks["delete"]) == ("success", "skipped", "success")


def test_endpoint_that_serves_something_else_by_now_is_asked_about_again(platform, deployed):
    first, _, _ = deployed
    name = "tests-line-kept"
    platform.serve(name, first)
    plan = project.undeployment_plan(
        platform.request(), endpoint=name, basis=project.basis("tests-R0-a1")
    )
    run_id = platform.start(plan)
    asked = platform.parked(plan, run_id)
    assert f"is now `{first}`" in asked["body"]
    assert platform.airflow.answer("undeploy_model", run_id, "Reject") == 200
    state, tasks = platform.airflow.finished("undeploy_model", run_id)
    assert (state, tasks["delete"]) == ("failed", "upstream_failed")
    assert platform.endpoint(name)["EndpointStatus"] == "InService"


def test_endpoint_of_another_project_is_not_touched(platform, deployed, direct):
    first, _, _ = deployed
    platform.serve("tests-other-staging", first, project="other")
    plan = project.undeployment_plan(platform.request(), endpoint="tests-other-staging")
    with pytest.raises(RefusedError, match="is not ours: its tag cooper:project is other"):
        undeployment.validate(direct(plan))


def test_champion_that_moved_is_seen_right_before_the_deletion(platform, served, direct):
    name, config, version = served
    plan = project.undeployment_plan(
        platform.request(), "production", endpoint=name, basis=project.basis(config, version + 70)
    )
    with pytest.raises(RefusedError, match="in the last moment: the champion was v"):
        gate.check_again(direct(plan))
