"""The bare echo app on a simulator of its own: the same program as the stack's, the same limits."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.local.stack.environment import base_environment
from tests.e2e.stack import CHECKOUT, People


@contextmanager
def echoing(state: Path) -> Iterator[People]:
    """People of a workspace in which the echo app answers."""
    command = ["-m", "infra.local.slack", "--port", "0", "--state", str(state)]
    with _program(command, {}, "The workspace is at ") as said:
        url = said.removeprefix("The workspace is at ").strip().rstrip("/")
        tokens = json.loads((state / "tokens.json").read_text())
        environment = {
            "SLACK_BOT_TOKEN": tokens["bot"],
            "SLACK_APP_TOKEN": tokens["app"],
            "SLACK_API_URL": f"{url}/api/",
        }
        with _program(["-m", "benchmarks.echo"], environment, "connected"):
            people = People(url)
            try:
                yield people
            finally:
                people.close()


@contextmanager
def _program(arguments: list[str], environment: dict[str, str], first: str) -> Iterator[str]:
    """A program of ours, from its line that begins with `first` until the end of the block."""
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=CHECKOUT,
        env=base_environment() | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        line = next((line for line in process.stdout if line.startswith(first)), None)
        if line is None:
            raise RuntimeError(f"python {' '.join(arguments)} ended with {process.wait(10)}")
        yield line
    finally:
        process.terminate()
        process.wait(20)
