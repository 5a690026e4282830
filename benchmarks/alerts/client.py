"""A small HTTP client that costs little next to what it measures: prepared bytes over kept connections.

`saturate` sends the next request as soon as one is answered (closed loop); `pace` sends at fixed times
whatever the answers do (open loop), and counts waiting for a free connection into the latency.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field


@dataclass
class Load:
    """What came of it: statuses, seconds of each answer, and seconds from first to last."""

    statuses: Counter[int] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    seconds: float = 0.0
    cpu_seconds: float = 0.0

    @property
    def accepted(self) -> int:
        return self.statuses[200]

    @property
    def rate(self) -> float:
        """Accepted requests a second."""
        return self.accepted / self.seconds


def request(path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """A whole POST as it goes over the wire."""
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", "Content-Type: application/json"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class _Connection(asyncio.Protocol):
    """One request at a time; answers have a Content-Length, as both servers send it."""

    def __init__(self) -> None:
        self._buffer = b""
        self._missing = -1
        self._status = 0
        self._answer: asyncio.Future[int] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError("closed without an answer"))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self._missing < 0:
            head, found, rest = self._buffer.partition(b"\r\n\r\n")
            if not found:
                return
            self._status = int(head[9:12])
            self._missing = _content_length(head)
            self._buffer = rest
        if len(self._buffer) >= self._missing:
            self._buffer, self._missing = b"", -1
            assert self._answer is not None
            self._answer.set_result(self._status)

    def send(self, message: bytes) -> asyncio.Future[int]:
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(message)
        return self._answer

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        if line[:15].lower() == b"content-length:":
            return int(line[15:])
    return 0


async def _connections(port: int, count: int) -> list[_Connection]:
    loop = asyncio.get_running_loop()
    made = [await loop.create_connection(_Connection, "127.0.0.1", port) for _ in range(count)]
    return [connection for _, connection in made]


async def saturate(
    port: int, messages: Sequence[bytes], *, connections: int, seconds: float
) -> Load:
    """As many as the server answers, on each connection one after the other."""
    load = Load()
    source: Iterator[bytes] = itertools.cycle(messages)
    opened = await _connections(port, connections)
    begun, cpu = time.perf_counter(), time.process_time()
    end = begun + seconds

    async def drive(connection: _Connection) -> None:
        while (sent := time.perf_counter()) < end:
            load.statuses[await connection.send(next(source))] += 1
            load.latencies.append(time.perf_counter() - sent)

    await asyncio.gather(*map(drive, opened))
    load.seconds = time.perf_counter() - begun
    load.cpu_seconds = time.process_time() - cpu
    for connection in opened:
        connection.close()
    return load


async def pace(
    port: int, messages: Sequence[bytes], *, connections: int, count: int, seconds: float
) -> Load:
    """`count` requests evenly over `seconds`."""
    load = Load()
    source: Iterator[bytes] = itertools.cycle(messages)
    free = deque(await _connections(port, connections))
    opened = list(free)
    waiting: deque[float] = deque()
    tasks: set[asyncio.Task[None]] = set()
    begun, cpu = time.perf_counter(), time.process_time()

    async def drive(connection: _Connection) -> None:
        while waiting:
            due = waiting.popleft()
            load.statuses[await connection.send(next(source))] += 1
            load.latencies.append(time.perf_counter() - due)
        free.append(connection)

    for number in range(count):
        due = begun + number * seconds / count
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        waiting.append(due)
        if free:
            task = asyncio.create_task(drive(free.popleft()))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)
    load.seconds = time.perf_counter() - begun
    load.cpu_seconds = time.process_time() - cpu
    for connection in opened:
        connection.close()
    return load
