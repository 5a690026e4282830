import hashlib
from datetime import timedelta

import project
import pytest
import requests
import services
import traffic
from project import BUCKET, DRIFT
from watched import HOUR, LINE, STAGING, Watched, rows

from cooper_dags import watching
from cooper_dags.errors import RefusedError
from monitoring import profile, profile_file


@pytest.fixture(scope="module")
def kept(cloud):
    """The profile of the model, as a deployment names it."""
    found = profile.build(LINE, rows(5000), scored=rows(2000, seed=2))
    return project.put(cloud.client("s3"), "runs/profile/{sha256}.npz", profile_file.dumps(found))


@pytest.fixture(scope="module")
def config(cloud):
    """An endpoint configuration; nothing has to serve."""
    sagemaker = cloud.client("sagemaker")
    artifact = project.put(cloud.client("s3"), "runs/{sha256}/model.tar.gz", b"no model")
    sagemaker.create_model(
        ModelName="tests-watched",
        PrimaryContainer={"Image": project.MODEL_IMAGE, "ModelDataUrl": artifact["uri"]},
        ExecutionRoleArn="arn:aws:iam::000000000000:role/cooper-tests",
    )
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": "tests-watched",
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
    }
    sagemaker.create_endpoint_config(
        EndpointConfigName="tests-watched", ProductionVariants=[variant]
    )
    return "tests-watched"


@pytest.fixture
def receiver(monkeypatch):
    found = services.Alerts()
    server = found.start()
    monkeypatch.setenv("COOPER_ALERTS_URL", found.url)
    monkeypatch.setenv("COOPER_ALERTS_MONITOR_SECRET", found.secret)
    yield found
    server.shutdown()


@pytest.fixture
def watched(here, receiver, config, kept):
    return Watched(here, config, kept)


def test_traffic_as_in_the_training_is_well_and_nobody_hears_of_it(watched, receiver, tmp_path):
    watched.asked(rows(600, seed=3))
    found = watched.look()
    assert (found["rows"], found["alerts"], receiver.bodies) == (600, 0, [])
    (run,) = watched.runs()
    assert run.info.status == "FINISHED"
    assert (
        run.data.tags
        | {
            "cooper.monitor": watched.name,
            "cooper.endpoint": watched.name,
            "cooper.environment": "staging",
            "cooper.project": "line",
            "cooper.model-version": "7",
            "cooper.window.start": (watched.end - HOUR).isoformat(),
            "cooper.window.end": watched.end.isoformat(),
        }
        == run.data.tags
    )
    assert run.data.metrics["rows"] == 600
    assert 0 < run.data.metrics["monitor/drift"] < 0.2
    report = watched.report(tmp_path)
    assert [each["verdict"] for each in report["findings"]] == ["ok", "ok"]
    assert {each["column"] for each in report["histograms"]} == {"x", "word"}


def test_drift_fires_with_its_figures_and_a_second_look_changes_nothing(
    watched, receiver, tmp_path
):
    watched.asked(rows(600, shift=2))
    first = watched.look()
    assert receiver.received() == [("drift", "x", "firing")]
    sent = receiver.bodies[0]["findings"][0]
    assert sent["value"] > sent["threshold"] == 0.2
    assert sent["detail"].startswith("Jensen-Shannon distance is 0.")
    (run,) = watched.runs()
    assert sent["link"].endswith(f"/runs/{run.info.run_id}")
    report = watched.report(tmp_path)
    assert watched.look() == first
    assert receiver.bodies[0] == receiver.bodies[1]
    (again,) = watched.runs()
    assert (again.info.run_id, again.data.metrics) == (run.info.run_id, run.data.metrics)
    assert watched.report(tmp_path) == report


def test_alert_ends_when_the_drift_does_and_is_told_once(watched, receiver):
    watched.asked(rows(600, shift=2))
    watched.look()
    watched.asked(rows(600, seed=4), watched.end + HOUR)
    later = watched.end + 3 * HOUR / 2
    watched.look(later)
    watched.look(later + timedelta(minutes=15))
    assert receiver.received() == [("drift", "x", "firing"), ("drift", "x", "resolved")]


