"""The worker: the queue's jobs, and the loops that follow runs and keep the queue healthy."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

import structlog
from procrastinate import App

from actions.digests.sending import Sending
from actions.digests.standing import Standing
from actions.following import Following
from actions.incidents.telling import Tell
from actions.ports import Unavailable
from actions.reconciling import Reconciler
from actions.service import Service
from actions.store import Store
from actions.sweeping import Sweep

log = structlog.get_logger()

_TELL_SECONDS = 1.0
_STALLED_AFTER = 30
_ROUND_SECONDS = 10
_FORGET_SECONDS = 3600.0
# Slack takes about fifty edits a minute of an app (Tier 3); leave most of them to what changes.
_REDRAW_SECONDS = 5.0
_REDRAW_SECONDS_EACH = 3.0
# A job whose lock was taken when it was announced is not announced again when the lock is free, and
# procrastinate drops an announcement that comes while it fetches; so the queue is looked at often.
_FETCH_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Worker:
    """One worker process."""

    queue: App
    alone: Callable[[str], AbstractAsyncContextManager[bool]]
    """Whether no other worker is at the work of this name; none will be until the block's end."""
    store: Store
    service: Service
    following: Following
    reconciler: Reconciler
    sweep: Sweep
    tell: Tell
    standing: Standing
    digests: Sending
    forget: Callable[[datetime], Awaitable[int]]
    """Deletes what came in long ago; how much."""
    poll_seconds: float
    upkeep_seconds: float = 60.0
    """Seconds between two looks at what should follow from something else."""
    concurrency: int = 8
    redrawn: dict[int, float] = field(default_factory=dict)
    """When each running card was last redrawn, in monotonic seconds."""

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; jobs under way are finished first."""
        async with self.queue.open_async():
            worker = asyncio.create_task(
                self.queue.run_worker_async(
                    concurrency=self.concurrency,
                    install_signal_handlers=False,
                    fetch_job_polling_interval=_FETCH_SECONDS,
                    shutdown_graceful_timeout=10.0,
                    delete_jobs="successful",
                )
            )
            loops = [
                asyncio.create_task(self._every(self.poll_seconds, self._follow, stop)),
                asyncio.create_task(self._every(_TELL_SECONDS, self._tell, stop)),
                asyncio.create_task(self._every(self.poll_seconds, self._send_digests, stop)),
                asyncio.create_task(self._every(15, self._retry_stalled, stop)),
                asyncio.create_task(self._every(20, self.service.expire, stop)),
                asyncio.create_task(self._every(self.upkeep_seconds, self._sweep_up, stop)),
                asyncio.create_task(self._every(self.upkeep_seconds, self._reconcile, stop)),
                asyncio.create_task(self._every(self.upkeep_seconds, self._settle_digests, stop)),
                asyncio.create_task(self._every(_FORGET_SECONDS, self._forget, stop)),
            ]
            ended = asyncio.create_task(stop.wait())
            try:
                await asyncio.wait({worker, ended}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                stop.set()
                worker.cancel()
                # A round under way goes to its end: cut off, it would leave its connection behind.
                await asyncio.wait(loops, timeout=_ROUND_SECONDS)
                for task in (*loops, ended):
                    task.cancel()
                results = await asyncio.gather(worker, *loops, ended, return_exceptions=True)
        failure = results[0]
        if isinstance(failure, Exception):
            raise failure

    async def _every(
        self, seconds: float, work: Callable[[], Awaitable[None]], stop: asyncio.Event
    ) -> None:
        """Repeat `work` until `stop`; a fault is logged and the next round tries again."""
        while not stop.is_set():
            try:
                await work()
            except Unavailable as error:
                log.warning("waiting", on=str(error))
            except Exception:
                log.exception("round_failed", work=getattr(work, "__name__", str(work)))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), seconds)

    async def _follow(self) -> None:
        """Look at every run under way; one worker at a time."""
        async with self.alone("follow") as mine:
            if mine:
                moved = await self.following.look()
                for number in (number for number, did in moved.items() if not did):
                    await self._keep_moving(number, len(moved))

    async def _tell(self) -> None:
        """What only had to wait is told of incidents: groups, quiet hours, escalation, snoozes."""
        async with self.alone("tell") as mine:
            if mine:
                await self.tell.tell()

    async def _settle_digests(self) -> None:
        """Have the digests that `cooper.yaml` asks for."""
        async with self.alone("standing digests") as mine:
            if mine:
                await self.standing.settle()

    async def _send_digests(self) -> None:
        """Send the digests that are due."""
        async with self.alone("digests") as mine:
            if mine:
                await self.digests.send()

    async def _sweep_up(self) -> None:
        """Stop what is left over."""
        async with self.alone("sweep") as mine:
            for job in await self.sweep.sweep() if mine else ():
                log.warning("job_stopped", job=job, because="its run has ended")

    async def _reconcile(self) -> None:
        """Mend what does not follow the endpoints; needs no Airflow, unlike the sweep."""
        async with self.alone("reconcile") as mine:
            for mended in await self.reconciler.reconcile() if mine else ():
                log.warning("reconciled", **asdict(mended))

    async def _forget(self) -> None:
        """Delete what came in long ago."""
        async with self.alone("forget") as mine:
            gone = await self.forget(datetime.now(UTC)) if mine else 0
            if gone:
                log.info("forgotten", rows=gone)

    async def _keep_moving(self, number: int, active: int) -> None:
        """Redraw a running card now and then, so that its clock and cost move."""
        pause = max(_REDRAW_SECONDS, active * _REDRAW_SECONDS_EACH)
        now = time.monotonic()
        if now - self.redrawn.get(number, now - pause) < pause:
            return
        self.redrawn[number] = now
        async with self.store.transaction() as tx:
            await tx.show_card(number)

    async def _retry_stalled(self) -> None:
        """Jobs of workers that died are taken up again."""
        manager = self.queue.job_manager
        for job in await manager.get_stalled_jobs(seconds_since_heartbeat=_STALLED_AFTER):
            log.warning("job_taken_up_again", task=job.task_name, job=job.id)
            await manager.retry_job(job)
