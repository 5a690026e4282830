"""The reference and the window in the same buckets, to be drawn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import polars as pl

from monitoring.buckets import Buckets
from monitoring.column_checks import summarise, tables
from monitoring.findings import Finding
from monitoring.profile import Column, NumberColumn, Profile

MOST_COLUMNS = 6
"""Columns that are drawn."""
_BARS = 12
_DRIFT = frozenset({"data_drift", "prediction_drift", "label_drift"})


@dataclass(frozen=True, slots=True)
class Histogram:
    """Shares of the rows, the reference's and the window's, for each of `labels`.

    The bars are the reference's buckets or most frequent categories; the last two are of the other
    categories and of missing values, where there are any.
    """

    column: str
    labels: tuple[str, ...]
    reference: tuple[float, ...]
    current: tuple[float, ...]

    def document(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "column": self.column,
            "labels": list(self.labels),
            "reference": [round(each, 6) for each in self.reference],
            "current": [round(each, 6) for each in self.current],
        }


def drifting(findings: Iterable[Finding]) -> list[str]:
    """The columns that drifted most against their threshold, and no more than are drawn."""
    size: dict[str, float] = {}
    for each in findings:
        if each.check not in _DRIFT or each.column is None:
            continue
        if each.value is None or not each.threshold:
            continue
        size[each.column] = max(size.get(each.column, 0.0), each.value / each.threshold)
    return sorted(size, key=lambda name: (-size[name], name))[:MOST_COLUMNS]


def histogram(profile: Profile, rows: pl.DataFrame, column: str) -> Histogram | None:
    """None where the reference or the window has nothing of the column."""
    reference = profile.columns.get(column)
    if reference is None or column not in rows.columns:
        return None
    before, now = tables(reference, summarise(rows[column], reference))
    if not before.sum() or not now.sum():
        return None
    bars = _grouped(reference, before.tolist(), now.tolist())
    return Histogram(
        column,
        tuple(label for label, _, _ in bars),
        tuple(count / int(before.sum()) for _, count, _ in bars),
        tuple(count / int(now.sum()) for _, _, count in bars),
    )


def _grouped(reference: Column, before: list[int], now: list[int]) -> list[tuple[str, int, int]]:
    """Label and both counts of each bar."""
    if isinstance(reference, NumberColumn):
        bars = list(zip(_ranges(reference.buckets), before, now, strict=False))
        # An open bucket between two values that stand apart holds nothing as a rule.
        bars = [bar for bar in bars if bar[1] or bar[2]]
        others = 0, 0
    else:
        kept = list(zip(reference.values, before, now, strict=False))
        bars, rare = kept[:_BARS], kept[_BARS:]
        others = (
            before[-2] + sum(count for _, count, _ in rare),
            now[-2] + sum(count for _, _, count in rare),
        )
    ending = [("other", *others), ("missing", before[-1], now[-1])]
    return bars + [bar for bar in ending if bar[1] or bar[2]]


def _ranges(buckets: Buckets) -> list[str]:
    """What people call each bucket; one that holds a single value, by the value."""
    edges = [f"{edge:.4g}" for edge in buckets.edges.tolist()]
    closed = buckets.closed.tolist()
    if not edges:
        return ["any"]
    names = [f"{'≤' if closed[0] else '<'} {edges[0]}"]
    for place in range(1, len(edges)):
        low, high = edges[place - 1], edges[place]
        if buckets.edges[place - 1] == buckets.edges[place]:
            names.append(high)
        else:
            names.append(f"{low} – {high}")
    return [*names, f"> {edges[-1]}" if closed[-1] else f"≥ {edges[-1]}"]
