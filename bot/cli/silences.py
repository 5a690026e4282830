"""`cooper silences`: what nobody is to hear of, by matchers, for engineers."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NoReturn, TypeVar

import typer
from procrastinate.exceptions import ConnectorException
from sqlalchemy.exc import SQLAlchemyError

from actions.config_types import duration
from actions.incidents.events import Responder
from actions.incidents.matchers import MatcherError, parse
from actions.incidents.moments import spoken
from actions.incidents.silences import Silence, SilenceError
from actions.incidents.store import KeptSilence
from actions.store import AuditEntry, Transaction
from bot.bootstrap import core, now
from bot.cli.processes import settings

T = TypeVar("T")
_BAD_INPUT = 65  # EX_DATAERR of sysexits.h
_UNAVAILABLE = 69  # EX_UNAVAILABLE


def show(*, as_json: bool) -> None:
    """Print those that are not over."""

    async def look(tx: Transaction) -> Sequence[KeptSilence]:
        return await tx.incidents.silences(now())

    found = _within(look)
    if as_json:
        typer.echo(json.dumps([_summary(kept) for kept in found]))
    else:
        typer.echo("\n".join(map(_line, found)) or "Nothing is silenced.")


def add(matchers: Sequence[str], length: str, reason: str, by: str, *, as_json: bool) -> None:
    """Silence what meets every matcher, from now on for so long."""
    try:
        starts = now()
        silence = Silence(
            tuple(parse(text) for text in matchers),
            starts,
            starts + duration(length),
            Responder(by, by),
            reason,
        )
    except (MatcherError, SilenceError, ValueError, OverflowError) as error:
        _end(str(error), _BAD_INPUT)

    async def keep(tx: Transaction) -> KeptSilence:
        kept = await tx.incidents.add_silence(silence)
        await tx.audit(AuditEntry(by, "silenced", detail=_summary(kept)))
        await tx.tell_incidents()
        return kept

    kept = _within(keep)
    typer.echo(json.dumps(_summary(kept)) if as_json else _line(kept))


def end(name: str, by: str, *, as_json: bool) -> None:
    """End a silence now; what it held back is told, if it is still so."""

    async def over(tx: Transaction) -> KeptSilence:
        found = await tx.incidents.silences(now())
        kept = next((each for each in found if each.id == name.upper()), None)
        if kept is None:
            known = ", ".join(each.id for each in found) or "none"
            raise SilenceError(f"there is no silence {name} that is not over; there are: {known}")
        ended = KeptSilence(kept.number, kept.silence.ended(now()))
        await tx.incidents.replace_silence(ended)
        await tx.audit(AuditEntry(by, "unsilenced", detail=_summary(ended)))
        await tx.tell_incidents()
        return ended

    ended = _within(over)
    typer.echo(json.dumps(_summary(ended)) if as_json else f"{ended.id} is over.")


def _within(work: Callable[[Transaction], Awaitable[T]]) -> T:
    """What `work` gives in a transaction, or the end with one line and an exit code."""

    async def run() -> T:
        async with (
            core(settings()) as base,
            # Before the queue, which would wait long for a database that is away.
            base.store.transaction() as tx,
            base.queue.open_async(),
        ):
            return await work(tx)

    try:
        return asyncio.run(run())
    except SilenceError as error:
        _end(str(error), _BAD_INPUT)
    except (SQLAlchemyError, ConnectorException, OSError) as error:
        why = " ".join(str(error.__cause__ or error).split())
        _end(f"the database does not answer: {why}", _UNAVAILABLE)


def _end(text: str, code: int) -> NoReturn:
    typer.echo(text, err=True)
    raise typer.Exit(code)


def _line(kept: KeptSilence) -> str:
    silence = kept.silence
    matchers = " ".join(map(str, silence.matchers))
    return f"{kept.id}  {matchers}  until {spoken(silence.ends)}, by {silence.by.name}: {silence.reason}"


def _summary(kept: KeptSilence) -> dict[str, Any]:
    silence = kept.silence
    return {
        "silence": kept.id,
        "matchers": [str(each) for each in silence.matchers],
        "starts": silence.starts.isoformat(),
        "ends": silence.ends.isoformat(),
        "by": silence.by.name,
        "reason": silence.reason,
    }
