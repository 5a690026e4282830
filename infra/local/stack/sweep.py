"""Finds and ends what an earlier run of the same stack left behind. Never touches another stack's processes."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import psutil

from infra.local.stack.layout import STACK_ID_VARIABLE, Layout

_PATIENCE_SECONDS = 20
_RECORD = "processes.json"


def record(layout: Layout, infos: Iterable[dict[str, Any]]) -> None:
    """Note the process groups that belong to this stack (the pid of each process under the manager)."""
    groups = sorted(info["pid"] for info in infos if info["pid"])
    path = layout.state / _RECORD
    text = json.dumps(groups)
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def _recorded_groups(layout: Layout) -> set[int]:
    try:
        return {int(each) for each in json.loads((layout.state / _RECORD).read_text())}
    except (OSError, ValueError, TypeError):
        return set()


def _is_ours(process: psutil.Process, layout: Layout, groups: set[int]) -> bool:
    try:
        if process.environ().get(STACK_ID_VARIABLE) == layout.stack_id:
            return True
        # Programs that set their title overwrite the environment the kernel shows. Their group and
        # folder tell them, and a number that was given to somebody else since has another folder.
        if os.getpgid(process.pid) in groups:
            folder = Path(process.cwd())
            return folder == layout.checkout or layout.state in (folder, *folder.parents)
    except (psutil.Error, OSError):
        pass
    return False


def leftovers(layout: Layout) -> list[psutil.Process]:
    """Return the processes of this stack that run now, with their children, but this one."""
    groups = _recorded_groups(layout)
    found: dict[int, psutil.Process] = {}
    for process in psutil.process_iter():
        if process.pid != os.getpid() and _is_ours(process, layout, groups):
            found[process.pid] = process
            found |= {child.pid: child for child in _children(process)}
    found.pop(os.getpid(), None)
    return list(found.values())


def _children(process: psutil.Process) -> Iterator[psutil.Process]:
    try:
        yield from process.children(recursive=True)
    except psutil.Error:
        return


def sweep(layout: Layout) -> int:
    """End every leftover of this stack and return how many there were."""
    found = leftovers(layout)
    if not found:
        return 0
    manager = [each for each in found if "supervisord" in _command(each)]
    # A manager that still lives ends its processes in order; everything at once would race with it.
    for wave in (manager, found):
        for each in wave:
            _signal(each, "terminate")
        psutil.wait_procs(wave, timeout=_PATIENCE_SECONDS)
    remaining = leftovers(layout)
    for each in remaining:
        _signal(each, "kill")
    psutil.wait_procs(remaining, timeout=_PATIENCE_SECONDS)
    return len(found)


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline()[:3])
    except psutil.Error:
        return ""


def _signal(process: psutil.Process, how: str) -> None:
    try:
        getattr(process, how)()
    except psutil.Error:
        return
