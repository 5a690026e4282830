"""Alarms of CloudWatch as AWS evaluates them: by their dimensions, period by period, and when data stays away.

ministack judges an alarm by every series of the metric's name, whatever its dimensions, and only when data arrives: one
endpoint's errors would roll back another's update, and an alarm would stay in ALARM for good. It has no public way
to replace that, so this reaches into the pinned version.
"""

from __future__ import annotations

import operator
import time
from typing import Any

_BREACHES = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}
Alarm = dict[str, Any]


def correct(cloudwatch: Any) -> None:
    """Let ministack's module `cloudwatch` evaluate as above, and look anew before every answer."""
    answer = cloudwatch.handle_request

    async def handle_request(*arguments: Any) -> Any:
        cloudwatch._evaluate_all_alarms()  # noqa: SLF001 - see above
        return await answer(*arguments)

    cloudwatch._evaluate_alarm = lambda alarm: _evaluate(cloudwatch, alarm)  # noqa: SLF001 - see above
    cloudwatch.handle_request = handle_request


def _evaluate(cloudwatch: Any, alarm: Alarm) -> None:
    if alarm.get("ComparisonOperator") not in _BREACHES or not alarm.get("MetricName"):
        return  # metric math and anomaly detection, which ministack does not evaluate either
    now = time.time()
    values = _values(cloudwatch, alarm, now)
    is_silent = all(each is None for each in values)
    if is_silent and now - alarm.get("StateUpdatedTimestamp", 0) < alarm["Period"]:
        return
    state = judge(alarm, values)
    old = alarm["StateValue"]
    if state == old:
        return
    told = ", ".join("missing" if each is None else f"{each:g}" for each in values)
    alarm["StateValue"] = state
    alarm["StateReason"] = (
        f"{alarm['MetricName']} was [{told}] in the last {len(values)} period(s) of "
        f"{alarm['Period']} s; the alarm is for {alarm['ComparisonOperator']} {alarm['Threshold']:g}."
    )
    alarm["StateUpdatedTimestamp"] = int(now)
    reason = alarm["StateReason"]
    cloudwatch._record_history(alarm["AlarmName"], old, state, reason)  # noqa: SLF001
    cloudwatch._dispatch_alarm_actions(alarm, old, state, reason)  # noqa: SLF001
    cloudwatch._evaluate_parent_alarms(alarm)  # noqa: SLF001


def _values(cloudwatch: Any, alarm: Alarm, now: float) -> list[float | None]:
    """Return the statistic of each period that counts, the newest first; None where there is no data."""
    dimensions = cloudwatch._dims_key(cloudwatch._dims_from_list(alarm.get("Dimensions") or []))  # noqa: SLF001
    key = (alarm["Namespace"], alarm["MetricName"], dimensions)
    points = cloudwatch._metrics.get(key) or []  # noqa: SLF001
    statistic = alarm.get("ExtendedStatistic") or alarm.get("Statistic", "Average")
    values: list[float | None] = []
    for number in range(alarm["EvaluationPeriods"]):
        end = now - number * alarm["Period"]
        chosen = [each for each in points if end - alarm["Period"] < each["Timestamp"] <= end]
        stats = cloudwatch._calc_stats(chosen)  # noqa: SLF001
        values.append(cloudwatch._stat_value(stats, statistic, chosen) if stats else None)  # noqa: SLF001
    return values


def judge(alarm: Alarm, values: list[float | None]) -> str:
    """Return the state that an alarm's periods make, a missing one treated as the alarm says."""
    missing = alarm.get("TreatMissingData") or "missing"
    if all(each is None for each in values) and missing in {"missing", "ignore"}:
        return "INSUFFICIENT_DATA" if missing == "missing" else str(alarm["StateValue"])
    breaches = _BREACHES[alarm["ComparisonOperator"]]
    breaching = sum(
        missing == "breaching" if each is None else breaches(each, alarm["Threshold"])
        for each in values
    )
    needed = alarm.get("DatapointsToAlarm") or alarm["EvaluationPeriods"]
    return "ALARM" if breaching >= needed else "OK"
