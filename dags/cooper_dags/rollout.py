"""How an update is rolled out: the deployment configuration that a plan makes. Pure.

Fields and limits: SageMaker API reference, DeploymentConfig.
"""

import math
from typing import Any

from cooper_dags.errors import RefusedError

_CANARY_PERCENT = 10
_LINEAR_PERCENT = 25
_LEAST_LINEAR_STEP = 10
_PREPARING_SECONDS = 1800
"""Time for the new fleet to start, beside all the waiting."""
_LEAST_TIMEOUT, _GREATEST_TIMEOUT = 600, 28800


def is_watched(plan: dict[str, Any]) -> bool:
    """Whether alarms are watched during the update, with the old fleet ready."""
    return plan["bake_seconds"] > 0 or plan["strategy"] in {"canary", "linear"}


def check(plan: dict[str, Any]) -> None:
    """See that SageMaker can roll out as the plan says.

    Raises:
        RefusedError: It cannot; says why.
    """
    strategy = plan["strategy"]
    if strategy == "shadow":
        raise RefusedError(
            "The strategy shadow cannot be carried out here; deploy all-at-once, canary or linear."
        )
    if strategy == "linear" and _percent(plan) < _LEAST_LINEAR_STEP:
        raise RefusedError(
            f"A linear step takes at least {_LEAST_LINEAR_STEP} % of the traffic, "
            f"not {_percent(plan)} %."
        )
    if _seconds(plan) > _GREATEST_TIMEOUT:
        raise RefusedError(
            f"{_shifts(plan)} shifts with {plan['bake_seconds']} s of watching each take longer "
            "than the 8 hours that SageMaker allows; take larger steps or watch for less."
        )


def deployment_config(plan: dict[str, Any], alarms: list[str]) -> dict[str, Any] | None:
    """DeploymentConfig of UpdateEndpoint; None where nothing is watched.

    Args:
        plan: A deployment's plan.
        alarms: Names of the alarms that roll the update back.
    """
    if not is_watched(plan):
        return None
    routing: dict[str, Any] = {
        "Type": plan["strategy"].upper().replace("-", "_"),
        "WaitIntervalInSeconds": plan["bake_seconds"],
    }
    size = {"Type": "CAPACITY_PERCENT", "Value": _percent(plan)}
    if plan["strategy"] == "canary":
        routing["CanarySize"] = size
    elif plan["strategy"] == "linear":
        routing["LinearStepSize"] = size
    return {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": routing,
            "TerminationWaitInSeconds": 0,
            "MaximumExecutionTimeoutInSeconds": max(_LEAST_TIMEOUT, _seconds(plan)),
        },
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": name} for name in alarms]},
    }


def _percent(plan: dict[str, Any]) -> int:
    default = _LINEAR_PERCENT if plan["strategy"] == "linear" else _CANARY_PERCENT
    return int(plan["percent"] or default)


def _shifts(plan: dict[str, Any]) -> int:
    if plan["strategy"] == "linear":
        return math.ceil(100 / _percent(plan))
    return 2 if plan["strategy"] == "canary" else 1


def _seconds(plan: dict[str, Any]) -> int:
    return _shifts(plan) * int(plan["bake_seconds"]) + _PREPARING_SECONDS
