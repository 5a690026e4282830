"""What a plan asks of SageMaker's guardrails; that AWS takes it is checked against the stand-in."""

import pytest

from cooper_dags import alarms, rollout
from cooper_dags.conf import Run
from cooper_dags.errors import RefusedError

NAMES = ["e-errors", "e-latency"]


def plan(strategy="all-at-once", bake_seconds=0, percent=None):
    return {"strategy": strategy, "bake_seconds": bake_seconds, "percent": percent}


def test_at_once_without_watching_leaves_sagemakers_own_way():
    assert rollout.deployment_config(plan(), NAMES) is None


@pytest.mark.parametrize(
    ("asked", "routing", "seconds"),
    [
        (
            plan(bake_seconds=600),
            {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 600},
            600 + 1800,
        ),
        (
            plan("canary", 300),
            {
                "Type": "CANARY",
                "WaitIntervalInSeconds": 300,
                "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 10},
            },
            2 * 300 + 1800,
        ),
        (
            plan("linear", 60, 30),
            {
                "Type": "LINEAR",
                "WaitIntervalInSeconds": 60,
                "LinearStepSize": {"Type": "CAPACITY_PERCENT", "Value": 30},
            },
            4 * 60 + 1800,
        ),
        (
            plan("linear"),
            {
                "Type": "LINEAR",
                "WaitIntervalInSeconds": 0,
                "LinearStepSize": {"Type": "CAPACITY_PERCENT", "Value": 25},
            },
            1800,
        ),
    ],
)
def test_what_is_watched_names_its_steps_its_time_and_the_alarms(asked, routing, seconds):
    rollout.check(asked)
    found = rollout.deployment_config(asked, NAMES)
    policy = found["BlueGreenUpdatePolicy"]
    assert policy["TrafficRoutingConfiguration"] == routing
    assert policy["MaximumExecutionTimeoutInSeconds"] == seconds
    assert found["AutoRollbackConfiguration"] == {
        "Alarms": [{"AlarmName": "e-errors"}, {"AlarmName": "e-latency"}]
    }


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (plan("shadow"), "shadow cannot be carried out"),
        (plan("linear", 60, 9), "at least 10 %"),
        (plan("linear", 3600, 10), "8 hours"),
    ],
)
def test_what_sagemaker_cannot_do_is_refused_with_its_reason(asked, reason):
    with pytest.raises(RefusedError, match=reason):
        rollout.check(asked)


def test_latency_alarm_counts_in_microseconds():
    common = {"installation": "i", "request": "R1", "project": "p", "tags": {}}
    people = {"environment": {"name": "staging"}, "requested_by": {"id": "U"}}
    run = Run("i-R1-a1", {**common, **people, "endpoint": "e", "latency_ms": 250}, "sha256:0")
    errors, latency = alarms.definitions(run)
    assert (errors["AlarmName"], latency["AlarmName"]) == ("e-errors", "e-latency")
    assert (latency["Threshold"], latency["Statistic"]) == (250_000, "Average")
    assert {request["TreatMissingData"] for request in (errors, latency)} == {"notBreaching"}
