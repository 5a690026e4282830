from datetime import UTC, datetime, timedelta

import pytest
import requests
import services

from cooper_dags import alerts
from cooper_dags.errors import RefusedError, is_transient
from cooper_dags.notices import Notice

END = datetime(2026, 11, 22, 8, tzinfo=UTC)
WATCH = {
    "project": "line",
    "environment": "staging",
    "endpoint": "tests-line-staging",
    "version": 3,
}


def notice(monitor="drift", **changes):
    values = {
        "check": "data_drift",
        "column": "x",
        "slice": None,
        "severity": "high",
        "status": "firing",
        "value": 0.3,
        "threshold": 0.2,
        "detail": "told",
        **changes,
    }
    return Notice(monitor, **values)


@pytest.fixture
def receiver(monkeypatch):
    found = services.Alerts()
    server = found.start()
    monkeypatch.setenv("COOPER_ALERTS_URL", f"{found.url}/")
    monkeypatch.setenv("COOPER_ALERTS_MONITOR_SECRET", found.secret)
    yield found
    server.shutdown()


def send(*found):
    alerts.send(WATCH, found, END - timedelta(hours=1), END, "http://mlflow/run")


def test_each_monitors_notices_go_under_a_name_that_stays(receiver):
    for _ in range(2):
        send(notice("a"), notice("a", column="y", status="resolved"), notice("b"))
    names = [body["delivery"] for body in receiver.bodies]
    stem = "monitor_models/tests-line-staging/v3"
    assert names == [f"{stem}/{each}/0/2026-11-22T08:00:00+00:00" for each in "abab"]
    assert receiver.bodies[:2] == receiver.bodies[2:]
    assert receiver.bodies[1]["findings"] == [
        {
            "project": "line",
            "version": "3",
            "environment": "staging",
            "monitor": "b",
            "check": "data_drift",
            "column": "x",
            "slice": None,
            "value": 0.3,
            "threshold": 0.2,
            "severity": "high",
            "status": "firing",
            "detail": "told",
            "link": "http://mlflow/run",
            "window": {"start": "2026-11-22T07:00:00+00:00", "end": "2026-11-22T08:00:00+00:00"},
        }
    ]


def test_name_of_a_delivery_is_never_longer_than_is_taken():
    longest = f"monitor_models/{'e' * 63}/v{10**6}/{'m' * 40}/99/{END.isoformat()}"
    assert len(longest) <= 200


def test_nothing_to_say_needs_no_address(monkeypatch):
    monkeypatch.delenv("COOPER_ALERTS_URL", raising=False)
    send()


@pytest.mark.parametrize("name", ["COOPER_ALERTS_URL", "COOPER_ALERTS_MONITOR_SECRET"])
def test_alerts_that_have_nowhere_to_go_are_a_fault(receiver, monkeypatch, name):
    monkeypatch.delenv(name)
    with pytest.raises(RefusedError, match=f"1 alerts to send, and {name} is not set"):
        send(notice())


def test_wrong_secret_is_a_fault_that_says_what_to_do(receiver, monkeypatch):
    monkeypatch.setenv("COOPER_ALERTS_MONITOR_SECRET", "another")
    with pytest.raises(RefusedError, match=r"answers 401: .*must be the same for Airflow") as error:
        send(notice())
    assert "another" not in str(error.value)


def test_source_that_is_off_is_a_fault_that_says_what_to_do(receiver, monkeypatch):
    monkeypatch.setenv("COOPER_ALERTS_URL", f"{receiver.url}/elsewhere")
    with pytest.raises(RefusedError, match=r"answers 404: .*Set COOPER_ALERTS_MONITOR_SECRET"):
        send(notice())


@pytest.mark.parametrize("status", [400, 413, 422])
def test_what_cooper_does_not_take_is_a_fault_with_its_words(receiver, status):
    receiver.status = status
    with pytest.raises(RefusedError, match=f'answers {status}: {{"error": "told to"}}'):
        send(notice())


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_cooper_that_cannot_now_is_tried_again(receiver, status):
    receiver.status = status
    with pytest.raises(requests.HTTPError) as error:
        send(notice())
    assert is_transient(error.value)


def test_cooper_that_is_down_is_tried_again(monkeypatch):
    monkeypatch.setenv("COOPER_ALERTS_URL", f"http://127.0.0.1:{services.free_port()}")
    monkeypatch.setenv("COOPER_ALERTS_MONITOR_SECRET", "any")
    with pytest.raises(requests.ConnectionError) as error:
        send(notice())
    assert is_transient(error.value)
