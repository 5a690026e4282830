"""The history of a training's metrics, read from its log as SageMaker reads them. Pure."""

import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from cooper_dags.logs import Line

_EPOCH = re.compile(r"\bepoch\b\W{0,3}(\d{1,9})\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a metric. `timestamp` in milliseconds since 1970."""

    name: str
    value: float
    timestamp: int
    step: int


def points(lines: Iterable[Line], metrics: list[dict[str, Any]]) -> list[Point]:
    """Every value that the plan's regular expressions find, in the order of the lines.

    A value's step is the epoch that its line names, else how many values of the metric came before.
    """
    patterns = [
        (metric["name"], re.compile(metric["regex"])) for metric in metrics if metric["regex"]
    ]
    seen: Counter[str] = Counter()
    found: list[Point] = []
    for line in lines:
        epoch = _EPOCH.search(line.text)
        for name, pattern in patterns:
            for match in pattern.finditer(line.text):
                value = _number(match)
                if value is None:
                    continue
                step = int(epoch[1]) if epoch else seen[name]
                seen[name] += 1
                found.append(Point(name, value, line.timestamp, step))
    return found


def _number(match: re.Match[str]) -> float | None:
    try:
        value = float(match[1] if match.re.groups else match[0])
    except (TypeError, ValueError):
        return None
    return value if math.isfinite(value) else None
