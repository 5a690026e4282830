"""What the stack holds and burns while nobody asks anything."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping

import psutil

from benchmarks.report import Section
from benchmarks.stack import Run
from infra.local.stack.layout import Layout
from infra.local.stack.supervisor import Supervisor

GOAL_BYTES = 4.5 * 2**30
CPU_SECONDS = 20.0
OWNER = "make up"


def _named_pids(run: Run) -> dict[int, str]:
    """The name of the process manager's every program, by its process id."""
    infos = Supervisor(Layout.at(run.stack.state), ()).info()
    return {info["pid"]: name for name, info in infos.items() if info["pid"]}


def processes(run: Run) -> dict[str, list[psutil.Process]]:
    """All processes of the stack by name; children count to the program that started them."""
    owner = psutil.Process(run.pid)
    names = _named_pids(run)
    found: dict[str, list[psutil.Process]] = {OWNER: [owner]}
    for process, name in _walk(owner, OWNER, names):
        found.setdefault(name, []).append(process)
    return found


def _walk(
    parent: psutil.Process, name: str, names: Mapping[int, str]
) -> Iterator[tuple[psutil.Process, str]]:
    for child in parent.children():
        its_name = names.get(child.pid, "supervisor" if name == OWNER else name)
        yield child, its_name
        yield from _walk(child, its_name, names)


def _pss(members: list[psutil.Process]) -> int:
    """Proportional set size in bytes: shared pages count once over all who share them."""
    total = 0
    for process in members:
        try:
            total += process.memory_full_info().pss
        except psutil.NoSuchProcess:
            continue
    return total


def cpu_seconds(members: list[psutil.Process]) -> float:
    """What the processes have burnt so far, with those of their children that have ended."""
    total = 0.0
    for process in members:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total


def measure(run: Run, *, settle: float) -> Section:
    """Wait `settle` seconds for quiet, then weigh every process."""
    time.sleep(settle)
    groups = processes(run)
    before = {name: cpu_seconds(members) for name, members in groups.items()}
    began = time.monotonic()
    time.sleep(CPU_SECONDS)
    lasted = time.monotonic() - began
    burnt = {
        name: (cpu_seconds(members) - before[name]) / lasted for name, members in groups.items()
    }
    weights = {name: _pss(members) for name, members in groups.items()}
    total = sum(weights.values())
    rows = [_row("**whole stack**", total, sum(burnt.values()), sum(map(len, groups.values())))]
    rows += [
        _row(f"· {name}", weights[name], burnt[name], len(groups[name]))
        for name in sorted(weights, key=lambda each: -weights[each])
    ]
    met = "met" if total <= GOAL_BYTES else "missed"
    return Section(
        name="idle",
        title="Idle memory",
        columns=("", "PSS", "CPU", "processes"),
        rows=tuple(rows),
        figures={
            "bytes": total,
            "goal_bytes": int(GOAL_BYTES),
            "by_process": weights,
            "cpu_percent": {name: round(100 * each, 2) for name, each in burnt.items()},
        },
        note=(
            f"Goal: at most {GOAL_BYTES / 2**30:.1f} GiB: {met}. After a second start and "
            f"{settle:.0f} s of quiet, no endpoint deployed; the CPU share of one core over "
            f"{CPU_SECONDS:.0f} s."
        ),
    )


def _row(name: str, held: int, burnt: float, count: int) -> tuple[str, ...]:
    return (name, f"{held / 2**20:.0f} MiB", f"{burnt:.1%}", str(count))
