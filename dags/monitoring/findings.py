"""What a check found, and the report of a window."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

VERSION = 1

Scalar = str | int | float | None


class Verdict(StrEnum):
    """`no_data` is no all-clear: the monitor could not judge, and says why."""

    OK = "ok"
    ALERT = "alert"
    NO_DATA = "no_data"


@dataclass(frozen=True, slots=True)
class Finding:
    """One monitor's result for a column, a slice or the whole window.

    `value` is the size of the effect in the check's own unit; `p_value` is told and never judged by.
    `detail` holds further figures; for `no_data` its `reason` is a sentence for people.
    """

    monitor: str
    check: str
    column: str | None
    slice: str | None
    value: float | None
    threshold: float | None
    p_value: float | None
    verdict: Verdict
    severity: str
    detail: Mapping[str, Scalar] = field(default_factory=dict)

    @property
    def reason(self) -> str | None:
        """Why there is no verdict."""
        reason = self.detail.get("reason")
        return reason if isinstance(reason, str) else None

    def document(self) -> dict[str, Any]:
        """As JSON values; a figure that is not finite is null."""
        found: dict[str, Any] = _plain(asdict(self))
        return found


@dataclass(frozen=True, slots=True)
class Skipped:
    """A column that nothing looked at, and why."""

    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """The findings of a window, in the order of monitors and columns."""

    start: datetime
    end: datetime
    rows: int
    reference_rows: int
    findings: tuple[Finding, ...]
    skipped: tuple[Skipped, ...]

    @property
    def alerts(self) -> tuple[Finding, ...]:
        return tuple(each for each in self.findings if each.verdict is Verdict.ALERT)

    @property
    def unjudged(self) -> tuple[Finding, ...]:
        return tuple(each for each in self.findings if each.verdict is Verdict.NO_DATA)

    def document(self) -> dict[str, Any]:
        """As JSON values; a figure that is not finite is null."""
        return {
            "version": VERSION,
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "rows": self.rows,
            "reference_rows": self.reference_rows,
            "alerts": len(self.alerts),
            "findings": [each.document() for each in self.findings],
            "skipped": [asdict(each) for each in self.skipped],
        }

    def to_json(self) -> bytes:
        """UTF-8, one line; the same report gives the same bytes."""
        text = json.dumps(
            self.document(),
            sort_keys=True,
            ensure_ascii=False,
            separators=(",", ":"),
            allow_nan=False,
        )
        return text.encode()


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value
