"""Plays a flood of alerts against the whole of Cooper, while Slack refuses and the worker dies.

`python -m benchmarks.alerts.flood [--alerts 20000] [--fingerprints 500] [--seconds 60] [--kills 2]`

The real bot and worker as processes, a durable Postgres, and the simulated workspace, which answers
429 to some of the calls. At the end every alert must be counted once, and every incident have one
message.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from benchmarks.alerts import payloads, servers
from benchmarks.alerts.client import Load, pace
from benchmarks.figures import percentile
from benchmarks.machine import machine
from benchmarks.report import table
from infra.local.slack.rates import Fault
from infra.local.slack.server import Running, running_workspace
from infra.local.slack.workspace import Options

ROOT = Path(__file__).resolve().parents[2]
_NOWHERE = "http://127.0.0.1:9"
_LIMITED = ("chat.postMessage", "chat.update")
_BUSY = """
SELECT (SELECT count(*) FROM alerts WHERE folded IS NULL)
     + (SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing'))
     + (SELECT count(*) FROM incidents i LEFT JOIN incident_messages m ON m.incident = i.number
        WHERE m.ts IS NULL)
"""


@dataclass(frozen=True)
class Flood:
    """What is played."""

    alerts: int = 20_000
    fingerprints: int = 500
    seconds: float = 60.0
    kills: int = 2
    connections: int = 32
    limited_every: float = 3.0
    """Seconds between two 429s on average; each asks to wait for one."""


@dataclass
class Outcome:
    """What came of it."""

    load: Load = field(default_factory=Load)
    counted: int = 0
    unfolded: int = 0
    incidents: int = 0
    messages: int = 0
    doubled: int = 0
    limited: int = 0
    kills: int = 0
    settled_seconds: float = 0.0

    def faults(self, flood: Flood) -> list[str]:
        """What is not as it should be."""
        accepted = self.load.accepted
        wrong = {
            f"{flood.alerts - accepted} alerts were not accepted": accepted != flood.alerts,
            f"{self.counted} alerts counted of {accepted}": self.counted != accepted,
            f"{self.unfolded} alerts wait": self.unfolded > 0,
            f"{self.messages} messages for {self.incidents} incidents": (
                self.messages != self.incidents
            ),
            f"{self.doubled} incidents have two messages": self.doubled > 0,
            f"{self.messages} root messages": self.messages > flood.fingerprints,
            f"the worker was killed {self.kills} times": self.kills != flood.kills,
        }
        return [text for text, is_so in wrong.items() if is_so]


async def play(flood: Flood, database_url: str, folder: Path, config: Path) -> Outcome:
    """The flood, until all of it is told."""
    options = Options(rate_limits=False)
    outcome = Outcome()
    async with running_workspace(folder / "slack", options=options) as workspace:
        environment = _environment(workspace, database_url, folder, config)
        async with _processes(environment) as (port, worker):
            over = asyncio.Event()
            limits = asyncio.create_task(_limit(workspace, flood, outcome, over))
            kills = asyncio.create_task(_kill(worker, flood, outcome))
            outcome.load = await pace(
                port,
                payloads.of_each_fingerprint(flood.fingerprints),
                connections=flood.connections,
                count=flood.alerts,
                seconds=flood.seconds,
            )
            await kills
            begun = time.perf_counter()
            await _settled(database_url)
            outcome.settled_seconds = time.perf_counter() - begun
            over.set()
            await limits
            await _look(workspace, database_url, outcome)
    return outcome


async def _limit(workspace: Running, flood: Flood, outcome: Outcome, over: asyncio.Event) -> None:
    """429 at random."""
    chance = random.Random(7)
    while not over.is_set():
        # One that nobody met meanwhile does not wait beside the next.
        workspace.workspace.faults.clear()
        met = Fault(chance.choice(_LIMITED), "ratelimited", count=1, retry_after=1)
        workspace.workspace.faults.add(met)
        outcome.limited += 1
        pause = chance.expovariate(1 / flood.limited_every)
        try:
            await asyncio.wait_for(over.wait(), pause)
        except TimeoutError:
            continue


async def _kill(worker: _Worker, flood: Flood, outcome: Outcome) -> None:
    """The worker dies without a word, and is started again."""
    for _ in range(flood.kills):
        await asyncio.sleep(flood.seconds / (flood.kills + 1))
        worker.kill()
        outcome.kills += 1
        worker.start()


async def _settled(database_url: str, within: float = 900.0) -> None:
    deadline = time.monotonic() + within
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
        while True:
            found = await (await connection.execute(_BUSY)).fetchone()
            if found == (0,):
                return
            if time.monotonic() > deadline:
                raise TimeoutError(f"{found} things are left over")
            await asyncio.sleep(0.5)


async def _look(workspace: Running, database_url: str, outcome: Outcome) -> None:
    """Count what is there."""
    told: collections.Counter[str] = collections.Counter()
    for channel in ("ml", "ml-alerts"):
        found = await workspace.read("messages", user="ana", channel=channel, limit="5000")
        for message in found["messages"]:
            about = (message.get("metadata") or {}).get("event_payload") or {}
            if "incident" in about:
                told[about["incident"]] += 1
    outcome.messages = told.total()
    outcome.doubled = sum(count > 1 for count in told.values())
    async with await psycopg.AsyncConnection.connect(database_url) as connection:

        async def number(query: str) -> int:
            row = await (await connection.execute(query)).fetchone()
            return int(row[0]) if row else 0

        outcome.counted = await number(
            "SELECT coalesce(sum((incident ->> 'count')::int), 0) FROM incidents"
        )
        outcome.unfolded = await number("SELECT count(*) FROM alerts WHERE folded IS NULL")
        outcome.incidents = await number("SELECT count(*) FROM incidents")


class _Worker:
    """A worker process that can be killed and started again."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment
        self.process = self._started()

    def _started(self) -> subprocess.Popen[bytes]:
        return _spawn("worker", self._environment)

    def start(self) -> None:
        self.process = self._started()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@asynccontextmanager
async def _processes(environment: dict[str, str]) -> AsyncIterator[tuple[int, _Worker]]:
    port = int(environment["COOPER_HTTP_PORT"])
    bot, worker = _spawn("bot", environment), _Worker(environment)
    try:
        await _up(port)
        yield port, worker
    finally:
        for process in (bot, worker.process):
            process.terminate()
        for process in (bot, worker.process):
            process.wait()


def _spawn(what: str, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    command = [str(Path(sys.executable).parent / "cooper"), what]
    log = Path(environment["COOPER_BENCHMARK_LOGS"]) / f"{what}.log"
    with log.open("ab") as out:
        return subprocess.Popen(
            command, env=environment, cwd=log.parent, stdout=out, stderr=subprocess.STDOUT
        )


async def _up(port: int) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return


def _environment(
    workspace: Running, database_url: str, folder: Path, config: Path
) -> dict[str, str]:
    key_file = folder / "signing.pem"
    key = Ed25519PrivateKey.generate()
    key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | {
        "DATABASE_URL": database_url,
        "SLACK_BOT_TOKEN": workspace.bot_token,
        "SLACK_APP_TOKEN": workspace.app_token,
        "SLACK_SIGNING_SECRET": workspace.signing_secret,
        "SLACK_API_URL": workspace.api_url,
        "COOPER_CONFIG": str(config),
        "COOPER_HTTP_PORT": str(servers.free_port()),
        "COOPER_SIGNING_KEY_FILE": str(key_file),
        "COOPER_ALERTS_ALERTMANAGER_SECRET": payloads.SECRET,
        "COOPER_BENCHMARK_LOGS": str(folder),
        "AWS_ENDPOINT_URL": _NOWHERE,
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "NLU_URL": _NOWHERE,
        "NLU_TOKEN": "none",
        "AIRFLOW_URL": _NOWHERE,
        "AIRFLOW_USERNAME": "cooper",
        "AIRFLOW_PASSWORD": "none",
        "MLFLOW_TRACKING_URI": _NOWHERE,
    }


def quick_config(folder: Path) -> Path:
    """The demo's policy with short waits and no quiet hours."""
    import yaml

    policy: dict[str, Any] = yaml.safe_load((ROOT / "cooper.yaml").read_text())
    policy["alerting"] = {"group_wait": "PT1S", "group_interval": "PT5S"}
    path = folder / "cooper.yaml"
    path.write_text(json.dumps(policy))
    return path


def main(arguments: Sequence[str] | None = None) -> int:
    """Play it; 1 where something is not as it should be."""
    shape = Flood()
    parser = argparse.ArgumentParser(prog="python -m benchmarks.alerts.flood", description=__doc__)
    parser.add_argument("--alerts", type=int, default=shape.alerts)
    parser.add_argument("--fingerprints", type=int, default=shape.fingerprints)
    parser.add_argument("--seconds", type=float, default=shape.seconds)
    parser.add_argument("--kills", type=int, default=shape.kills)
    given = parser.parse_args(arguments)
    flood = Flood(given.alerts, given.fingerprints, given.seconds, given.kills)
    with tempfile.TemporaryDirectory(prefix="flood") as name, servers.postgres() as url:
        folder = Path(name)
        outcome = asyncio.run(play(flood, url, folder, quick_config(folder)))
    load = outcome.load
    print(f"Machine: {', '.join(f'{key} {value}' for key, value in machine().items())}.\n")
    rows = [
        ("alerts sent", f"{flood.alerts:,} in {load.seconds:.0f} s"),
        ("answers", ", ".join(f"{count:,} × {code}" for code, count in load.statuses.items())),
        (
            "p50, p99",
            " ms, ".join(f"{percentile(load.latencies, p) * 1000:.1f}" for p in (50, 99)) + " ms",
        ),
        ("counted", f"{outcome.counted:,}"),
        ("incidents, root messages", f"{outcome.incidents:,}, {outcome.messages:,}"),
        ("429s, worker killed", f"{outcome.limited}, {outcome.kills} times"),
        ("all told after the last alert", f"{outcome.settled_seconds:.0f} s"),
    ]
    print(table(("", ""), rows))
    faults = outcome.faults(flood)
    for fault in faults:
        print(f"Wrong: {fault}.", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
