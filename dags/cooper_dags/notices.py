"""What people are to hear of a window's findings: what fires, and what no longer does. Pure."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any, Literal

_A_DELIVERY = 200
"""Notices that are sent together: far below the size that is taken."""
_NAMES = {
    "multivariate_drift": "ROC AUC of telling the window from the training data",
    "concept_drift": "change of the mean error",
    "class_imbalance": "share of the most frequent class",
    "missing_values": "rise of the share of missing values",
    "values_range": "share outside the range of the training data",
    "new_values": "share of categories that the training data has not",
    "value_types": "share of values of another type",
    "activity": "rows, of those expected",
    "staleness": "days",
}
_STATISTICS = {
    "jensen_shannon": "Jensen-Shannon distance",
    "psi": "PSI",
    "ks": "KS D",
}

_OF_METRICS = {"bias": "difference of ", "estimated_performance": "estimated "}


@dataclass(frozen=True, slots=True)
class Notice:
    """One alert, as `POST /alerts/monitor` takes it."""

    monitor: str
    check: str
    column: str | None
    slice: str | None
    severity: str
    status: Literal["firing", "resolved"]
    value: float | None
    threshold: float | None
    detail: str

    @property
    def subject(self) -> tuple[str, str, str, str]:
        """What it is about; it fires and ends under this name."""
        return self.monitor, self.check, self.column or "", self.slice or ""

    def document(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Settled:
    """What to send, and what fires when that was taken."""

    notices: tuple[Notice, ...]
    firing: tuple[Notice, ...]


def settle(
    findings: Iterable[Any],
    statistics: dict[str, str],
    before: Sequence[Notice],
    is_watched: Callable[[Notice], bool],
) -> Settled:
    """Compare what fired before with what was found.

    What could not be judged goes on as it was: having no data is no all-clear.

    Args:
        findings: `monitoring.findings.Finding`s of the window.
        statistics: The statistic of each monitor of drift, by the monitor's name.
        before: What fired before the window's end.
        is_watched: Whether what fired is still looked at.
    """
    known = {
        (each.monitor, each.check, each.column or "", each.slice or ""): each for each in findings
    }
    firing = {
        key: _firing(each, statistics) for key, each in known.items() if each.verdict == "alert"
    }
    ended, going_on = [], []
    for notice in before:
        if notice.subject in firing:
            continue
        found = known.get(notice.subject)
        if found is not None and found.verdict == "ok":
            ended.append(
                _resolved(
                    notice,
                    _finite(found.value),
                    _finite(found.threshold),
                    _told(found, statistics),
                )
            )
        elif not is_watched(notice):
            ended.append(_resolved(notice, None, None, "It is no longer watched."))
        else:
            going_on.append(notice)
    notices = (*firing.values(), *ended)
    return Settled(
        tuple(sorted(notices, key=lambda each: each.subject)),
        tuple(sorted((*firing.values(), *going_on), key=lambda each: each.subject)),
    )


def deliveries(notices: Sequence[Notice]) -> Iterator[tuple[str, list[Notice]]]:
    """The notices by monitor, each lot with a name that stays the same when it is sent again."""
    for monitor, found in groupby(notices, key=lambda each: each.monitor):
        lot = list(found)
        for place, start in enumerate(range(0, len(lot), _A_DELIVERY)):
            yield f"{monitor}/{place}", lot[start : start + _A_DELIVERY]


def parse(documents: Iterable[dict[str, Any]]) -> tuple[Notice, ...]:
    """Read notices as `Notice.document` writes them."""
    return tuple(Notice(**each) for each in documents)


def _firing(finding: Any, statistics: dict[str, str]) -> Notice:
    return Notice(
        finding.monitor,
        finding.check,
        finding.column,
        finding.slice,
        finding.severity,
        "firing",
        _finite(finding.value),
        _finite(finding.threshold),
        _told(finding, statistics),
    )


def _resolved(before: Notice, value: float | None, threshold: float | None, detail: str) -> Notice:
    return Notice(
        before.monitor,
        before.check,
        before.column,
        before.slice,
        before.severity,
        "resolved",
        value,
        threshold,
        detail,
    )


def _finite(figure: float | None) -> float | None:
    """JSON knows no others."""
    return figure if figure is not None and math.isfinite(figure) else None


def _told(finding: Any, statistics: dict[str, str]) -> str:
    """The figures in a sentence; the names of column and slice stand beside it."""
    metric = finding.detail.get("metric")
    if metric:
        name = f"{_OF_METRICS.get(finding.check, '')}{metric}"
    else:
        statistic = statistics.get(finding.monitor, "")
        name = _STATISTICS.get(statistic) or _NAMES[finding.check]
    rows = finding.detail.get("rows")
    of = f" over {rows:,} rows" if isinstance(rows, int) else ""
    text = f"{name} is {finding.value:.4g}, the bound {finding.threshold:.4g}{of}"
    by_chance = finding.p_value
    if by_chance is None:
        return f"{text}."
    return f"{text}; p < 0.001." if by_chance < 0.001 else f"{text}; p = {by_chance:.2g}."
