"""What the stack runs: a process, when it counts as ready, and what must be ready before it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

Probe = Callable[[], str]
"""Returns "" when the process answers as it should, else what it lacks."""


@dataclass(frozen=True)
class Process:
    """One program under the process manager. `command[0]` is an absolute path."""

    name: str
    title: str
    command: tuple[str, ...]
    ready: Probe
    environment: Mapping[str, str] = field(default_factory=dict)
    directory: Path | None = None
    """Working directory; the checkout when None."""
    needs: tuple[str, ...] = ()
    ready_seconds: float = 180.0
    stop_signal: str = "TERM"
    stop_seconds: int = 20
    stop_whole_group: bool = True
    store: bool = False
    """Stores (Postgres, Redis) stop last."""


@dataclass(frozen=True)
class Task:
    """One step of a start. `run` blocks until it is done, or raises StepError."""

    name: str
    title: str
    run: Callable[[], None]
    needs: tuple[str, ...] = ()
