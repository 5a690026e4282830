"""The audit log's hash chain: each entry holds the hash of the one before it.

A change, a removal or an insertion anywhere but at the end breaks the chain, even by somebody who
may switch off the trigger that refuses them. What was cut off at the end shows only against a
hash that was kept elsewhere.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from actions.canonical import digest
from actions.store import AuditEntry
from infra.store.tables import audit

GENESIS = "genesis"


@dataclass(frozen=True, slots=True)
class Break:
    """The first entry at which the chain does not hold; `why` is for people."""

    entry: int
    why: str


def chained(entry: AuditEntry, at: datetime, previous: str) -> dict[str, Any]:
    """Column values of an entry that follows the one with the hash `previous`."""
    values = {
        "at": at,
        "who": entry.who,
        "what": entry.what,
        "request": entry.request,
        "project": entry.project,
        "detail": entry.detail,
        "previous": previous,
    }
    return {**values, "hash": _hash(values)}


async def verify_chain(connection: AsyncConnection) -> Break | None:
    """Where the chain breaks first, or None where it holds."""
    previous = GENESIS
    async with connection.stream(select(audit).order_by(audit.c.id)) as rows:
        async for row in rows.mappings():
            if row["previous"] != previous:
                return Break(row["id"], "entries before this one are missing or were put in")
            if row["hash"] != _hash(row):
                return Break(row["id"], "this entry was changed")
            previous = row["hash"]
    return None


def _hash(values: dict[str, Any] | RowMapping) -> str:
    content = {
        name: values[name] for name in ("who", "what", "request", "project", "detail", "previous")
    }
    return digest({**content, "at": values["at"].astimezone(UTC).isoformat()})
