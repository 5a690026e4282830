"""Series of seconds and what is said of them. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


def percentile(values: Sequence[float], percent: float) -> float:
    """The value below which `percent` of the values lie, interpolated linearly between neighbours.

    Raises ValueError for no values, or a percentage outside 0 to 100.
    """
    if not values:
        raise ValueError("no values")
    if not 0 <= percent <= 100:
        raise ValueError(f"{percent} is no percentage")
    ordered = sorted(values)
    place = (len(ordered) - 1) * percent / 100
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


@dataclass(frozen=True, slots=True)
class Summary:
    """A series in four figures, in the unit of its values."""

    count: int
    mean: float
    p50: float
    p99: float

    def as_json(self) -> dict[str, float]:
        """The figures by name, rounded to the millisecond."""
        exact = {"mean": self.mean, "p50": self.p50, "p99": self.p99}
        return {"count": self.count} | {name: round(value, 4) for name, value in exact.items()}


def summarise(values: Sequence[float]) -> Summary:
    """Raises ValueError for no values."""
    return Summary(
        count=len(values),
        mean=statistics.fmean(values) if values else 0.0,
        p50=percentile(values, 50),
        p99=percentile(values, 99),
    )


Milestones = Mapping[str, float]
"""What was reached when, in order: names to seconds since the epoch. The first is the beginning."""


def segments(milestones: Milestones) -> dict[str, float]:
    """Seconds from each milestone to the next, by the later one's name; they sum up to the whole.

    Clocks of several processes meet here: a milestone that seems to lie before its predecessor
    counts as reached with it.
    """
    found: dict[str, float] = {}
    names = list(milestones)
    last = milestones[names[0]]
    for name in names[1:]:
        reached = max(last, milestones[name])
        found[name] = reached - last
        last = reached
    return found


def by_segment(runs: Sequence[Milestones]) -> dict[str, Summary]:
    """Each segment over all runs. All runs have the same milestones."""
    split = [segments(run) for run in runs]
    return {name: summarise([each[name] for each in split]) for name in split[0]}


def whole(milestones: Milestones, until: str | None = None) -> float:
    """Seconds from the first milestone to `until`, or to the last one."""
    times = list(milestones.values())
    return (milestones[until] if until else times[-1]) - times[0]
