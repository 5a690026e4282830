"""What goes out to Slack: queued messages and cards, with what is known of their posting."""

from dataclasses import dataclass

from sqlalchemy import RowMapping, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from actions.answers import Answer
from actions.requests import Place
from infra.store import tables as t


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A queued message. `tried`: an earlier try may have posted it. `ts`: it is posted."""

    key: str
    place: Place
    user: str | None
    answer: Answer
    tried: bool
    ts: str | None


@dataclass(frozen=True, slots=True)
class Card:
    """What is known of a request's card. `shown` is a digest of what it looks like."""

    ts: str | None
    tried: bool
    shown: str | None


class Outgoings:
    """The tables of messages and cards."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def take(self, message: int) -> Outgoing | None:
        """The message as it was, marked as tried from now on."""
        query = select(t.messages).where(t.messages.c.id == message).with_for_update()
        mark = update(t.messages).where(t.messages.c.id == message).values(posting=True)
        async with self._engine.begin() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
            if row is None:
                return None
            await connection.execute(mark)
        return _outgoing(row)

    async def posted(self, message: int, ts: str | None) -> None:
        """The message is in Slack as `ts`; None where its channel cannot be written to."""
        done = update(t.messages).where(t.messages.c.id == message).values(ts=ts or "never")
        async with self._engine.begin() as connection:
            await connection.execute(done)

    async def card(self, number: int, channel: str) -> Card:
        """The card as it was, marked as tried from now on."""
        row_values = {"request": number, "channel": channel}
        query = select(t.cards).where(t.cards.c.request == number).with_for_update()
        mark = update(t.cards).where(t.cards.c.request == number).values(posting=True)
        async with self._engine.begin() as connection:
            await connection.execute(insert(t.cards).values(**row_values).on_conflict_do_nothing())
            row = (await connection.execute(query)).mappings().one()
            await connection.execute(mark)
        return Card(row["ts"], row["posting"], row["shown"])

    async def shown(self, number: int, ts: str | None, shown: str) -> None:
        """The card is in Slack as `ts` and looks like `shown`.

        A request from outside a thread gets the card's own: its news and "it" belong there.
        """
        done = update(t.cards).where(t.cards.c.request == number).values(ts=ts, shown=shown)
        before = select(t.cards.c.ts).where(t.cards.c.request == number).scalar_subquery()
        thread = t.requests.c.thread
        own = (t.requests.c.number == number) & (thread.is_(None) | (thread == before))
        async with self._engine.begin() as connection:
            await connection.execute(update(t.requests).where(own).values(thread=ts))
            await connection.execute(done)


def _outgoing(row: RowMapping) -> Outgoing:
    return Outgoing(
        key=row["key"],
        place=Place(row["team"], row["channel"], row["thread"]),
        user=row["user"],
        answer=Answer.model_validate(row["answer"]),
        tried=row["posting"],
        ts=row["ts"],
    )
