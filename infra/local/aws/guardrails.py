"""DeploymentConfig of an endpoint: what it asks for, held to AWS's limits.

https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-blue-green.html; the numbers' bounds are in AWS's
service model and are checked before this.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from infra.local.aws.errors import unsupported, validation

_SIZES = {"CANARY": "CanarySize", "LINEAR": "LinearStepSize"}
_LARGEST = Fraction(1, 2)
_SMALLEST_STEP = Fraction(1, 10)


@dataclass(frozen=True)
class Rollout:
    """How traffic goes over to the green fleet. Times in seconds.

    `shares` are green's shares of the traffic, one a shift, the last 1; after each `wait` is spent watching `alarms`.
    """

    shares: tuple[Fraction, ...] = (Fraction(1),)
    wait: float = 0
    termination_wait: float = 0
    limit: float = float("inf")
    alarms: tuple[str, ...] = ()


def rollout(call: str, deployment: dict[str, Any] | None, instances: Sequence[int]) -> Rollout:
    """Read a DeploymentConfig; `instances` are the counts of the new configuration's variants.

    Raises AwsError: ValidationException, or UnsupportedOperation for a rolling update.
    """
    if not deployment:
        return Rollout()
    if "RollingUpdatePolicy" in deployment:
        raise unsupported(call, "DeploymentConfig.RollingUpdatePolicy")
    alarms = deployment.get("AutoRollbackConfiguration", {}).get("Alarms", [])
    policy = deployment.get("BlueGreenUpdatePolicy")
    if policy is None:
        return Rollout(alarms=_names(alarms))
    routing = policy["TrafficRoutingConfiguration"]
    plan = Rollout(
        shares=_shares(routing, instances),
        wait=routing["WaitIntervalInSeconds"],
        termination_wait=policy.get("TerminationWaitInSeconds", 0),
        limit=policy.get("MaximumExecutionTimeoutInSeconds", float("inf")),
        alarms=_names(alarms),
    )
    waits = plan.wait * len(plan.shares) + plan.termination_wait
    if plan.limit <= waits:
        raise validation(
            "MaximumExecutionTimeoutInSeconds must be larger than the total waiting time of "
            f"WaitIntervalInSeconds and TerminationWaitInSeconds, which is {waits}."
        )
    return plan


def _names(alarms: list[dict[str, str]]) -> tuple[str, ...]:
    names = [each.get("AlarmName") for each in alarms]
    if None in names:
        raise validation("AlarmName is required for each alarm of AutoRollbackConfiguration.")
    return tuple(str(each) for each in names)


def _shares(routing: dict[str, Any], instances: Sequence[int]) -> tuple[Fraction, ...]:
    kind = routing["Type"]
    for other, member in _SIZES.items():
        if member in routing and kind != other:
            raise validation(f"{member} may be given for {other} only; the type is {kind}.")
    if kind == "ALL_AT_ONCE":
        return (Fraction(1),)
    member = _SIZES[kind]
    if member not in routing:
        raise validation(f"{member} must be given for traffic routing of type {kind}.")
    share = _size(member, routing[member], instances)
    if kind == "CANARY":
        return (share, Fraction(1))
    if share < _SMALLEST_STEP:
        raise validation(f"{member} must be at least 10% of the variant's total instance count.")
    return tuple(_steps(share))


def _size(member: str, size: dict[str, Any], instances: Sequence[int]) -> Fraction:
    whole = 100 if size["Type"] == "CAPACITY_PERCENT" else min(instances)
    share = Fraction(size["Value"], whole)
    if share > _LARGEST:
        raise validation(
            f"{member} must be less than or equal to 50% of the variant's total instance count."
        )
    return share


def _steps(share: Fraction) -> Iterator[Fraction]:
    shifted = share
    while shifted < 1:
        yield shifted
        shifted += share
    yield Fraction(1)
