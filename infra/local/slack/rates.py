"""Rate limits as Slack applies them, and faults a test may ask for.

Tiers: docs.slack.dev/apis/web-api/rate-limits (calls a minute, per method, app and workspace).
"""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass, field

TIERS = {1: 1, 2: 20, 3: 50, 4: 100}
"""Calls a minute of each tier."""
LEAST_BURST = 20
POSTS_PER_SECOND = 1.0
POST_BURST = 10


@dataclass
class _Bucket:
    capacity: float
    per_second: float
    level: float
    at: float = field(default_factory=time.monotonic)

    def take(self) -> float:
        """0 when there was a token, else the seconds until there is one."""
        now = time.monotonic()
        self.level = min(self.capacity, self.level + (now - self.at) * self.per_second)
        self.at = now
        if self.level >= 1:
            self.level -= 1
            return 0.0
        return (1 - self.level) / self.per_second


class Rates:
    """Token buckets: one a method, and for posts one a channel. Off when `enabled` is False."""

    def __init__(self, *, enabled: bool = True) -> None:
        self.enabled = enabled
        self._buckets: dict[str, _Bucket] = {}

    def method(self, name: str, tier: int) -> float:
        """Seconds to wait before this call may be made; 0 when it may be made now."""
        per_minute = TIERS[tier]
        return self._take(name, max(per_minute, LEAST_BURST), per_minute / 60)

    def post(self, channel: str) -> float:
        """The same for a message into `channel`."""
        return self._take(f"post {channel}", POST_BURST, POSTS_PER_SECOND)

    def _take(self, key: str, capacity: float, per_second: float) -> float:
        if not self.enabled:
            return 0.0
        if key not in self._buckets:
            self._buckets[key] = _Bucket(capacity, per_second, capacity)
        return self._buckets[key].take()


KINDS = frozenset({"ratelimited", "outage", "error", "lost_answer", "slow"})


@dataclass
class Fault:
    """What the next `count` calls of `method` (`*`: any) meet.

    `ratelimited`: 429 with `retry_after` seconds. `outage`: HTTP `status`. `error`: Slack's error
    string `error`. `lost_answer`: the call takes effect, but its answer never arrives. `slow`: the
    answer comes after `delay` seconds.
    """

    method: str
    kind: str
    count: int = 1
    retry_after: int = 1
    status: int = 503
    error: str = "internal_error"
    delay: float = 1.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"fault kind {self.kind!r} is none of {', '.join(sorted(KINDS))}")
        if self.count < 1:
            raise ValueError("a fault's count is at least 1")


class Faults:
    """Faults waiting to be met, and how many calls each method had."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []
        self.calls: dict[str, int] = defaultdict(int)

    def add(self, fault: Fault) -> None:
        self._waiting.append(fault)

    def clear(self) -> None:
        self._waiting.clear()

    def meet(self, method: str) -> Fault | None:
        """The fault that a call of `method` meets now; counts the call."""
        self.calls[method] += 1
        for fault in self._waiting:
            if fault.method in (method, "*"):
                fault.count -= 1
                if fault.count == 0:
                    self._waiting.remove(fault)
                return fault
        return None