def test_earlier_window_looked_at_again_does_not_know_of_later_ones(watched, receiver):
    watched.asked(rows(600, seed=4))
    watched.asked(rows(600, shift=2), watched.end + HOUR)
    watched.look()
    watched.look(watched.end + 3 * HOUR / 2)
    receiver.bodies.clear()
    watched.look()
    assert receiver.bodies == []


def test_new_version_ends_what_the_old_one_fired(watched, receiver):
    watched.asked(rows(600, shift=2), watched.end - 2 * HOUR)
    watched.look(watched.end - HOUR)  # written after that window's end, so not seen yet
    watched.look(watched.end - HOUR + timedelta(minutes=1))
    watched.asked(rows(600, shift=2), watched.end - timedelta(minutes=40))
    watched.look()
    watched.watch |= {"version": 8, "since": (watched.end + HOUR / 2).isoformat()}
    watched.asked(rows(600, seed=5), watched.end + timedelta(minutes=35))
    watched.look(watched.end + timedelta(minutes=45))
    assert receiver.received() == [("drift", "x", "firing"), ("drift", "x", "resolved")]
    assert receiver.bodies[-1]["findings"][0]["version"] == "8"


def test_rows_of_the_version_before_are_not_held_against_this_one(watched, tmp_path):
    watched.watch["since"] = (watched.end - HOUR / 4).isoformat()
    watched.asked(rows(600, shift=2), watched.end - HOUR / 2)
    watched.asked(rows(300, seed=4), watched.end - HOUR / 8)
    assert watched.look()["alerts"] == 0
    (window,) = watched.report(tmp_path)["windows"]
    assert (window["rows"], window["start"]) == (300, watched.watch["since"])


def test_alert_that_was_not_taken_is_sent_by_the_next_try(watched, receiver):
    watched.asked(rows(600, shift=2))
    receiver.status = 503
    with pytest.raises(requests.HTTPError):
        watched.look()
    assert watched.runs()[0].info.status == "RUNNING"
    receiver.status = 200
    watched.look()
    assert receiver.received() == [("drift", "x", "firing")]
    assert watched.runs()[0].info.status == "FINISHED"


def test_what_fired_in_a_look_that_did_not_end_well_is_ended_by_the_next(watched, receiver):
    watched.look()
    watched.asked(rows(600, shift=2))
    receiver.status = 503
    with pytest.raises(requests.HTTPError):
        watched.look(watched.end + timedelta(minutes=1))
    receiver.status = 200
    watched.asked(rows(600, seed=4), watched.end + HOUR)
    watched.look(watched.end + 3 * HOUR / 2)
    assert receiver.received() == [("drift", "x", "resolved")]


def test_end_that_was_not_taken_is_told_by_the_next_look(watched, receiver):
    watched.asked(rows(600, shift=2))
    watched.look()
    watched.asked(rows(600, seed=4), watched.end + HOUR)
    later = watched.end + 3 * HOUR / 2
    receiver.status = 503
    with pytest.raises(requests.HTTPError):
        watched.look(later)
    receiver.status = 200
    watched.look(later + timedelta(minutes=1))
    assert receiver.received() == [("drift", "x", "firing"), ("drift", "x", "resolved")]


def test_monitor_and_column_that_are_gone_end_their_alerts(watched, receiver):
    watched.monitors(DRIFT, {**DRIFT, "name": "other", "columns": ["x"]})
    watched.asked(rows(600, shift=2))
    watched.look()
    receiver.bodies.clear()
    watched.monitors({**DRIFT, "columns": ["word"]})
    watched.look(watched.end + timedelta(minutes=5))
    assert receiver.received() == [("drift", "x", "resolved"), ("other", "x", "resolved")]


