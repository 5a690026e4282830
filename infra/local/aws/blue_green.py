"""The way of an endpoint's traffic from its blue fleet to a green one, with its alarms watched, and the way back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from infra.local.aws.cloud import Cloud
from infra.local.aws.fleet import Fleet, Traffic
from infra.local.aws.guardrails import Rollout

_LOOK_SECONDS = 0.5


class RolledBackError(Exception):
    """The update must not go on; the text is the endpoint's FailureReason."""


class ClosingError(Exception):
    """The stand-in is going down; what the update was doing is told at the next start."""


class Shift:
    """One update's shift of traffic to a green fleet that answers /ping."""

    def __init__(
        self,
        traffic: Traffic,
        cloud: Cloud,
        rollout: Rollout,
        closing: threading.Event,
        note: Callable[[str], None],
    ) -> None:
        """Prepare; `note` is told the status of the new variants: ActivatingTraffic, Baking."""
        self._traffic = traffic
        self._cloud = cloud
        self._rollout = rollout
        self._closing = closing
        self._note = note
        self._deadline = time.monotonic() + rollout.limit

    def run(self, endpoint: str, green: Fleet) -> None:
        """Shift step by step, and watch the alarms after each; all traffic is green's in the end.

        Raises RolledBackError, after which the caller takes the traffic back, and ClosingError.
        """
        for share in self._rollout.shares:
            self._note("ActivatingTraffic")
            self._traffic.shift(endpoint, green, float(share))
            self._note("Baking")
            self._bake()
        if self._closing.wait(self._rollout.termination_wait):
            raise ClosingError

    def _bake(self) -> None:
        end = time.monotonic() + self._rollout.wait
        while True:
            self._look()
            left = end - time.monotonic()
            if self._closing.wait(max(0.0, min(left, _LOOK_SECONDS))):
                raise ClosingError
            if left <= 0:
                return

    def _look(self) -> None:
        if time.monotonic() > self._deadline:
            raise RolledBackError(
                "The deployment took longer than MaximumExecutionTimeoutInSeconds and was rolled back."
            )
        states = alarm_states(self._cloud, self._rollout.alarms)
        firing = [name for name, state in states.items() if state == "ALARM"]
        if firing:
            raise RolledBackError(
                f"One or more configured alarm(s) went into ALARM state: [{', '.join(firing)}]. "
                "The deployment was rolled back."
            )
        gone = [name for name in self._rollout.alarms if name not in states]
        if gone:
            # Nobody would see any more what the alarm was to see.
            raise RolledBackError(
                f"The configured alarm(s) [{', '.join(gone)}] no longer exist. "
                "The deployment was rolled back."
            )


def alarm_states(cloud: Cloud, names: tuple[str, ...]) -> dict[str, str]:
    """Return the state of each of the alarms that exist: OK, ALARM, INSUFFICIENT_DATA."""
    if not names:
        return {}
    found = cloud.cloudwatch.describe_alarms(
        AlarmNames=list(names), AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )
    alarms = [*found["MetricAlarms"], *found["CompositeAlarms"]]
    return {each["AlarmName"]: each["StateValue"] for each in alarms}
