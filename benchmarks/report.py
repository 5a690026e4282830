"""What a benchmark found, as a table for people and as JSON. Rendering is pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.figures import Summary

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Section:
    """One benchmark's findings. The first column is text, the others are numbers."""

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    figures: Mapping[str, Any]
    note: str


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table with aligned columns; all but the first to the right."""
    lines = [list(columns), *[list(row) for row in rows]]
    widths = [max(len(line[place]) for line in lines) for place in range(len(columns))]

    def drawn(line: Sequence[str]) -> str:
        cells = [line[0].ljust(widths[0])]
        cells += [text.rjust(width) for text, width in zip(line[1:], widths[1:], strict=True)]
        return f"| {' | '.join(cells)} |"

    rule = [f"{'-' * widths[0]}", *[f"{'-' * (width - 1)}:" for width in widths[1:]]]
    return "\n".join([drawn(lines[0]), f"| {' | '.join(rule)} |", *map(drawn, lines[1:])])


def seconds(value: float) -> str:
    """Seconds as people read them: milliseconds below ten seconds."""
    return f"{value * 1000:.0f} ms" if value < 10 else f"{value:.1f} s"


def summary_row(name: str, found: Summary, total: float) -> tuple[str, ...]:
    """Name, mean, p50, p99 and the share of the mean in `total`."""
    share = f"{found.mean / total:.0%}" if total else ""
    return (name, seconds(found.mean), seconds(found.p50), seconds(found.p99), share)


SUMMARY_COLUMNS = ("", "mean", "p50", "p99", "share")


def markdown(machine: Mapping[str, Any], sections: Sequence[Section]) -> str:
    """The whole report."""
    about = ", ".join(f"{name} {value}" for name, value in machine.items())
    parts = [f"Machine: {about}."]
    for section in sections:
        parts.append(f"## {section.title}")
        parts.append(table(section.columns, section.rows))
        parts.append(section.note)
    return "\n\n".join(parts) + "\n"


def write(machine: Mapping[str, Any], sections: Sequence[Section], folder: Path = RESULTS) -> Path:
    """Write `latest.json` and `latest.md` and return the first's path."""
    folder.mkdir(exist_ok=True)
    found = {"machine": machine} | {each.name: each.figures for each in sections}
    path = folder / "latest.json"
    path.write_text(json.dumps(found, indent=2) + "\n")
    (folder / "latest.md").write_text(markdown(machine, sections))
    return path
