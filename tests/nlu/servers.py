"""Starting and ending a real Rasa and its action server on loopback."""

import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from bot.cli.rasa_model import ROOT, interpreter, train

TOKEN = "a-token-of-the-tests-only"
START_SECONDS = 110


@dataclass(frozen=True)
class Running:
    """Where things answer."""

    url: str
    actions_url: str
    token: str


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            if httpx.get(url, timeout=2, trust_env=False).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        select_pause()
    pytest.fail(f"{url} did not answer:\n{log.read_text(errors='replace')[-3000:]}")


def select_pause() -> None:
    """Yield the processor between two looks at a condition."""
    select.select([], [], [], 0.2)


def end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def start_actions(port: int, log: Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "ACTIONS_URL": f"http://127.0.0.1:{port}/webhook"}
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-c", "from bot.cli.nlu import serve_actions; serve_actions()"],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )


def start_rasa(port: int, actions_url: str, log: Path) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "NLU_TOKEN": TOKEN,
        "ACTIONS_URL": actions_url,
        "SANIC_HOST": "127.0.0.1",
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    model = train().path
    with log.open("wb") as output:
        return subprocess.Popen(
            [
                *(str(interpreter()), "-W", "ignore", "-m", "rasa", "run"),
                *("--interface", "127.0.0.1", "--port", str(port), "--model", str(model)),
                *("--endpoints", "endpoints.yml", "--credentials", "credentials.yml"),
            ],
            cwd=ROOT / "nlu",
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )


@contextmanager
def serving(logs: Path) -> Iterator[tuple[Running, subprocess.Popen[bytes]]]:
    """Rasa and its action server with the trained model, and Rasa's process; ended afterwards."""
    actions_port, port = free_port(), free_port()
    actions_url = f"http://127.0.0.1:{actions_port}/webhook"
    actions = start_actions(actions_port, logs / "actions.log")
    server = start_rasa(port, actions_url, logs / "rasa.log")
    try:
        wait_for(f"http://127.0.0.1:{actions_port}/health", actions, logs / "actions.log")
        url = f"http://127.0.0.1:{port}"
        wait_for(f"{url}/webhooks/cooper/health", server, logs / "rasa.log")
        yield Running(url, actions_url, TOKEN), server
    finally:
        end(server)
        end(actions)
