"""Buckets of numbers: the reference's deciles, with heavy values kept apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from monitoring.arrays import Counts, Flags, Floats, comparable

_DECILES = 10


@dataclass(frozen=True, slots=True, eq=False)
class Buckets:
    """Cuts of the number line, ascending: one bucket below each edge and one above the last.

    Where `closed`, the bucket below an edge holds the edge itself (x ≤ edge), else it does not
    (x < edge). An edge that stands twice, open and then closed, has a bucket of its own.
    """

    edges: Floats
    closed: Flags

    def count(self, values: Floats) -> Counts:
        """How many of the values lie in each bucket; one count more than there are edges.

        Comparing all values with each of a few edges is ten times as fast as sorting them.
        """
        edges, values = comparable(self.edges, values)
        reached = [
            np.count_nonzero(values <= edge if closed else values < edge)
            for edge, closed in zip(edges, self.closed, strict=True)
        ]
        return np.diff(reached, prepend=0, append=len(values)).astype(np.int64)


def decile_buckets(ordered: Floats) -> Buckets:
    """Ten buckets of equally many of the sorted values, as far as ties allow.

    A value that holds a tenth of the rows or more gets a bucket of its own, and where there are ten
    distinct values or fewer each of them does: a constant that moves, down or up, or a new value
    between two known ones is seen. Deciles are values that occur (the inverse of the distribution
    function), so infinite ones do no harm. No values: one bucket for all.
    """
    count = len(ordered)
    if not count:
        return Buckets(np.empty(0), np.empty(0, dtype=np.bool_))
    ends = np.append(np.flatnonzero(ordered[1:] != ordered[:-1]), count - 1)
    if len(ends) <= _DECILES:
        return _cut(ordered[ends], np.ones(len(ends), dtype=np.bool_))
    ranks = -(-count * np.arange(1, _DECILES) // _DECILES) - 1
    values = np.unique(ordered[ranks])
    held = np.searchsorted(ordered, values, "right") - np.searchsorted(ordered, values, "left")
    return _cut(values, held * _DECILES >= count)


def _cut(values: Floats, apart: Flags) -> Buckets:
    """An edge at each value, two where the value stands apart."""
    times = 1 + apart.astype(np.int64)
    edges = np.repeat(values, times)
    closed = np.ones(len(edges), dtype=np.bool_)
    closed[np.cumsum(times)[apart] - 2] = False
    return Buckets(edges, closed)
