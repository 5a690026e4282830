"""Time and peak memory of a call. Linux; standard library only."""

from __future__ import annotations

import ctypes
import gc
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_STATUS = Path("/proc/self/status")


def resident(field: str = "VmRSS") -> int:
    """Bytes of this process that are in memory, or with `VmHWM` the most that ever were."""
    line = next(each for each in _STATUS.read_text().splitlines() if each.startswith(field))
    return int(line.split()[1]) * 1024


def settled() -> int:
    """Give free memory back, and say what is left."""
    gc.collect()
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    return resident()


def peak(call: Callable[[], Any]) -> int:
    """The most bytes of this process that were in memory during a call."""
    settled()
    Path("/proc/self/clear_refs").write_text("5")  # Resets VmHWM.
    call()
    return resident("VmHWM")


def seconds(call: Callable[[], Any], repeats: int) -> tuple[float, float]:
    """The least wall time and the least CPU time (of all threads) of so many calls.

    The least is what the call takes where nothing else runs; other programs only ever add to it.
    """
    wall, cpu = [], []
    for _ in range(repeats):
        gc.collect()
        began = time.perf_counter(), time.process_time()
        call()
        wall.append(time.perf_counter() - began[0])
        cpu.append(time.process_time() - began[1])
    return min(wall), min(cpu)
