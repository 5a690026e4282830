"""Group commit: who arrives while a transaction is under way is written by the next, together.

One commit waits for the disk; so many a second are few, however small they are. Each waits for the
commit that holds its own alerts, and no longer. Where more wait than one transaction takes, a second
goes beside the first, so that the database has work while the next alerts are read.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog

from actions.incidents.store import AlertsRefusedError, Arrival, UnstorableError

log = structlog.get_logger()

Write = Callable[[Sequence[Arrival]], Awaitable[object]]


class BusyError(Exception):
    """More waits than should; the sender may try again."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    arrivals: Sequence[Arrival]
    written: asyncio.Future[None]


class GroupCommit:
    """In front of `write`, which stores alerts in one transaction, or none of them.

    `most_waiting` is how many alerts may wait, `most_together` how many go into one transaction (a
    single delivery of more goes alone), `most_beside` how many transactions go at a time, and
    `patience` how many seconds one may take.
    """

    def __init__(
        self,
        write: Write,
        *,
        most_waiting: int = 20_000,
        most_together: int = 1_000,
        most_beside: int = 2,
        patience: float = 10.0,
    ) -> None:
        self._write = write
        self._most_waiting = most_waiting
        self._most_together = most_together
        self._most_beside = most_beside
        self._patience = patience
        self._waiting: deque[_Waiting] = deque()
        self._count = 0
        self._writers: set[asyncio.Task[None]] = set()

    async def add(self, arrivals: Sequence[Arrival]) -> None:
        """Return when these alerts are stored, all of them.

        Raises:
            BusyError: Too many wait already; these were not taken.
            AlertsRefusedError: The database did not take them, or not in time.
            UnstorableError: One of them is not what it can hold.
        """
        if not arrivals:
            return
        if self._count + len(arrivals) > self._most_waiting and self._waiting:
            raise BusyError(f"{self._count} alerts wait to be stored.")
        written = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(arrivals, written))
        self._count += len(arrivals)
        if not self._writers or (self._is_full() and len(self._writers) < self._most_beside):
            self._writers.add(asyncio.create_task(self._run()))
        # The transaction is shared: one sender that goes away takes nothing from the others.
        await written

    def _is_full(self) -> bool:
        """Whether as many wait as one transaction takes."""
        return self._count >= self._most_together

    async def _run(self) -> None:
        """Write until nobody waits; beside another, until that one can do it alone."""
        try:
            while self._waiting and (len(self._writers) == 1 or self._is_full()):
                await self._settle(self._next())
        finally:
            self._writers.discard(asyncio.current_task())
            if not self._writers:
                for waiting in self._waiting:
                    waiting.written.cancel()

    def _next(self) -> list[_Waiting]:
        """Who goes into the next transaction, in the order of arrival."""
        batch: list[_Waiting] = []
        size = 0
        while self._waiting:
            size += len(self._waiting[0].arrivals)
            if batch and size > self._most_together:
                break
            batch.append(self._waiting.popleft())
        self._count -= sum([len(waiting.arrivals) for waiting in batch])
        return batch

    async def _settle(self, batch: list[_Waiting]) -> None:
        """Write the batch and answer each in it."""
        try:
            refused = await self._written(batch)
            if isinstance(refused, UnstorableError) and len(batch) > 1:
                for waiting in batch:  # it is one of them; the others must not suffer for it
                    await self._settle([waiting])
            for waiting in batch:
                _answer(waiting, refused)
        finally:
            for waiting in batch:  # cut off: nobody waits for ever
                waiting.written.cancel()

    async def _written(self, batch: list[_Waiting]) -> Exception | None:
        """Why nothing was stored, or None where all was."""
        try:
            async with asyncio.timeout(self._patience):
                await self._write([arrival for waiting in batch for arrival in waiting.arrivals])
        except TimeoutError:
            return AlertsRefusedError(f"The database did not answer in {self._patience:g} s.")
        except UnstorableError as error:
            return error
        except AlertsRefusedError as error:
            log.warning("alerts_not_stored", deliveries=len(batch), cause=str(error.__cause__))
            return error
        except Exception as error:
            log.exception("alerts_not_stored", deliveries=len(batch))
            return AlertsRefusedError(str(error))
        return None


def _answer(waiting: _Waiting, refused: Exception | None) -> None:
    if waiting.written.done():  # its request was cut off, or it was written alone
        return
    if refused is None:
        waiting.written.set_result(None)
    else:
        # Each has its own, for each is raised by itself.
        waiting.written.set_exception(type(refused)(*refused.args))
