"""Measures drift statistics in one run: ours, scipy's by hand, Evidently's, NannyML's.

`python -m benchmarks.monitoring`: 15 columns of numbers and 5 of text, a million rows in the reference
and as many in the window; each tool in its own environment, one after the other, with the data loaded
and the libraries warm before the clock starts. Prints a table and writes `results/monitoring.md`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.machine import machine
from benchmarks.monitoring.processes import ENVIRONMENTS, ask
from benchmarks.report import RESULTS, Section, markdown, seconds, table

_NAMES = {
    "cooper": "Cooper",
    "scipy": "scipy + polars",
    "evidently": "Evidently",
    "nannyml": "NannyML",
}
_CLOCKS = ("wall", "cpu")
Found = Mapping[str, Any]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.monitoring", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="of each side (1,000,000)")
    parser.add_argument("--repeats", type=int, default=5, help="of each step; the least counts (5)")
    options = parser.parse_args(arguments)
    about = machine()
    found = {tool: ask("speed", tool, options.rows, options.repeats) for tool in ENVIRONMENTS}
    section = _section(found, options.rows, options.repeats)
    text = markdown(about, [section])
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "monitoring.md").write_text(text)
    print(text)


def _section(found: Mapping[str, Found], rows: int, repeats: int) -> Section:
    columns = (
        "",
        "reference once",
        "KS + chi²",
        "CPU",
        "PSI",
        "CPU",
        "most memory",
        "D or χ² off by",
    )
    lines = [_line(tool, each, found["scipy"]) for tool, each in found.items()]
    ratios = {
        f"{tests}, {_NAMES[tool]} / Cooper, {what}": _ratio(
            found[tool], found["cooper"], step, with_reference=ours
        )
        for step, tests, tools in (
            ("tests", "KS + chi²", ("evidently", "nannyml")),
            ("psi", "PSI", ("evidently",)),
        )
        for tool in tools
        for what, ours in (("the check", False), ("with the reference", True))
    }
    drawn = table(
        ("ratio of times", "wall", "CPU"),
        [(name, *(f"{value:.1f}" for value in pair)) for name, pair in ratios.items()],
    )
    note = (
        f"{rows:,} rows in the reference and as many in the window; the least of {repeats} after one "
        "to warm up; memory is the data and what was added, over the data.\n\n" + drawn
    )
    figures = {"memory": _most(found["cooper"]), "ratios": ratios, "tools": dict(found)}
    return Section("monitoring", "Drift statistics", columns, tuple(lines), figures, note)


def _line(tool: str, found: Found, exact: Found) -> tuple[str, ...]:
    steps = found["steps"]
    cells = [
        (step, clock)
        for step, clocks in (("reference", ("wall",)), ("tests", _CLOCKS), ("psi", _CLOCKS))
        for clock in clocks
    ]
    shown = [seconds(steps[step][clock]) if step in steps else "–" for step, clock in cells]
    off = _off(found["distances"], exact["distances"])
    return (_NAMES[tool], *shown, f"{_most(found):.2f} ×", off)


def _ratio(theirs: Found, ours: Found, step: str, *, with_reference: bool) -> tuple[float, ...]:
    """Their time over ours. The work on the reference is counted for both or for neither.

    Evidently does it anew in every check, so for Evidently the check is all there is.
    """
    steps = ("reference", step) if with_reference else (step,)
    return tuple(_total(theirs, steps, clock) / _total(ours, steps, clock) for clock in _CLOCKS)


def _total(found: Found, steps: Sequence[str], clock: str) -> float:
    return sum(found["steps"][step][clock] for step in steps if step in found["steps"])


def _most(found: Found) -> float:
    return max(step["peak"] for step in found["steps"].values()) / found["data"]


def _off(distances: Mapping[str, float], exact: Mapping[str, float]) -> str:
    """The largest difference from scipy: absolute for D, relative for chi-squared."""
    if not distances:
        return "–"
    gaps = [
        abs(distances[name] - value) / (value if name.startswith("c") else 1)
        for name, value in exact.items()
    ]
    return f"{max(gaps):.1g}"


if __name__ == "__main__":
    sys.exit(main())
