"""From a measured effect to a finding: the threshold decides, where chance alone would not reach it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from monitoring import chance
from monitoring.findings import Finding, Scalar, Verdict
from monitoring.monitors import Monitor


@dataclass(frozen=True, slots=True)
class Measure:
    """An effect and its threshold. It is an alert from the threshold on, or `below` it.

    `chances` are the shares of such windows that would reach the threshold, and the value that was
    found, with nothing changed. `rows` is how many were looked at.
    """

    value: float
    threshold: float
    rows: int
    chances: tuple[float, float] = (0.0, 0.0)
    p_value: float | None = None
    below: bool = False
    detail: Mapping[str, Scalar] = field(default_factory=dict)

    @property
    def is_beyond(self) -> bool:
        return self.value < self.threshold if self.below else self.value >= self.threshold

    @property
    def has_enough_rows(self) -> bool:
        """Whether the effect alone may decide; with fewer rows it must be beyond chance as well."""
        of_threshold, of_value = self.chances
        return of_threshold <= chance.MOST or (self.is_beyond and of_value <= chance.MOST)


def judge(
    monitor: Monitor, measure: Measure, column: str | None = None, part: str | None = None
) -> Finding:
    """The finding; without a verdict where the rows are too few to tell the effect from chance."""
    detail = {"rows": measure.rows, **measure.detail}
    verdict = Verdict.ALERT if measure.is_beyond else Verdict.OK
    if not measure.has_enough_rows:
        verdict = Verdict.NO_DATA
        detail["reason"] = (
            f"{measure.rows:,} rows are too few for a threshold of {measure.threshold:.4g}: with "
            f"nothing changed, {measure.chances[0]:.1%} of such windows would reach it."
        )
    return Finding(
        monitor.name,
        monitor.check,
        column,
        part,
        measure.value,
        measure.threshold,
        measure.p_value,
        verdict,
        monitor.severity,
        detail,
    )


def unjudged(
    monitor: Monitor, reason: str, column: str | None = None, part: str | None = None
) -> Finding:
    """A finding without a value."""
    return Finding(
        monitor.name,
        monitor.check,
        column,
        part,
        None,
        monitor.default_threshold(),
        None,
        Verdict.NO_DATA,
        monitor.severity,
        {"reason": reason},
    )
