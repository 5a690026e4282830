"""What people do again and again in these tests, and how what must not change is looked at."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.support.bot import Cooper, Message, drawn
from tests.support.projects import GPU_IMAGE, ROOT, registered
from tests.support.waiting import eventually

# The price of a training is the price of an hour.
HOURLY = {"allowed": ["ml.m5.*", "ml.g5.*"], "max_runtime": "PT1H", "max_count": 4}
PROJECT = registered(image=GPU_IMAGE, instance=HOURLY)
DEAR = "train claims-frequency instance=ml.g5.12xlarge"
ML = "#ml"


async def asked(cooper: Cooper, who: str = "ana", channel: str = ML, text: str = DEAR) -> Message:
    """The card of R1, which waits for approval."""
    await cooper.types(who, channel, text)
    card = await cooper.card(channel, "R1", "awaiting_confirmation")
    await cooper.clicks(who, channel, "confirm", card["ts"])
    return await cooper.card(channel, "R1", "awaiting_approval")


async def state_of(cooper: Cooper, number: int = 1) -> tuple[str, str | None]:
    """The request's state and note."""
    [row] = await cooper.rows("SELECT state, note FROM requests WHERE number = %s", number)
    return row["state"], row["note"]


async def decided(cooper: Cooper) -> list[dict[str, Any]]:
    """Everything that a decision would change; the worker reconciles beside it."""
    await cooper.settled()
    return [
        *await cooper.rows("SELECT number, state, version, plan_digest FROM requests ORDER BY 1"),
        *await cooper.rows("SELECT request, voter_id, approve, reason FROM votes ORDER BY id"),
        *await cooper.rows("SELECT who, what FROM audit WHERE what <> 'reconciled' ORDER BY id"),
        *await cooper.rows("SELECT args FROM procrastinate_jobs WHERE task_name = 'start_request'"),
    ]


@asynccontextmanager
async def nothing_changes(cooper: Cooper) -> AsyncIterator[None]:
    """Whatever happens in the block leaves no trace among the decisions."""
    before = await decided(cooper)
    yield
    assert await decided(cooper) == before


async def alone(cooper: Cooper, who: str, channel: str, words: str) -> None:
    """`who` reads these words, and nobody else does."""
    await cooper.told(who, channel, words)
    others = {"ana", "ben", "chloe"} - {who}
    for other in others:
        seen = await cooper.from_bot(other, channel)
        assert not [m for m in seen if words in drawn(m)], f"{other} reads it too"


def under(folder: Path, **replaced: str) -> Path:
    """A `cooper.yaml` like the demo's with pieces of its text replaced."""
    text = (ROOT / "cooper.yaml").read_text()
    for old, new in replaced.items():
        assert old in text, old
        text = text.replace(old, new)
    path = folder / "another.yaml"
    path.write_text(text)
    return path


async def reaches(cooper: Cooper, state: str, number: int = 1) -> str | None:
    """Wait until the request is there; its note."""

    async def there() -> bool:
        return (await state_of(cooper, number))[0] == state

    await eventually(there, f"R{number} is {state}")
    return (await state_of(cooper, number))[1]