def test_labels_that_come_late_measure_the_rows_of_their_requests(watched, tmp_path):
    watched.monitors({"name": "off", "check": "performance", "metric": "mae", "threshold": 0.5})
    at = watched.end - 20 * timedelta(minutes=1)
    table = rows(200, seed=6)
    watched.asked(table, at, events="e")
    watched.look()
    assert "'y' is not in the window" in watched.reasons(tmp_path)["off"]
    truth = [traffic.truth(f"e-{n}", str(y + 1)) for n, y in enumerate(table["y"])]
    traffic.labels(watched.s3, watched.name, watched.end, truth)
    found = watched.look(watched.end + timedelta(minutes=15))
    assert found["alerts"] == 1
    report = watched.report(tmp_path)
    assert report["findings"][0]["value"] == pytest.approx(1)
    assert report["windows"][0]["labelled"] == 200


def test_each_window_is_read_by_itself(watched, tmp_path):
    long = {**DRIFT, "name": "long", "window": "PT4H"}
    watched.monitors(DRIFT, long)
    watched.asked(rows(600, seed=4), watched.end - 3 * HOUR)
    watched.asked(rows(200, shift=2))
    watched.look()
    windows = {each["monitors"][0]: each["rows"] for each in watched.report(tmp_path)["windows"]}
    assert windows == {"drift": 200, "long": 800}
    assert (
        watched.runs()[0].data.tags["cooper.window.start"] == (watched.end - 4 * HOUR).isoformat()
    )


def test_without_monitors_the_profile_suggests_some(watched, tmp_path):
    watched.monitors()
    watched.asked(rows(600, shift=2))
    watched.watch["since"] = (watched.end - 48 * HOUR).isoformat()
    assert watched.look()["alerts"] > 0
    monitors = {each["monitor"] for each in watched.report(tmp_path)["findings"]}
    assert {"activity", "input-drift", "prediction-drift", "staleness"} <= monitors


def test_column_that_is_gone_is_missing_whole_and_not_a_crash(watched, receiver):
    watched.monitors(DRIFT, {"name": "missing", "check": "missing_values", "window": "PT1H"})
    at = watched.end - HOUR / 2
    records = [traffic.record({"dataframe_records": [{"x": 0.1}]}, [0.2], at) for _ in range(400)]
    traffic.captured(watched.s3, watched.name, at, records)
    watched.look()
    assert ("missing", "word", "firing") in receiver.received()
    assert ("drift", "word", "firing") not in receiver.received()


@pytest.mark.parametrize("body", [{"instances": [["no", 5]]}, {"instances": [[None, None]]}])
def test_values_of_other_types_are_no_crash(watched, body):
    at = watched.end - HOUR / 2
    monitors = [
        {"name": check.replace("_", "-"), "check": check, "window": "PT1H"}
        for check in ("value_types", "values_range", "new_values", "multivariate_drift")
    ]
    watched.monitors(DRIFT, *monitors)
    records = [traffic.record(body, [None], at) for _ in range(300)]
    traffic.captured(watched.s3, watched.name, at, records)
    assert watched.look()["rows"] == 300


# ---------------------------------------------------------------- nothing to judge


def test_empty_window_is_no_data_but_silence(watched, receiver, tmp_path):
    watched.monitors(DRIFT, {"name": "silence", "check": "activity", "window": "PT1H"})
    watched.look()
    found = {each["monitor"]: each for each in watched.report(tmp_path)["findings"]}
    assert found["drift"]["detail"]["reason"] == "the window has no row."
    assert found["silence"]["verdict"] == "alert"
    assert receiver.received() == [("silence", None, "firing")]


def test_silence_of_a_version_that_has_just_come_says_nothing(watched, receiver, tmp_path):
    watched.monitors({"name": "silence", "check": "activity", "window": "PT1H"})
    watched.watch["since"] = (watched.end - HOUR / 2).isoformat()
    watched.look()
    assert "less than it looks back" in watched.reasons(tmp_path)["silence"]
    assert receiver.bodies == []


def test_last_prediction_of_long_ago_makes_a_model_stale(watched, receiver):
    stale = {"name": "stale", "check": "staleness", "metric": "prediction", "threshold": 0.00001}
    watched.monitors({**stale, "window": "PT1H"})
    watched.asked(rows(1), watched.end - 30 * HOUR)
    watched.look()
    assert receiver.received() == [("stale", None, "firing")]


