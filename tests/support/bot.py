"""The real bot and worker in this process, in front of a simulated workspace.

`async with running_bot(workspace, database_url, folder) as cooper:` and then what people do
(`says`, `types`, `clicks`, `submits`), what they see (`sees`, `card`), and `settled()`, after which
nothing more will happen by itself.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from psycopg.rows import dict_row

from actions.registration import RegisteredProject
from bot.app import serve
from bot.bootstrap import core, worker
from bot.settings import Settings
from infra.local.slack.errors import PersonError
from infra.local.slack.server import Running
from tests.support.projects import ROOT
from tests.support.waiting import eventually

# Nothing listens on the discard port, so whatever is sent there is refused at once.
NOWHERE = "http://127.0.0.1:9"
_BUSY = """
SELECT (SELECT count(*) FROM envelopes WHERE handled IS NULL)
     + (SELECT count(*) FROM procrastinate_jobs
        WHERE status = 'doing' OR (status = 'todo' AND coalesce(scheduled_at, now()) <= now()))
"""

Message = dict[str, Any]


@dataclass
class Cooper:
    """A running bot, and the people around it. `user` is a handle, `channel` a name."""

    workspace: Running
    settings: Settings
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.settings.database_url.get_secret_value()

    async def says(self, user: str, channel: str, text: str, thread: str | None = None) -> str:
        """Write a message; its ts."""
        more = {"thread_ts": thread} if thread else {}
        done = await self.workspace.act("messages", user=user, channel=channel, text=text, **more)
        return str(done["ts"])

    async def types(self, user: str, channel: str, text: str) -> None:
        """`/cooper {text}`."""
        await self.workspace.act(
            "commands", user=user, channel=channel, command="/cooper", text=text
        )

    async def clicks(self, user: str, channel: str, action: str, ts: str, **more: Any) -> None:
        """Press a button of the message `ts`."""
        await self.workspace.act(
            "clicks", user=user, channel=channel, action_id=action, ts=ts, **more
        )

    async def views(self, user: str) -> list[dict[str, Any]]:
        """The person's open modals."""
        return list((await self.workspace.read("views", user=user))["views"])

    async def submits(self, user: str, view: str, **values: Any) -> dict[str, Any]:
        """Send a modal with these values by block id."""
        return await self.workspace.act("submits", user=user, view_id=view, values=values)

    async def sees(self, user: str, channel: str, thread: str | None = None) -> list[Message]:
        """What this person sees there, oldest first, messages for them alone included."""
        more = {"thread_ts": thread} if thread else {}
        found = await self.workspace.read("messages", user=user, channel=channel, **more)
        return list(found["messages"])

    async def from_bot(self, user: str, channel: str, thread: str | None = None) -> list[Message]:
        """Cooper's messages among them."""
        bot = self.workspace.workspace.seed.app.user
        return [m for m in await self.sees(user, channel, thread) if m.get("user") == bot]

    async def cards(self, channel: str, request: str, thread: str | None = None) -> list[Message]:
        """All cards of the request there; one, unless something is wrong."""
        found = await self.from_bot("ana", channel, thread)
        return [m for m in found if payload(m).get("request") == request]

    async def card(
        self, channel: str, request: str, state: str, thread: str | None = None
    ) -> Message:
        """The request's card, as soon as it shows this state."""

        async def shown() -> Message | None:
            found = await self.cards(channel, request, thread)
            return next((m for m in found if payload(m)["state"] == state), None)

        return await eventually(shown, f"the card of {request} is {state}")

    async def told(self, user: str, channel: str, words: str, thread: str | None = None) -> Message:
        """The first message of Cooper's that this person sees and that holds these words."""

        async def said() -> Message | None:
            found = await self.from_bot(user, channel, thread)
            return next((m for m in found if words in drawn(m)), None)

        return await eventually(said, f"{user} reads “{words}”")

    async def settled(self) -> None:
        """Wait until everything that came in is handled and no job is due."""

        async def idle() -> bool:
            return (await self.rows(_BUSY + " AS left_over"))[0]["left_over"] == 0

        await eventually(idle, "the queue is empty")

    async def rows(self, query: str, *parameters: Any) -> list[dict[str, Any]]:
        """Ask the database."""
        async with await psycopg.AsyncConnection.connect(
            self.url, autocommit=True, row_factory=dict_row
        ) as connection:
            cursor = await connection.execute(query, parameters)
            return await cursor.fetchall() if cursor.description else []

    async def handles_again(self) -> None:
        """What came in last, as after a crash before it was marked as handled."""
        await self.settled()
        [envelope] = await self.rows(
            "UPDATE envelopes SET handled = NULL WHERE id = (SELECT max(id) FROM envelopes)"
            " RETURNING id"
        )
        await self.rows(
            "SELECT procrastinate_defer_jobs_v1(ARRAY[ROW('default', 'handle_envelope', 0, NULL,"
            " NULL, jsonb_build_object('envelope', %s::int), NULL)::procrastinate_job_to_defer_v1])",
            envelope["id"],
        )
        await self.settled()

    async def knows(self, project: RegisteredProject) -> None:
        """Register a project."""
        async with core(self.settings) as base, base.store.transaction() as tx:
            await tx.save_project(project)

    async def ends(self) -> None:
        """Stop bot and worker in an orderly way; a fault of theirs is raised here."""
        self.stop.set()
        async with asyncio.timeout(20):
            await asyncio.gather(*self.tasks)


