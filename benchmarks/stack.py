"""A whole stack in a state folder of its own, whose start is watched line by line."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from infra.local.stack.environment import base_environment
from tests.e2e.stack import CHECKOUT, START_SECONDS, People, Stack, wait_for

READY = "Cooper is ready"


@dataclass
class Run:
    """A started stack. `lines`: what it said, each with the seconds since its start."""

    stack: Stack
    lines: list[tuple[float, str]]
    ready_seconds: float
    stop_seconds: float = field(default=0.0)

    @property
    def pid(self) -> int:
        """The process that owns all others."""
        return self.stack.process.pid

    @contextmanager
    def people(self) -> Iterator[People]:
        """The people in its workspace."""
        people = People(self.stack.workspace)
        try:
            yield people
        finally:
            people.close()

    @property
    def logs(self) -> Path:
        """Where the processes log."""
        return self.stack.state / "logs"


@contextmanager
def running(state: Path) -> Iterator[Run]:
    """Start, wait until ready, and stop with SIGTERM at the end.

    Raises RuntimeError with what it said when it ends before it is ready.
    """
    output = state.parent / f"{state.name}-up.txt"
    started = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "infra.local.stack", "--state", str(state)],
        cwd=CHECKOUT,
        env=base_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    lines: list[tuple[float, str]] = []
    reader = threading.Thread(target=_read, args=(process, lines, output, started), daemon=True)
    reader.start()
    try:
        ready = wait_for(lambda: _ready(process, lines), START_SECONDS, "the stack")
        run = Run(Stack(state, process, output), lines, ready)
        yield run
        run.stop_seconds = _stop(process)
    finally:
        _stop(process)
        reader.join(10)


def _read(
    process: subprocess.Popen[bytes], lines: list[tuple[float, str]], output: Path, started: float
) -> None:
    assert process.stdout is not None
    with output.open("w") as copy:
        for raw in process.stdout:
            text = raw.decode(errors="replace").rstrip("\n")
            # Copied first: whoever sees the line here finds it in the file as well.
            copy.write(text + "\n")
            copy.flush()
            lines.append((time.monotonic() - started, text))


def _ready(process: subprocess.Popen[bytes], lines: list[tuple[float, str]]) -> float | None:
    said = next((at for at, text in list(lines) if text.startswith(READY)), None)
    if said is None and process.poll() is not None:
        raise RuntimeError("\n".join(text for _, text in lines) or "the stack said nothing")
    return said


def _stop(process: subprocess.Popen[bytes]) -> float:
    """Seconds that the end took."""
    if process.poll() is not None:
        return 0.0
    asked = time.monotonic()
    process.send_signal(signal.SIGTERM)
    process.wait(150)
    return time.monotonic() - asked
