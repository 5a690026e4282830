"""A training job's metrics, read from its log by the regular expressions of MetricDefinitions."""

from __future__ import annotations

import re
import threading
import time
from typing import Any


class MetricReader:
    """Keeps the last value of each metric."""

    def __init__(self, definitions: list[dict[str, str]]) -> None:
        """Compile the definitions. Raises ValueError for a regex that is none or has no group."""
        self._patterns = []
        for each in definitions:
            try:
                pattern = re.compile(each["Regex"])
            except re.error as error:
                raise ValueError(
                    f"the regex of metric {each['Name']!r} is invalid: {error}"
                ) from error
            self._patterns.append((each["Name"], pattern))
        self._lock = threading.Lock()
        self._last: dict[str, tuple[float, float]] = {}

    def read(self, line: str) -> dict[str, float]:
        """Return the metrics the line holds, which may be none."""
        found: dict[str, float] = {}
        for name, pattern in self._patterns:
            for match in pattern.finditer(line):
                value = _number(match)
                if value is not None:
                    found[name] = value
        now = time.time()
        with self._lock:
            self._last |= {name: (value, now) for name, value in found.items()}
        return found

    def final(self) -> list[dict[str, Any]]:
        """Return FinalMetricDataList."""
        with self._lock:
            return [
                {"MetricName": name, "Value": value, "Timestamp": at}
                for name, (value, at) in self._last.items()
            ]


def _number(match: re.Match[str]) -> float | None:
    try:
        return float(match[1] if match.re.groups else match[0])
    except (TypeError, ValueError):
        return None