def payload(message: Message) -> dict[str, Any]:
    """The event payload of a message's metadata; {} without."""
    found: dict[str, Any] = (message.get("metadata") or {}).get("event_payload") or {}
    return found


def drawn(message: Message) -> str:
    """All words of a message as they were sent: text and blocks."""
    return str(message.get("text", "")) + " " + " ".join(_texts(message.get("blocks") or []))


def buttons(message: Message) -> list[str]:
    """The action ids of a message's buttons."""
    return [
        element["action_id"]
        for block in message.get("blocks") or []
        if block["type"] == "actions"
        for element in block["elements"]
    ]


def _texts(part: Any) -> list[str]:
    if isinstance(part, list):
        return [text for one in part for text in _texts(one)]
    if isinstance(part, dict):
        own = [part["text"]] if isinstance(part.get("text"), str) else []
        return own + [
            text for key, one in part.items() if key != "text" or not own for text in _texts(one)
        ]
    return []


def settings_for(workspace: Running, database_url: str, folder: Path, **changes: Any) -> Settings:
    """Settings with everything but Slack and Postgres down."""
    key_file = folder / "signing.pem"
    if not key_file.exists():
        key = Ed25519PrivateKey.generate()
        key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    values: dict[str, Any] = {
        "database_url": database_url,
        "slack_bot_token": workspace.bot_token,
        "slack_app_token": workspace.app_token,
        "slack_signing_secret": workspace.signing_secret,
        "slack_api_url": workspace.api_url,
        "sockets": 1,
        "config": ROOT / "cooper.yaml",
        "signing_key_file": key_file,
        "http_port": 0,
        "nlu_url": NOWHERE,
        "nlu_token": "test",
        "airflow_url": NOWHERE,
        "airflow_username": "cooper",
        "airflow_password": "test",
        "mlflow_tracking_uri": NOWHERE,
        "aws_endpoint_url": NOWHERE,
        "poll_seconds": 0.5,
    }
    return Settings(_env_file=None, **(values | changes))


@contextlib.asynccontextmanager
async def running_bot(
    workspace: Running, database_url: str, folder: Path, *, dies: bool = False, **changes: Any
) -> AsyncIterator[Cooper]:
    """Bot and worker, connected and at work until the block ends.

    With `dies` they may end with a fault meanwhile, as processes that a supervisor starts again.
    """
    _log_plainly()
    cooper = Cooper(workspace, settings_for(workspace, database_url, folder, **changes))
    connected = workspace.workspace.sockets.connections
    ready = asyncio.Event()
    cooper.tasks = [
        asyncio.create_task(serve(cooper.settings, cooper.stop)),
        asyncio.create_task(_work(cooper, ready)),
    ]
    try:
        await _started(cooper, ready.is_set)
        await _started(cooper, lambda: workspace.workspace.sockets.connections > connected)
        yield cooper
        if not dies:
            await cooper.ends()
    finally:
        for task in cooper.tasks:
            task.cancel()
        await asyncio.gather(*cooper.tasks, return_exceptions=True)


def _log_plainly() -> None:
    """As the processes do: structlog's default draws every local variable, for seconds."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ]
    )


async def _work(cooper: Cooper, ready: asyncio.Event) -> None:
    async with worker(cooper.settings) as at_work:
        ready.set()
        await at_work.run(cooper.stop)


async def _started(cooper: Cooper, condition: Callable[[], bool]) -> None:
    def look() -> bool:
        for task in cooper.tasks:
            if task.done():
                task.result()
        return condition()

    await eventually(look, "bot and worker are up")


__all__ = ["Cooper", "PersonError", "buttons", "drawn", "payload", "running_bot", "settings_for"]
