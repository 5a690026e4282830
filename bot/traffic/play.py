"""Send requests at a steady rate, whatever the answers, and keep count."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count, islice
from random import Random
from typing import Any, Protocol

from actions.ports import CloudUnavailableError, EndpointError, Invocation
from bot.traffic.holdout import Example, Row
from bot.traffic.injections import Change, changed

_AT_ONCE = 16
"""Requests under way; where the endpoint is slower than the rate, the play is behind."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: its id, its body, and the labels of its rows."""

    inference_id: str
    body: dict[str, Any]
    labels: tuple[Any, ...]


@dataclass(slots=True)
class Tally:
    """What came of a play so far. Latencies in milliseconds, of what was answered."""

    requests: int = 0
    rows: int = 0
    answered: int = 0
    refused: int = 0
    unanswered: int = 0
    seconds: float = 0.0
    is_cut_short: bool = False
    last_error: str | None = None
    latencies: list[float] = field(default_factory=list)

    def latency(self, quantile: float) -> float | None:
        """The latency that this share of the answers, from 0 to below 1, did not exceed."""
        ordered = sorted(self.latencies)
        return ordered[int(len(ordered) * quantile)] if ordered else None


class Endpoint(Protocol):
    """A live endpoint."""

    async def invoke(
        self, name: str, payload: dict[str, Any], inference_id: str | None = None
    ) -> Invocation:
        """Send one request body. Raises EndpointError and CloudUnavailableError."""


@dataclass(frozen=True, slots=True)
class Pace:
    """When requests are sent: one each `interval` seconds, none after `seconds`, none once `stop` is set."""

    interval: float
    seconds: float | None
    stop: asyncio.Event

    async def comes(self, number: int, started: float) -> bool:
        """Wait for the turn of a request (from 0); False when its turn does not come any more."""
        turn = started + number * self.interval
        now = asyncio.get_running_loop().time()
        end = None if self.seconds is None else started + self.seconds
        if end is not None and max(turn, now) >= end:
            return False
        if turn > now:
            with suppress(TimeoutError):
                await asyncio.wait_for(self.stop.wait(), turn - now)
        return not self.stop.is_set()


def requests(
    examples: Iterator[Example],
    changes: Sequence[Change],
    body: Callable[[Sequence[Row]], dict[str, Any]],
    random: Random,
    batch: int,
    ids: str,
) -> Iterator[Asked]:
    """Requests of `batch` rows each, for as long as there are examples; `ids` starts their ids."""
    for number in count(1):
        taken = list(islice(examples, batch))
        if not taken:
            return
        rows = [changed(example.row, changes, random) for example in taken]
        labels = tuple(example.label for example in taken)
        yield Asked(f"{ids}-{number:06d}", body(rows), labels)


async def play(
    asked: Iterable[Asked],
    name: str,
    endpoint: Endpoint,
    pace: Pace,
    answered: Callable[[Asked], Awaitable[None]],
    note: Callable[[Tally], None],
) -> Tally:
    """Send all of `asked` to the endpoint `name`; `answered` is told of each that was, `note` of all.

    What the endpoint refuses or does not answer is counted and nothing else. What `answered` raises ends
    the play.
    """
    loop = asyncio.get_running_loop()
    started = loop.time()
    tally = Tally()
    turns = enumerate(asked)

    async def send(request: Asked) -> None:
        tally.requests += 1
        tally.rows += len(request.labels)
        try:
            answer = await endpoint.invoke(name, request.body, request.inference_id)
        except EndpointError as error:
            tally.refused, tally.last_error = tally.refused + 1, str(error)
        except CloudUnavailableError as error:
            tally.unanswered, tally.last_error = tally.unanswered + 1, str(error)
        else:
            tally.answered += 1
            tally.latencies.append(answer.latency_ms)
            await answered(request)
        tally.seconds = loop.time() - started
        note(tally)

    async def sender() -> None:
        for number, request in turns:
            if not await pace.comes(number, started):
                return
            await send(request)

    await asyncio.gather(*(sender() for _ in range(_AT_ONCE)))
    tally.is_cut_short = pace.stop.is_set()
    return tally
