"""How long the parts of a job took, for the log line at its end."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_parts: ContextVar[dict[str, float] | None] = ContextVar("_parts", default=None)


@contextmanager
def collected() -> Iterator[dict[str, float]]:
    """Collect what `timed` blocks inside took: `{part}_ms` to milliseconds."""
    parts: dict[str, float] = {}
    token = _parts.set(parts)
    try:
        yield parts
    finally:
        _parts.reset(token)


@contextmanager
def timed(part: str) -> Iterator[None]:
    """Count the block's time to `part`; blocks of the same part sum up. Nothing outside `collected`."""
    started = time.perf_counter()
    try:
        yield
    finally:
        parts = _parts.get()
        if parts is not None:
            took = (time.perf_counter() - started) * 1000
            parts[f"{part}_ms"] = round(parts.get(f"{part}_ms", 0.0) + took, 1)
