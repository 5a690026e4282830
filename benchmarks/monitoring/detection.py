"""Which drifts are detected, and how often nothing is taken for one.

`python -m benchmarks.monitoring.detection`: drifts of known size, each drawn anew many times, judged by
our defaults, Evidently's and NannyML's. Prints a table and writes `results/detection.md`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence

from benchmarks.machine import machine
from benchmarks.monitoring.processes import ask
from benchmarks.report import RESULTS, Section, markdown

_TOOLS = ("cooper", "evidently", "nannyml")
_WAYS = ("Cooper", "Evidently", "NannyML", "drift alone", "PSI", "KS D", "ADWIN")
Shares = Mapping[str, float | None]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.monitoring.detection", description=__doc__
    )
    parser.add_argument("--rows", type=int, nargs="+", default=[200, 1_000, 10_000])
    parser.add_argument("--repeats", type=int, default=100, help="of each drift (100)")
    options = parser.parse_args(arguments)
    sections = [_section(rows, options.repeats) for rows in options.rows]
    text = markdown(machine(), sections)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "detection.md").write_text(text)
    print(text)


def _section(rows: int, repeats: int) -> Section:
    by_scenario: dict[str, dict[str, float | None]] = {}
    for tool in _TOOLS:
        for name, shares in ask("detect", tool, rows, repeats).items():
            by_scenario.setdefault(name, {}).update(shares)
    lines = [(name, *map(_percent, _in_order(each))) for name, each in by_scenario.items()]
    return Section(
        f"detection-{rows}",
        f"Windows of {rows:,} rows",
        ("drift", *_WAYS),
        tuple(lines),
        by_scenario,
        f"Share of {repeats} windows that alert; – where a way does not judge or does not apply.",
    )


def _in_order(shares: Shares) -> list[float | None]:
    return [shares.get(way) for way in _WAYS]


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}" if 0 < share < 0.02 else f"{share:.0%}"


if __name__ == "__main__":
    sys.exit(main())
