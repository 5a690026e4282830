"""Measures how alerts come in, and prints tables.

`python -m benchmarks.alerts [--alertmanager BINARY] [--seconds 8] [--rounds 3] [--connections 32]`

At saturation, ours (one process and a durable Postgres) and Alertmanager (in memory) in turn, with the
same client, connections and alerts; then 20,000 alerts of 500 fingerprints in 60 s. Beside each of
ours a probe stores envelopes as events of Slack are stored.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.alerts import payloads, servers
from benchmarks.alerts.client import Load, pace, request, saturate
from benchmarks.figures import percentile
from benchmarks.machine import machine
from benchmarks.report import table

_SIZES = (1, 100)
_PROBES_A_SECOND = 20


@dataclass(frozen=True)
class Measured:
    """One measurement: the load, the probe beside it, and where ours spent its time."""

    load: Load
    probe: Load | None
    parts: dict[str, Any]


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.alerts", description=__doc__)
    parser.add_argument("--alertmanager", type=Path, help="its binary; found on PATH otherwise")
    parser.add_argument("--seconds", type=float, default=8.0, help="of each at saturation (8)")
    parser.add_argument("--rounds", type=int, default=3, help="of each at saturation (3)")
    parser.add_argument("--connections", type=int, default=32, help="of the client (32)")
    parser.add_argument("--paced", type=float, default=60.0, help="seconds at a fixed rate (60)")
    return parser.parse_args(arguments)


def _parts(port: int) -> dict[str, Any]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/parts") as answer:
        return dict(json.load(answer))


async def _probes(port: int, seconds: float) -> Load:
    message = request("/probe", b"", {})
    count = int(seconds * _PROBES_A_SECOND)
    return await pace(port, [message], connections=4, count=count, seconds=seconds)


async def _beside(port: int, main: Any, seconds: float) -> tuple[Load, Load]:
    load, probe = await asyncio.gather(main, _probes(port, seconds))
    return load, probe


def _ours(port: int, main: Any, seconds: float) -> Measured:
    _parts(port)
    load, probe = asyncio.run(_beside(port, main, seconds))
    return Measured(load, probe, _parts(port))


def _milliseconds(load: Load, percent: float) -> str:
    return f"{percentile(load.latencies, percent) * 1000:.1f}"


def _row(name: str, each: int, found: Sequence[Measured]) -> tuple[str, ...]:
    rates = [one.load.rate * each for one in found]
    middle = sorted(found, key=lambda one: one.load.rate)[len(found) // 2]
    others = sum(one.load.statuses.total() - one.load.accepted for one in found)
    return (
        name,
        f"{statistics.median(rates):,.0f}",
        f"{min(rates):,.0f}-{max(rates):,.0f}",
        _milliseconds(middle.load, 50),
        _milliseconds(middle.load, 99),
        f"{middle.load.cpu_seconds / middle.load.seconds:.0%}",
        str(others),
    )


def _breakdown(name: str, measured: Measured) -> tuple[str, ...]:
    parts = measured.parts
    commits, stored = parts["commit"], parts["stored after"]
    commit = commits["seconds"] / commits["count"]
    whole = stored["seconds"] / stored["count"]
    probe = measured.probe
    assert probe is not None
    return (
        name,
        f"{parts['parse']['seconds'] / parts['parse']['count'] * 1e6:.1f}",
        f"{max(0.0, whole - commit) * 1000:.2f}",
        f"{commit * 1000:.2f}",
        f"{parts['together']['count'] / commits['count']:.0f}",
        f"{_milliseconds(probe, 50)} / {_milliseconds(probe, 99)}",
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it; 1 where an accepted alert was not found in the database."""
    options = _options(arguments)
    binary = servers.find_alertmanager(options.alertmanager)
    if binary is None:
        print(servers.HOW_TO_GET, file=sys.stderr)
    about = machine()
    shape = {"connections": options.connections, "seconds": options.seconds}
    rows: list[tuple[str, ...]] = []
    parts: list[tuple[str, ...]] = []
    ratios: list[str] = []
    accepted = 0
    with servers.postgres() as url, servers.cooper(url) as port:
        alone = asyncio.run(_probes(port, options.seconds))
        latencies = f"{_milliseconds(alone, 50)} / {_milliseconds(alone, 99)}"
        parts.append(("no alerts", "", "", "", "", latencies))
        for each in _SIZES:
            mine, theirs = [], []
            for _ in range(options.rounds):
                messages = payloads.for_cooper(each)
                mine.append(_ours(port, saturate(port, messages, **shape), options.seconds))
                if binary is not None:
                    messages = payloads.for_alertmanager(each)
                    with servers.alertmanager(binary) as other:
                        load = asyncio.run(saturate(other, messages, **shape))
                    theirs.append(Measured(load, None, {}))
            accepted += sum(one.load.accepted for one in mine) * each
            rows.append(_row(f"Cooper, {each} a POST", each, mine))
            parts.append(_breakdown(f"saturated, {each} a POST", mine[-1]))
            if theirs:
                rows.append(_row(f"Alertmanager, {each} a POST", each, theirs))
                found = [a.load.rate / b.load.rate for a, b in zip(mine, theirs, strict=True)]
                ratios.append(f"{each} a POST: {statistics.median(found):.2f}")
        count = int(20_000 / 60 * options.paced)
        steady = pace(
            port,
            payloads.for_cooper(1),
            connections=options.connections,
            count=count,
            seconds=options.paced,
        )
        paced = _ours(port, steady, options.paced)
        accepted += paced.load.accepted
        rows.append(_row(f"Cooper, {count:,} in {options.paced:.0f} s", 1, [paced]))
        parts.append(_breakdown(f"{count:,} in {options.paced:.0f} s", paced))
        with psycopg.connect(url) as connection:
            [stored] = connection.execute("SELECT count(*) FROM alerts").fetchone() or [0]
    print(f"Machine: {', '.join(f'{name} {value}' for name, value in about.items())}.\n")
    columns = ("", "alerts/s", "range", "p50 ms", "p99 ms", "client's CPU", "refused")
    print(table(columns, rows) + "\n")
    columns = ("", "parse µs", "wait ms", "commit ms", "together", "probe p50 / p99 ms")
    print(table(columns, parts) + "\n")
    for ratio in ratios:
        print(f"Cooper's rate over Alertmanager's, {ratio}")
    print(f"Accepted {accepted:,}, in the database {stored:,}.")
    return 0 if stored == accepted else 1


if __name__ == "__main__":
    sys.exit(main())
