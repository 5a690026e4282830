"""When the stack did what: from its tables and from the worker's log lines at the end of jobs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg


@dataclass(frozen=True, slots=True)
class Job:
    """A job of the queue as the worker logged its end. Times in seconds since the epoch."""

    task: str
    subject: int
    started: float
    took: float
    parts: Mapping[str, float]
    """Seconds of the parts that are measured by themselves, such as `nlu`."""

    @property
    def ended(self) -> float:
        """When it ended."""
        return self.started + self.took


def jobs(lines: Iterable[str]) -> list[Job]:
    """The jobs that the log tells of; other lines are passed over."""
    found = []
    for line in lines:
        if '"job_ended"' not in line:
            continue
        try:
            found.append(_job(json.loads(line)))
        except (ValueError, KeyError):
            continue  # cut by a rotation of the log
    return found


def _job(line: Mapping[str, Any]) -> Job:
    subject = next(line[name] for name in ("envelope", "message", "request") if name in line)
    parts = {
        name.removesuffix("_ms"): value / 1000
        for name, value in line.items()
        if name.endswith("_ms") and name != "took_ms"
    }
    started = datetime.fromisoformat(line["started"]).timestamp()
    return Job(line["task"], subject, started, line["took_ms"] / 1000, parts)


class Trace:
    """What is known of one stack, read once after the work is done."""

    def __init__(self, database_url: str, worker_log: Path) -> None:
        self._jobs = jobs(worker_log.read_text(errors="replace").splitlines())
        with psycopg.connect(database_url) as connection:
            self._envelopes = connection.execute(
                "select id, kind, extract(epoch from received)::float8, body from envelopes"
            ).fetchall()
            self._threads: dict[str, int] = dict(
                connection.execute("select thread, number from requests order by number").fetchall()
            )
            self._runs: dict[int, str] = dict(
                connection.execute("select request, run_id from runs").fetchall()
            )

    def first(self, task: str, subject: int) -> Job:
        """The first job of this task about this envelope, message or request."""
        fits = (job for job in self._jobs if (job.task, job.subject) == (task, subject))
        return min(fits, key=lambda job: job.started)

    def event(self, ts: str) -> tuple[int, float]:
        """Id and time of the envelope of a person's message."""
        return self._envelope("event", lambda body: body["event"].get("ts") == ts)

    def confirmation(self, number: int) -> tuple[int, float]:
        """Id and time of the envelope of the click that confirmed a request."""

        def fits(body: Mapping[str, Any]) -> bool:
            action = body["actions"][0]
            value = json.loads(action.get("value") or "{}")
            return (action["action_id"], value.get("request")) == ("confirm", f"R{number}")

        return self._envelope("action", fits)

    def request(self, thread: str) -> int:
        """Number of the newest request of a thread."""
        return int(self._threads[thread])

    def run_id(self, number: int) -> str:
        """Id of a request's Airflow run, which is also its job's name."""
        return str(self._runs[number])

    def _envelope(self, kind: str, fits: Any) -> tuple[int, float]:
        return next(
            (number, received)
            for number, its_kind, received, body in self._envelopes
            if its_kind == kind and fits(body)
        )
