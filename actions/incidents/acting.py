"""People act on incidents, by button or in words: checked, done, written down and told.

What may be done in which state is `responding.py`'s; here is who may do it.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from actions.answers import Refusal
from actions.context import Context, World, context_of
from actions.incidents.events import Responder
from actions.incidents.incident import Incident
from actions.incidents.matchers import parse
from actions.incidents.responding import (
    Outcome,
    TransitionError,
    acknowledge,
    resolve,
    snooze,
)
from actions.incidents.silences import Silence, SilenceError
from actions.incidents.store import Change, KeptSilence
from actions.people import Person
from actions.requests import Place
from actions.store import AuditEntry, Store


async def acknowledge_incident(context: Context, number: int, version: int | None) -> Incident:
    """The person is on it. `version` None: on the incident as it is now.

    Raises:
        Refusal: They may not, or it is no longer what they saw; nothing was changed.
    """

    def act(incident: Incident) -> Outcome:
        return acknowledge(incident, _me(context), version or incident.version, context.now)

    return await _act(context, number, "acknowledge_alert", act)


async def snooze_incident(
    context: Context, number: int, until: datetime, version: int | None
) -> Incident:
    """Quiet until then; raises as `acknowledge_incident`."""

    def act(incident: Incident) -> Outcome:
        return snooze(incident, _me(context), until, version or incident.version, context.now)

    return await _act(context, number, "snooze_alert", act)


async def resolve_incident(
    context: Context, number: int, reason: str | None, version: int | None
) -> Incident:
    """It is over; raises as `acknowledge_incident`."""

    def act(incident: Incident) -> Outcome:
        version_ = version or incident.version
        return resolve(incident, _me(context), version_, context.now, reason)

    return await _act(context, number, "resolve_alert", act)


async def silence_project(context: Context, project: str, length: timedelta) -> KeptSilence:
    """No news of the project's incidents for so long; one silence a project, which starts anew.

    Raises:
        Refusal: They may not, or it is too long.
    """
    context.permit("snooze_alert", project, None)
    matchers = (parse(f'project="{project}"'),)
    reason = f"snoozed by {context.who.name}"
    try:
        silence = Silence(matchers, context.now, context.now + length, _me(context), reason)
    except (SilenceError, OverflowError) as error:
        raise Refusal(f"I cannot do that: {error}.") from error
    known = await context.tx.incidents.silences(context.now)
    same = next((one for one in known if one.silence.matchers == matchers), None)
    if same is None:
        kept = await context.tx.incidents.add_silence(silence)
    else:
        kept = KeptSilence(same.number, silence)
        await context.tx.incidents.replace_silence(kept)
    detail = {"silence": kept.id, "until": silence.ends.isoformat()}
    await context.tx.audit(AuditEntry(context.who.id, "silenced", None, project, detail))
    await context.tx.tell_incidents()
    return kept


class Responding:
    """People's acts by button, each in a transaction of its own. `version` is what they saw."""

    def __init__(self, store: Store, world: World, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._world = world
        self._clock = clock

    async def acknowledge(self, who: Person, place: Place, number: int, version: int) -> None:
        """As `acknowledge_incident`."""
        async with self._begun(who, place) as context:
            await acknowledge_incident(context, number, version)

    async def snooze(
        self, who: Person, place: Place, number: int, version: int, length: timedelta
    ) -> None:
        """As `snooze_incident`, for so long from now."""
        async with self._begun(who, place) as context:
            await snooze_incident(context, number, context.now + length, version)

    async def snooze_until(
        self, who: Person, place: Place, number: int, version: int, until: datetime
    ) -> None:
        """As `snooze_incident`."""
        async with self._begun(who, place) as context:
            await snooze_incident(context, number, until, version)

    async def resolve(self, who: Person, place: Place, number: int, version: int) -> None:
        """As `resolve_incident`."""
        async with self._begun(who, place) as context:
            await resolve_incident(context, number, None, version)

    async def incident(self, number: int) -> Incident:
        """The incident as it is.

        Raises:
            Refusal: There is none.
        """
        async with self._store.transaction() as tx:
            found = await tx.incidents.get(number)
        if found is None:
            raise Refusal(f"There is no alert A{number}.")
        return found

    @asynccontextmanager
    async def _begun(self, who: Person, place: Place) -> AsyncIterator[Context]:
        async with self._store.transaction() as tx:
            yield await context_of(tx, self._world, who, place, self._clock())


async def _act(
    context: Context, number: int, command: str, act: Callable[[Incident], Outcome]
) -> Incident:
    before = await context.tx.incidents.get(number, lock=True)
    if before is None:
        context.permit(command, None, None)  # who may do nothing learns nothing
        raise Refusal(f"There is no alert A{number}.")
    context.permit(command, before.project, before.alert.environment if before.project else None)
    try:
        incident, events = act(before)
    except TransitionError as error:
        raise Refusal(str(error)) from error
    if not events:
        return incident
    await context.tx.incidents.save([Change(incident, events)])
    detail = {"incident": incident.id, "version": incident.version}
    entries = (AuditEntry(context.who.id, e.kind, None, incident.project, detail) for e in events)
    for entry in entries:
        await context.tx.audit(entry)
    await context.tx.tell_incidents()
    return incident


def _me(context: Context) -> Responder:
    return Responder(context.who.id, context.who.name)
