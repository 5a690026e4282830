"""Capacity that does not come or is taken away: managed spot training, and instance types that have run out.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-managed-spot-training.html
"""

from __future__ import annotations

import threading
import time
from collections import Counter

from infra.local.aws.jobs import JobFailedError


class Spot:
    """One job's spot instance. It is taken away when somebody asks for that, and comes back after a while."""

    def __init__(self, max_wait: float) -> None:
        """Begin to count `max_wait`, the seconds that waiting and running may take together."""
        self.deadline = time.monotonic() + max_wait
        self._asked = threading.Event()
        self._back_after = 0.0

    def interrupt(self, seconds: float) -> None:
        """Take the instance away, for so many seconds from when the job has let go of it."""
        self._back_after = seconds
        self._asked.set()

    @property
    def taken(self) -> bool:
        """Whether the instance is being taken away."""
        return self._asked.is_set()

    def wait(self, stopped: threading.Event) -> bool:
        """Return when there is an instance again or the job is stopped; False when the limit came before."""
        back = time.monotonic() + self._back_after
        self._asked.clear()
        if stopped.wait(max(0.0, min(back, self.deadline) - time.monotonic())):
            return True
        return back <= self.deadline


class Shortages:
    """Instance types that the next jobs will not get."""

    def __init__(self) -> None:
        """Start with enough of everything."""
        self._lock = threading.Lock()
        self._left: Counter[str] = Counter()

    def add(self, instance_type: str, count: int) -> int:
        """Refuse the next `count` jobs more on this type; return how many are refused now."""
        with self._lock:
            self._left[instance_type] += count
            return self._left[instance_type]

    def provision(self, instance_type: str) -> None:
        """Give a job its instance. Raises JobFailedError in AWS's words where there is a shortage."""
        with self._lock:
            if not self._left[instance_type]:
                return
            self._left[instance_type] -= 1
        raise JobFailedError(
            "CapacityError: Unable to provision requested ML compute capacity. "
            "Please retry using a different ML instance type or after some time."
        )
