import json
from datetime import UTC, datetime, timedelta

import project
import pytest
from services import eventually

from cooper_dags import environments, monitored


def run(platform, run_id):
    """Have the DAG run now; its state, and the states of its looks."""
    platform.airflow.trigger("monitor_models", run_id, {})
    state, _ = platform.airflow.finished("monitor_models", run_id)
    return state, platform.airflow.mapped("monitor_models", run_id, "look")


def reports(platform, endpoint):
    registry = platform.registry()
    experiment = registry.get_experiment_by_name("line").experiment_id
    return registry.search_runs([experiment], f"tags.`cooper.monitor` = '{endpoint}'")


def captured(platform, endpoint):
    found = platform.client("s3").list_objects_v2(
        Bucket=project.BUCKET, Prefix=f"capture/{endpoint}/"
    )
    return [each["Key"] for each in found.get("Contents", [])]


def test_traffic_that_drifts_is_told_and_a_broken_watch_fails_alone(platform, deployed, alerts):
    _, plan, _ = deployed
    name = plan["endpoint"]
    before = len(captured(platform, name))
    runtime = platform.client("sagemaker-runtime")
    rows = {"dataframe_split": {"columns": ["x"], "data": [[1000 + x] for x in range(200)]}}
    runtime.invoke_endpoint(
        EndpointName=name, ContentType="application/json", Body=json.dumps(rows)
    )
    eventually(lambda: len(captured(platform, name)) > before, "the traffic is captured")
    broken = {"Bucket": project.BUCKET, "Key": "watch/tests/tests-broken.json"}
    s3 = platform.client("s3")
    s3.put_object(**broken, Body=b"{}")
    try:
        # S3's times are of full seconds: what was captured in this one counts from the next on.
        eventually(lambda: _is_due(platform, name), "the next second")
        state, looks = run(platform, "manual-1")
    finally:
        s3.delete_object(**broken)
    assert (state, looks[name], looks["tests-broken"]) == ("failed", "success", "failed")
    reason = platform.airflow.call(
        "GET",
        "/dags/monitor_models/dagRuns/manual-1/taskInstances/find/xcomEntries/return_value",
        stringify=False,
    ).json()["value"]
    assert {each["endpoint"]: each["fault"] is None for each in reason}[name]
    (body,) = [each for each in alerts.bodies if name in each["delivery"]]
    assert [(each["column"], each["status"]) for each in body["findings"]] == [("x", "firing")]
    assert len(reports(platform, name)) == 1

    # Cleared, it finds the same and says the same.
    platform.airflow.clear("monitor_models", "manual-1", "look")
    state, looks = platform.airflow.finished("monitor_models", "manual-1")
    assert [each for each in alerts.bodies if name in each["delivery"]] == [body, body]
    assert len(reports(platform, name)) == 1


def _is_due(platform, name):
    listed = platform.client("s3").list_objects_v2(Bucket=project.BUCKET, Prefix=f"capture/{name}/")
    latest = max(each["LastModified"] for each in listed["Contents"])
    return datetime.now(UTC) > latest + timedelta(seconds=1)


@pytest.fixture
def find(here):
    def run(**changes):
        return monitored.find(environments.parse({**project.ENVIRONMENT, **changes}, "tests"))

    return run


def test_each_environment_finds_its_own(here, find):
    s3 = here.client("s3")
    document = {
        "schema_version": 1,
        "installation": "found",
        "project": "line",
        "endpoint": "found-line-staging",
        "config": "found-R1-a1",
        "model": "line",
        "version": 1,
        "monitoring": project.monitoring(),
        "since": "2026-11-22T08:00:00+00:00",
    }
    for environment in ("staging", "production"):
        s3.put_object(
            Bucket=project.BUCKET,
            Key=f"watch/found/found-line-{environment}.json",
            Body=json.dumps({**document, "environment": environment}).encode(),
        )
    for environment in ("staging", "production"):
        (found,) = find(installation="found", name=environment)
        assert found["endpoint"] == f"found-line-{environment}"
        assert found["environment"]["name"] == environment
        assert found["fault"] is None


def test_installation_without_deployments_watches_nothing(find):
    assert find(installation="nobody") == []


def test_bucket_that_is_not_there_is_a_fault_of_that_environment_alone(find):
    (found,) = find(bucket="no-such-bucket-here")
    assert found["fault"] == "staging cannot be watched: There is no bucket no-such-bucket-here."


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"version": 1}'])
def test_document_that_cannot_be_read_is_a_fault_of_its_own(here, find, content):
    here.client("s3").put_object(
        Bucket=project.BUCKET, Key="watch/broken/broken-line.json", Body=content
    )
    (found,) = find(installation="broken")
    assert found["endpoint"] == "broken-line"
    assert found["fault"].startswith("broken-line cannot be watched: The watch document s3://")
