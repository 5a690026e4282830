"""The whole stack, started as a person starts it, and people who use its workspace."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx
from dotenv import dotenv_values

CHECKOUT = Path(__file__).resolve().parents[2]
START_SECONDS = 900
T = TypeVar("T")

ANA, BEN, CHLOE, DAN = "UANA00001", "UBEN00001", "UCHLOE001", "UDAN00001"


def wait_for(look: Callable[[], T | None], seconds: float, what: str) -> T:
    """The first true thing that `look` sees; fails with `what` and the last sight after so long."""
    deadline = time.monotonic() + seconds
    while True:
        seen = look()
        if seen:
            return seen
        assert time.monotonic() < deadline, f"{what} did not come within {seconds} s"
        time.sleep(0.1)


class People:
    """People in the workspace, through the simulator's API."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._client = httpx.Client(base_url=url, timeout=30)

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()

    def says(self, user: str, text: str, channel: str = "ml", thread: str | None = None) -> str:
        """The ts of what the person wrote."""
        body = {"user": user, "channel": channel, "text": text, "thread_ts": thread}
        return str(self._post("/people/messages", body)["ts"])

    def types(self, user: str, text: str, channel: str = "ml") -> None:
        """`/cooper text`."""
        body = {"user": user, "channel": channel, "command": "/cooper", "text": text}
        self._post("/people/commands", body)

    def clicks(self, user: str, message: dict[str, Any], action: str, channel: str = "ml") -> None:
        """The button of a message."""
        body = {"user": user, "channel": channel, "ts": message["ts"], "action_id": action}
        self._post("/people/clicks", body)

    def submits(self, user: str, view: dict[str, Any], values: dict[str, Any]) -> None:
        """A modal."""
        self._post("/people/submits", {"user": user, "view_id": view["id"], "values": values})

    def messages(
        self, thread: str | None = None, channel: str = "ml", user: str | None = None
    ) -> list[dict[str, Any]]:
        """What stands in the channel or thread, as Slack's message objects."""
        asked = {"channel": channel, "thread_ts": thread, "user": user}
        answer = self._client.get(
            "/people/messages", params={key: value for key, value in asked.items() if value}
        )
        answer.raise_for_status()
        return list(answer.json()["messages"])

    def views(self, user: str) -> list[dict[str, Any]]:
        """The modals that the person has open."""
        answer = self._client.get("/people/views", params={"user": user})
        answer.raise_for_status()
        return list(answer.json()["views"])

    def reply(
        self, thread: str, seconds: float, fits: Callable[[dict[str, Any]], bool], **where: Any
    ) -> dict[str, Any]:
        """The first message in the thread that fits, waited for."""

        def look() -> dict[str, Any] | None:
            found = self.messages(thread, **where)
            return next((message for message in found if fits(message)), None)

        try:
            return wait_for(look, seconds, "the reply")
        except AssertionError as error:
            said = json.dumps(self.messages(thread, **where), indent=1)[-6000:]
            raise AssertionError(f"{error}; the thread holds:\n{said}") from None

    def card(self, thread: str, seconds: float, *states: str, command: str) -> dict[str, Any]:
        """The thread's latest card of a command once it is in one of the states."""
        return self.reply(
            thread,
            seconds,
            lambda message: (
                payload(message).get("command") == command
                and payload(message).get("state") in states
            ),
        )

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = self._client.post(path, json={k: v for k, v in body.items() if v is not None})
        assert answer.is_success, answer.text
        return dict(answer.json())


def payload(message: dict[str, Any]) -> dict[str, Any]:
    """The payload of a message's metadata."""
    return dict((message.get("metadata") or {}).get("event_payload") or {})


def text_of(message: dict[str, Any]) -> str:
    """All text of a message, blocks included."""
    return message.get("text", "") + json.dumps(message.get("blocks", []), ensure_ascii=False)


class Stack:
    """A running stack. `environment` is its `run.env`."""

    def __init__(self, state: Path, process: subprocess.Popen[bytes], output: Path) -> None:
        self.state = state
        self.process = process
        self.output = output

    @property
    def environment(self) -> dict[str, str]:
        """The variables of docs/contracts.md."""
        return {k: v or "" for k, v in dotenv_values(self.state / "run.env").items()}

    @property
    def workspace(self) -> str:
        """The page's address."""
        line = next(x for x in self.output.read_text().splitlines() if "Cooper is ready" in x)
        return line.split("ready:", 1)[1].split()[0]

    def cooper(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the command line against this stack."""
        return subprocess.run(
            [Path(sys.executable).parent / "cooper", *arguments],
            cwd=CHECKOUT,
            env=_inherited() | self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )


def _inherited() -> dict[str, str]:
    """Our environment without anything that would connect the stack to the outside."""
    taken = ("SLACK_", "AWS_", "DATABASE_", "REDIS_", "COOPER_", "AIRFLOW_", "MLFLOW_", "NLU_")
    return {key: value for key, value in os.environ.items() if not key.startswith(taken)}


@contextmanager
def running_stack(state: Path) -> Iterator[Stack]:
    """Start, wait until it says that it is ready, and stop with SIGTERM at the end."""
    output = state.parent / f"{state.name}-up.txt"
    with output.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "infra.local.stack", "--state", str(state)],
            cwd=CHECKOUT,
            env=_inherited(),
            stdout=stream,
            stderr=stream,
            start_new_session=True,
        )
    stack = Stack(state, process, output)
    try:
        wait_for(
            lambda: "Cooper is ready" in output.read_text() or process.poll() is not None,
            START_SECONDS,
            "the stack",
        )
        assert process.poll() is None, output.read_text()
        yield stack
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(120)
