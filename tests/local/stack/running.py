"""Starts `python -m infra.local.stack` as a person would and waits for what it says."""

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import psycopg

from infra.local.stack.layout import CHECKOUT, STACK_ID_VARIABLE
from infra.local.stack.postgres import embedded_url

STORES = "postgres,redis"
SECONDS = 60


class Up:
    """One start of the stack. Standard output goes to a file, so that a full pipe never stops it."""

    def __init__(self, layout, only=STORES, **environment):
        self.layout = layout
        self.output = layout.state.parent / f"up-{time.monotonic_ns()}.txt"
        inherited = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("SLACK_", "AWS_", "DATABASE_", "REDIS_", "COOPER_"))
        }
        command = [sys.executable, "-m", "infra.local.stack", "--state", str(layout.state)]
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [*command, "--only", only],
                cwd=CHECKOUT,
                env=inherited | environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    @property
    def text(self) -> str:
        return self.output.read_text()

    def until(self, words: str) -> "Up":
        wait_until(lambda: words in self.text or self.process.poll() is not None, lambda: self.text)
        assert words in self.text, self.text
        return self

    def ends(self, signal_number: int | None = None) -> int:
        if signal_number is not None:
            self.process.send_signal(signal_number)
        return self.process.wait(SECONDS)


def wait_until(condition, tell=lambda: "") -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, tell()
        time.sleep(0.05)


def processes_of(layout) -> list[str]:
    """Return every process that names this stack's folders, found without the stack's own means."""
    found = []
    for process in psutil.process_iter():
        try:
            line = " ".join(process.cmdline())
            environment = process.environ()
        except (psutil.Error, OSError):
            continue
        names = (str(layout.state), str(layout.sockets))
        if any(name in line for name in names) or layout.stack_id == environment.get(
            STACK_ID_VARIABLE
        ):
            found.append(line)
    return found


def manager_pid(layout) -> int:
    return int(Path(layout.state / "supervisor.pid").read_text())


def query(layout, statement: str, database: str = "postgres"):
    with psycopg.connect(embedded_url(layout, database), autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else None
