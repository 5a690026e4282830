"""Runs the steps of a start in the order of their needs, side by side where they are independent."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from infra.local.progress import Progress
from infra.local.stack.process import Task

_TICK_SECONDS = 0.5


def run_tasks(tasks: Iterable[Task], progress: Progress) -> None:
    """Run every task once what it needs is done. Needs that are no task of this start are taken as met.

    Raises the first failure; what runs then is left to the caller to stop. Raises ValueError for a circle.
    """
    waiting = {task.name: task for task in tasks}
    known = frozenset(waiting)
    done: set[str] = set()
    pool = ThreadPoolExecutor(max_workers=len(waiting) or 1, thread_name_prefix="step")
    running: dict[Future[None], str] = {}

    def attempt(task: Task) -> None:
        with progress.step(task.title):
            task.run()

    try:
        while waiting or running:
            able = [task for task in waiting.values() if set(task.needs) & known <= done]
            if not able and not running:
                raise ValueError(f"these steps need each other: {', '.join(sorted(waiting))}")
            for task in able:
                running[pool.submit(attempt, waiting.pop(task.name))] = task.name
            # A short wait, so that a signal is heard by the main thread meanwhile.
            finished, _ = wait(running, timeout=_TICK_SECONDS, return_when=FIRST_COMPLETED)
            for future in finished:
                name = running.pop(future)
                future.result()
                done.add(name)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
