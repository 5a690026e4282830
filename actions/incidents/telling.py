"""Tells people what is new of incidents: messages, lines in their threads, calls up the chain.

A round reads everything that is open, lets time pass, decides (`notifying.py`), and commits what was
decided together with the jobs that carry it out. So a crash at any line tells nothing twice, and what
was decided but not sent is in the queue. Rounds follow one another: whoever comes second waits.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from actions.incidents.escalation import due_escalations
from actions.incidents.events import Event
from actions.incidents.incident import Incident
from actions.incidents.lines import line
from actions.incidents.muting import Surroundings, held, surroundings
from actions.incidents.notifying import Group, Notify, Step, decide, done, group
from actions.incidents.observing import tick, wakes
from actions.incidents.responding import escalate
from actions.incidents.routing import Handling, group_key, handling
from actions.incidents.store import Change, Telling
from actions.policy import Policy
from actions.registration import RegisteredProject
from actions.requests import Place
from actions.store import Store, Transaction

_LOCK = "telling of incidents"
_NO_NEWS = timedelta(days=7)
"""What ended so long ago is told no more, where something kept it back."""


@dataclass(frozen=True, slots=True)
class _Known:
    """An incident in a round, with how it is handled and where it goes."""

    telling: Telling
    how: Handling
    channel: str

    @property
    def incident(self) -> Incident:
        return self.telling.incident

    @property
    def key(self) -> tuple[str, ...]:
        return group_key(self.how, self.incident.labels, self.channel)


@dataclass(frozen=True, slots=True)
class Tell:
    """What tells people of incidents. `team` is the Slack workspace."""

    store: Store
    policy: Policy
    team: str
    now: Callable[[], datetime]

    async def tell(self) -> None:
        """One round."""
        async with self.store.transaction() as tx:
            await tx.one_at_a_time(_LOCK)
            known = await self._known(tx)
            if not known:
                return
            now = self.now()
            around = await self._around(tx, known, now)
            if await self._time_passes(tx, known, around, now):
                known = await self._known(tx)
                around = await self._around(tx, known, now)
            await self._tell(tx, known, around, now)

    async def _known(self, tx: Transaction) -> list[_Known]:
        tellings = await tx.tellings.pending(self.now() - _NO_NEWS)
        if not tellings:
            return []
        unsent = any(telling.channel is None for telling in tellings)
        projects = {project.slug: project for project in await tx.projects()} if unsent else {}
        return [self._routed(telling, projects) for telling in tellings]

    def _routed(self, telling: Telling, projects: Mapping[str, RegisteredProject]) -> _Known:
        """Where it goes: where it is, or as the route says, or to its project's channel."""
        alerting, channels = self.policy.file.alerting, self.policy.file.channels
        how = handling(alerting, telling.incident.labels)
        project = projects.get(telling.incident.project or "")
        own = project.spec.channel if project else channels.alerts
        return _Known(telling, how, telling.channel or how.channel or own)

    async def _around(
        self, tx: Transaction, known: Sequence[_Known], now: datetime
    ) -> Surroundings:
        silences = [kept.silence for kept in await tx.incidents.silences(now)]
        incidents = (one.incident for one in known)
        return surroundings(silences, incidents, self.policy.file.alerting)

    async def _time_passes(
        self, tx: Transaction, known: Sequence[_Known], around: Surroundings, now: datetime
    ) -> bool:
        """Ends of snoozes and of flapping, calls up the chain; whether there was any."""
        due = {
            one.incident.fingerprint: one
            for one in known
            if one.incident.open and self._pass(one, one.incident, around, now)[1]
        }
        if not due:
            return False
        # What was read without a lock may be older than what is there.
        fresh = await tx.incidents.latest(due.keys())
        passed = (
            self._pass(one, incident, around, now)
            for fingerprint, incident in fresh.items()
            if (one := due[fingerprint]).incident.number == incident.number and incident.open
        )
        changes = [Change(incident, events) for incident, events in passed if events]
        await tx.incidents.save(changes)
        return bool(changes)

    def _pass(
        self, one: _Known, incident: Incident, around: Surroundings, now: datetime
    ) -> tuple[Incident, tuple[Event, ...]]:
        alerting = self.policy.file.alerting
        events: tuple[Event, ...] = ()
        wake = wakes(incident, alerting)
        if wake is not None and wake <= now:
            incident, events = tick(incident, now, alerting)
        muted = held(incident, around, one.how, now)
        steps = due_escalations(incident, one.how.escalation, one.telling.told, muted, now)
        for step in steps:
            incident, more = escalate(
                incident, step.step, step.people, step.groups, incident.version, now
            )
            events += more
        return incident, events

    async def _tell(
        self, tx: Transaction, known: Sequence[_Known], around: Surroundings, now: datetime
    ) -> None:
        groups = _groups(known)
        told = []
        # The worst first: Slack takes its time.
        for one in sorted(known, key=lambda one: -one.incident.severity.rank):
            steps = decide(
                one.incident,
                one.telling.told,
                one.telling.news,
                groups[one.key],
                around,
                one.how,
                now,
            )
            after = one.telling
            for step in steps:
                if step.due(now) and await self._take(tx, one, step):
                    after = replace(after, told=done(after.told, step, one.incident, now))
            if after is not one.telling:
                told.append(replace(after, channel=one.channel))
        # The message's job finds its row: both are seen with the commit.
        await tx.tellings.told(told)

    async def _take(self, tx: Transaction, one: _Known, step: Notify) -> bool:
        """Queue what the step says; False where it has to wait for the incident's message."""
        if step.step is not Step.LINE:
            await tx.show_incident(one.incident.number, one.channel)
            return True
        root = one.telling.root
        if root is None:
            return False
        said = max((event.version for event in step.events), default=None)
        spoken = one.telling.told.spoken
        what = f"{said}" if said else f"still:{spoken.isoformat() if spoken else ''}"
        await tx.say(
            f"incident:{one.incident.id}:{what}",
            Place(self.team, root.channel, root.ts),
            line(one.incident, step.events),
        )
        return True


def _groups(known: Iterable[_Known]) -> dict[tuple[str, ...], Group]:
    members: dict[tuple[str, ...], list[_Known]] = {}
    for one in known:
        members.setdefault(one.key, []).append(one)
    return {
        key: group((one.incident, one.telling.told) for one in ones)
        for key, ones in members.items()
    }