def test_version_without_a_profile_is_said_to_have_none(watched, receiver, tmp_path):
    watched.watch["monitoring"] = {**watched.watch["monitoring"], "profile": None}
    watched.asked(rows(300, shift=2))
    assert watched.look()["alerts"] == 0
    assert "v7 has no profile; train it anew" in watched.reasons(tmp_path)["drift"]
    assert receiver.bodies == []


def test_version_without_profile_and_monitors_says_why_nothing_is_watched(watched, tmp_path):
    watched.watch["monitoring"] = project.monitoring(None)
    found = watched.look()
    assert "nothing could be judged: v7 has no profile" in found["said"]
    assert watched.report(tmp_path)["reason"].startswith("v7 has no profile")


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "cannot be read: NoSuchKey"), (b"changed", "changed: its SHA-256 is")],
)
def test_profile_that_is_gone_or_changed_is_told(watched, tmp_path, content, reason):
    sha256 = hashlib.sha256(b"profile").hexdigest()
    key = f"runs/{watched.name}/profile.npz"
    if content is not None:
        watched.s3.put_object(Bucket=BUCKET, Key=key, Body=content)
    artifact = {"uri": f"s3://{BUCKET}/{key}", "sha256": sha256}
    watched.watch["monitoring"] = {**watched.watch["monitoring"], "profile": artifact}
    watched.look()
    assert reason in watched.reasons(tmp_path)["drift"]


def test_profile_of_another_format_is_told(watched, tmp_path):
    artifact = project.put(watched.s3, "runs/profile/{sha256}.npz", b"no profile")
    watched.watch["monitoring"] = {**watched.watch["monitoring"], "profile": artifact}
    watched.look()
    assert "no profile of a reference" in watched.reasons(tmp_path)["drift"]


def test_endpoint_that_is_gone_is_told_and_its_alerts_stay(watched, receiver, tmp_path, cloud):
    watched.asked(rows(600, shift=2))
    watched.look()
    cloud.client("sagemaker").delete_endpoint(EndpointName=watched.name)
    sagemaker = cloud.client("sagemaker")

    def is_gone():
        names = [each["EndpointName"] for each in sagemaker.list_endpoints()["Endpoints"]]
        return watched.name not in names

    services.eventually(is_gone, "the endpoint is gone")
    watched.look(watched.end + timedelta(minutes=1))
    assert f"{watched.name} is gone" in watched.reasons(tmp_path)["drift"]
    assert receiver.received() == [("drift", "x", "firing")]


def test_endpoint_that_runs_something_else_by_now_is_told(watched, tmp_path):
    watched.watch["config"] = "tests-R1-a1"
    watched.asked(rows(300, shift=2))
    watched.look()
    assert "runs tests-watched by now" in watched.reasons(tmp_path)["drift"]


def test_window_before_the_version_served_has_nothing(watched, tmp_path):
    watched.watch["since"] = (watched.end + HOUR).isoformat()
    watched.look()
    assert "did not serve yet" in watched.reasons(tmp_path)["drift"]


def test_document_that_was_removed_meanwhile_is_nothing_to_do(watched):
    found = watching.look(STAGING, f"s3://{BUCKET}/watch/tests/none.json", watched.end)
    assert (found["alerts"], found["said"]) == (0, "It is no longer watched.")
    assert watched.runs() == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"version": 0}, r"does not fit its schema: \$\.version"),
        ({"surprise": 1}, "does not fit its schema"),
        ({"environment": "laptop"}, "does not fit its schema"),
    ],
)
def test_document_that_is_not_ours_is_refused(watched, change, reason):
    watched.watch |= change
    with pytest.raises(RefusedError, match=reason):
        watched.look()
    assert watched.runs() == []


@pytest.mark.parametrize(
    "monitors",
    [
        [{"name": "m", "check": "bias"}],
        [DRIFT, DRIFT],
        [{**DRIFT, "window": "PT0S"}],
        [{**DRIFT, "metric": "f1"}],
    ],
)
def test_monitors_that_contradict_themselves_are_refused_by_name(watched, monitors):
    watched.monitors(*monitors)
    with pytest.raises(RefusedError, match=f"{watched.name}: monitor '"):
        watched.look()
