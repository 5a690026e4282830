"""Jobs that nobody follows any more are stopped: they cost money and lead nowhere."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

from actions.context import World
from actions.ports import RunningJob
from actions.requests import State
from actions.store import AuditEntry, Store

_GRACE = timedelta(minutes=2)
"""A job is younger than what is known of it for a moment."""
_FOLLOWED = {State.QUEUED, State.RUNNING, State.STOPPING}


class Sweep:
    """Compares the cloud's jobs of this installation with its requests and their runs."""

    def __init__(self, store: Store, world: World, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._world = world
        self._clock = clock

    async def sweep(self) -> tuple[str, ...]:
        """Stop what is left over; the names of the jobs.

        Raises:
            Unavailable: Airflow or SageMaker does not answer.
        """
        prefix = f"{self._world.policy.installation}-R"
        stopped = []
        for job in await self._world.cloud.running_jobs(prefix):
            if self._clock() - job.created > _GRACE and await self._is_left_over(job):
                await self._world.cloud.stop_job(job.name)
                stopped.append(job.name)
                async with self._store.transaction() as tx:
                    detail = {"job": job.name, "kind": job.kind}
                    await tx.audit(AuditEntry("cooper", "swept", _number(job.name), None, detail))
        return tuple(stopped)

    async def _is_left_over(self, job: RunningJob) -> bool:
        """Whether its run has ended, or it was never ours to run."""
        number = _number(job.name)
        if number is None:
            return False
        async with self._store.transaction() as tx:
            request = await tx.request(number)
        if request is None:
            # Another database of the same installation made it; it is not ours to judge.
            return False
        if request.run_id == job.name and request.state in _FOLLOWED:
            return False
        run = await self._world.orchestrator.run(request.plan.dag or "", job.name)
        # An engineer may have cleared a task in Airflow: what runs there may go on.
        return run is None or run.finished


def _number(job: str) -> int | None:
    found = re.search(r"-R(\d+)-a\d+$", job)
    return int(found.group(1)) if found else None
