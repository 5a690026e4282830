"""Our ingress in a process of its own, as the bot runs it, with a clock on its parts.

`/probe` stores an envelope as an event of Slack is stored: what it takes is what Slack would wait.
`/parts` hands out the parts' seconds since it was last asked. Prints its port.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import signal
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from aiohttp import web
from pydantic import SecretStr

from actions.incidents.store import Arrival
from benchmarks.alerts.payloads import SECRET
from bot.alerts.alertmanager import Alertmanager
from bot.alerts.commits import GroupCommit
from bot.alerts.credentials import bearer
from bot.alerts.ingress import Ingress
from bot.alerts.source import Delivery, Incoming
from bot.garbage import collect_rarely
from infra.store.alerts import Alerts, quick_engine
from infra.store.database import engine, queue
from infra.store.envelopes import Envelopes


@dataclass
class Parts:
    """Seconds and count by part."""

    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, part: str, began: float, count: int = 1) -> None:
        self.seconds[part] += time.perf_counter() - began
        self.counts[part] += count

    def taken(self) -> dict[str, dict[str, float]]:
        found = {
            part: {"seconds": seconds, "count": self.counts[part]}
            for part, seconds in self.seconds.items()
        }
        self.seconds.clear()
        self.counts.clear()
        return found


class _TimedSource(Alertmanager):
    parts = Parts()

    def parse(self, incoming: Incoming) -> Delivery:
        began = time.perf_counter()
        delivery = Alertmanager.parse(self, incoming)
        self.parts.add("parse", began, len(delivery.alerts))
        return delivery


class _TimedCommit(GroupCommit):
    parts = _TimedSource.parts

    async def add(self, arrivals: Sequence[Arrival]) -> None:
        began = time.perf_counter()
        await super().add(arrivals)
        self.parts.add("stored after", began)


async def _serve(database_url: str) -> None:
    parts = _TimedSource.parts
    database, jobs, quick = engine(database_url), queue(database_url), quick_engine(database_url)
    alerts, envelopes = Alerts(database, jobs, quick), Envelopes(database, jobs)
    numbers = itertools.count()

    async def write(arrivals: Sequence[Arrival]) -> int:
        began = time.perf_counter()
        stored = await alerts.accept(arrivals)
        parts.add("commit", began)
        parts.add("together", began, len(arrivals))
        return stored

    async def probe(_: web.Request) -> web.Response:
        await envelopes.accept("event", f"probe:{time.time()}:{next(numbers)}", {}, "probe")
        return web.json_response({"ok": True})

    async def taken(_: web.Request) -> web.Response:
        return web.json_response(parts.taken())

    source = _TimedSource(bearer(SecretStr(SECRET)))
    ingress = Ingress({source.name: source}, {}, _TimedCommit(write))
    app = web.Application(client_max_size=2**20)
    app.router.add_route("*", "/alerts/{source}", ingress.handle)
    app.router.add_post("/probe", probe)
    app.router.add_get("/parts", taken)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with jobs.open_async():
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        print(runner.addresses[0][1], flush=True)
        await stop.wait()
        await runner.cleanup()
    await quick.dispose()
    await database.dispose()


if __name__ == "__main__":
    collect_rarely()
    parser = argparse.ArgumentParser()
    parser.add_argument("database_url")
    asyncio.run(_serve(parser.parse_args().database_url))
