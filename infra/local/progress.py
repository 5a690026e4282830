"""One line a step: its name, a tick and its seconds. Standard library only, as it runs before any environment exists."""

from __future__ import annotations

import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAME_WIDTH = 44


class StepError(Exception):
    """A step cannot work. Its text is shown to the person as it is: what is wrong, where, what to do."""


class Progress:
    """Prints the steps of a start; steps may run in parallel threads."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._lock = threading.Lock()
        self._open: list[str] = []
        self._tty = self._stream.isatty()
        encoding = (self._stream.encoding or "ascii").lower()
        self._tick, self._cross = ("✓", "✗") if encoding.startswith("utf") else ("ok", "failed")

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time the block; its line gets a tick, or a cross when it raises."""
        started = time.monotonic()
        with self._lock:
            self._open.append(name)
            self._draw_open()
        mark = self._cross
        try:
            yield
            mark = self._tick
        finally:
            seconds = time.monotonic() - started
            with self._lock:
                self._open.remove(name)
                self._line(f"  {mark} {name:<{_NAME_WIDTH}} {seconds:6.1f} s")
                self._draw_open()

    def say(self, text: str) -> None:
        """Print a line of its own, between the steps."""
        with self._lock:
            self._line(text)

    def _line(self, text: str) -> None:
        if self._tty:
            self._stream.write("\r\033[K")
        self._stream.write(text + "\n")
        self._stream.flush()

    def _draw_open(self) -> None:
        """On a terminal, show what runs right now on the last line."""
        if self._tty and self._open:
            self._stream.write(f"\r\033[K  … {', '.join(self._open)}"[:160])
            self._stream.flush()
