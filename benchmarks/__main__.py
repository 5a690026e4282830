"""Measures a whole stack of its own and prints what it found.

The stack has a state folder that is thrown away; it shares the checkout's images, language model
and page. Writes `benchmarks/results/latest.json` and `latest.md`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks import idle, language, latency, report, starts, training
from benchmarks.floor import echoing
from benchmarks.machine import machine
from benchmarks.report import Section
from benchmarks.stack import Run, running

NAMES = ("language", "latency", "training", "start", "idle")


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--only", type=_names, default=NAMES, help=f"with commas between: {', '.join(NAMES)}"
    )
    parser.add_argument("--sentences", type=_count, default=500, help="to understand (500)")
    parser.add_argument("--messages", type=_count, default=60, help="of each kind (60)")
    parser.add_argument("--warm-up", type=_count, default=5, help="messages before those (5)")
    parser.add_argument("--trainings", type=_count, default=5, help="one after the other (5)")
    parser.add_argument("--settle", type=float, default=45.0, help="seconds before weighing (45)")
    return parser.parse_args(arguments)


def _names(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    unknown = sorted(set(names) - set(NAMES))
    if unknown:
        raise argparse.ArgumentTypeError(
            f"no benchmark is called {', '.join(unknown)}; there are {', '.join(NAMES)}"
        )
    return names


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is no number above zero")
    return int(text)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _first_start(options: argparse.Namespace, base: Path) -> tuple[Run, list[Section]]:
    """What is measured on a new stack."""
    found: list[Section] = []
    _say("Starting a stack of its own …")
    with running(base / "stack") as run:
        _say(f"Ready after {run.ready_seconds:.0f} s.")
        if "latency" in options.only:
            _say(f"Latency: {options.messages} messages of each kind …")
            with echoing(base / "echo") as echo:
                found.append(
                    latency.measure(run, echo, messages=options.messages, warm_up=options.warm_up)
                )
        if "training" in options.only:
            _say(f"Training: {options.trainings} times …")
            found.append(training.measure(run, trainings=options.trainings))
    return run, found


def _second_start(options: argparse.Namespace, base: Path, first: Run) -> list[Section]:
    """What is measured on a stack that finds its data again."""
    found: list[Section] = []
    _say("Starting again …")
    with running(base / "stack") as run:
        _say(f"Ready after {run.ready_seconds:.0f} s.")
        if "start" in options.only:
            found.append(starts.section(first, run, starts.burnt(run)))
        if "idle" in options.only:
            found.append(idle.measure(run, settle=options.settle))
    return found


def _stacked(options: argparse.Namespace, base: Path) -> list[Section]:
    """What is measured on whole stacks."""
    if not set(NAMES[1:]) & set(options.only):
        return []
    first, sections = _first_start(options, base)
    if {"start", "idle"} & set(options.only):
        sections += _second_start(options, base, first)
    return sections


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for and return the exit code."""
    options = _options(arguments)
    about = machine()
    alone = [language.measure(sentences=options.sentences)] if "language" in options.only else []
    with tempfile.TemporaryDirectory(prefix="cooper-bench-") as folder:
        base = Path(folder)
        # Postgres has a user of its own where we are root, who must pass through.
        base.chmod(0o711)
        sections = alone + _stacked(options, base)
    path = report.write(about, sections)
    print(report.markdown(about, sections))
    _say(f"Written to {path} and {path.with_suffix('.md').name} beside it.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
