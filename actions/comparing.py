"""Two evaluations side by side: what changed, which is better, and where they differ most. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from actions.ports import Evaluation
from actions.project import Project
from actions.versions import goals, leading_first

LATENCY, SIZE = "latency", "size"


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure of both. `more` is whether more is better; None: the project does not say."""

    name: str
    before: float | None
    after: float | None
    more: bool | None

    @property
    def change(self) -> float | None:
        """How much more the second has."""
        if self.before is None or self.after is None:
            return None
        return self.after - self.before

    @property
    def gain(self) -> int | None:
        """1: the second is better, -1: worse, 0: the same; None: nobody can say."""
        change = self.change
        if change is None or self.more is None:
            return None
        return 0 if change == 0 else (1 if (change > 0) == self.more else -1)


@dataclass(frozen=True, slots=True)
class ComparedSlice:
    """One figure of both on the rows in which `column` has `value`."""

    column: str
    value: str
    rows: int
    figure: Compared


def spoken(others: Sequence[Compared], before: str, after: str) -> str:
    """For which of the two versions the metrics speak that do not lead; empty where all lead."""
    votes = (
        (after, sum(each.gain == 1 for each in others)),
        (before, sum(each.gain == -1 for each in others)),
    )
    said = [(name, count) for name, count in votes if count]
    match len(others), said:
        case 0, _:
            return ""
        case 1, []:
            return " The other metric is the same."
        case 1, [(name, _)]:
            return f" The other metric speaks for {name}."
        case many, []:
            return f" The {many} other metrics are the same."
    words = [f"{count} {'speaks' if count == 1 else 'speak'} for {name}" for name, count in said]
    return f" Of the {len(others)} other metrics, {' and '.join(words)}."


def metrics(spec: Project, before: Evaluation, after: Evaluation) -> list[Compared]:
    """Every metric of either, the project's own first."""
    more = goals(spec)
    return [
        Compared(name, before.metrics.get(name), after.metrics.get(name), more.get(name))
        for name in leading_first(spec, [*before.metrics, *after.metrics])
    ]


def costs(before: Evaluation, after: Evaluation) -> list[Compared]:
    """Latency in milliseconds and size in bytes, where either has them."""
    found = [
        Compared(LATENCY, before.latency_ms, after.latency_ms, more=False),
        Compared(SIZE, before.size_bytes, after.size_bytes, more=False),
    ]
    return [each for each in found if each.before is not None or each.after is not None]


def slices(spec: Project, before: Evaluation, after: Evaluation, most: int) -> list[ComparedSlice]:
    """Where the first of the project's metrics that slices have changed most; largest first."""
    parts = {(part.column, part.value): part for part in before.slices}
    for name, more in goals(spec).items():
        both = [
            ComparedSlice(
                part.column,
                part.value,
                part.rows,
                Compared(name, earlier.metrics[name], part.metrics[name], more),
            )
            for part in after.slices
            if name in part.metrics
            and (earlier := parts.get((part.column, part.value))) is not None
            and name in earlier.metrics
        ]
        if both:
            changed = [each for each in both if each.figure.change]
            return sorted(changed, key=lambda each: -abs(each.figure.change or 0))[:most]
    return []


def bounds(spec: Project) -> Mapping[str, float]:
    """The bound that each metric must keep, on the side of its goal."""
    return dict(_bounds(spec))


def _bounds(spec: Project) -> Iterator[tuple[str, float]]:
    for metric in spec.metrics:
        if metric.thresholds is not None:
            most = metric.thresholds.min if metric.goal == "maximise" else metric.thresholds.max
            if most is not None:
                yield metric.name, most
