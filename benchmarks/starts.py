"""The second start: SIGTERM, then again until ready, and what each process took."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.idle import cpu_seconds, processes
from benchmarks.report import Section
from benchmarks.stack import Run

GOAL_SECONDS = 60.0
_STEP = re.compile(r"^  \S+ (?P<name>.+?) +(?P<seconds>\d+\.\d) s$")


@dataclass(frozen=True, slots=True)
class Step:
    """A line of a start. Seconds; `ready` counts from the beginning of the whole start."""

    name: str
    took: float
    ready: float


def steps(lines: Sequence[tuple[float, str]]) -> list[Step]:
    """The steps that a start printed, in the order of their ends."""
    found = []
    for at, text in lines:
        match = _STEP.match(text)
        if match:
            found.append(Step(match["name"], float(match["seconds"]), at))
    return found


def burnt(run: Run) -> dict[str, float]:
    """CPU seconds of each process until now, the most first. `make up` includes the start's commands."""
    found = {name: cpu_seconds(members) for name, members in processes(run).items()}
    return dict(sorted(found.items(), key=lambda each: -each[1]))


def section(first: Run, second: Run, cpu: Mapping[str, float]) -> Section:
    """Both starts; the second one step by step, and what each process burnt until it was ready."""
    found = steps(second.lines)
    rows = [
        ("**first start (new state)**", "", f"{first.ready_seconds:.1f} s"),
        ("stop", f"{first.stop_seconds:.1f} s", ""),
        ("**second start**", "", f"{second.ready_seconds:.1f} s"),
    ]
    rows += [(f"· {step.name}", f"{step.took:.1f} s", f"{step.ready:.1f} s") for step in found]
    rows.append(("**CPU until then**", f"{sum(cpu.values()):.1f} s", ""))
    rows += [(f"· {name}", f"{seconds:.1f} s", "") for name, seconds in cpu.items()]
    met = "met" if second.ready_seconds <= GOAL_SECONDS else "missed"
    return Section(
        name="start",
        title="Second start",
        columns=("", "took", "ready at"),
        rows=tuple(rows),
        figures={
            "first_seconds": round(first.ready_seconds, 2),
            "stop_seconds": round(first.stop_seconds, 2),
            "second_seconds": round(second.ready_seconds, 2),
            "goal_seconds": GOAL_SECONDS,
            "cpu_seconds": {name: round(value, 2) for name, value in cpu.items()},
            "steps": {
                step.name: {"took": step.took, "ready": round(step.ready, 2)} for step in found
            },
        },
        note=(
            f"Goal: a second start within {GOAL_SECONDS:.0f} s: {met}. The first start has the "
            "environments, the language model, the page and the image built already."
        ),
    )
