"""Sends what is due: each digest once, whatever crashes, and what was missed made up for once.

A round takes one subscription after the other. What is said, that it was sent, and when the next is
due are committed together, so a crash at any line leaves either all of it or nothing.
"""

from collections.abc import Callable
from datetime import datetime

from actions.answers import Answer
from actions.channels import Channel
from actions.context import World, context_of
from actions.digests.gathering import from_store, with_services
from actions.digests.periods import Window
from actions.digests.places import obstacle
from actions.digests.ports import People
from actions.digests.recurrence import local
from actions.digests.store import Sent
from actions.digests.subscription import Subscription
from actions.digests.writing import written
from actions.people import Person
from actions.policy import Denied, may
from actions.requests import Place
from actions.store import AuditEntry, Store, Transaction


class Sending:
    """Called by the worker's rounds, one worker at a time."""

    def __init__(
        self, store: Store, world: World, people: People, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._world = world
        self._people = people
        self._clock = clock

    async def send(self) -> int:
        """Send what is due; how many digests.

        Raises:
            ExceptionGroup: Faults with single subscriptions; the others were served.
        """
        async with self._store.transaction() as tx:
            due = await tx.digests.due(self._clock())
        sent, faults = 0, []
        for subscription in due:
            try:
                sent += await self._serve(subscription)
            except Exception as fault:  # noqa: BLE001 -- one broken digest must not hold up the others
                faults.append(fault)
        if faults:
            msg = "Some digests could not be sent."
            raise ExceptionGroup(msg, faults)
        return sent

    async def _serve(self, seen: Subscription) -> bool:
        """Send the subscription's digest, or end it where it has no reader or no place any more."""
        maker = await self._people.person(seen.team, seen.by_id)
        channel = await self._world.channels.get(seen.channel)
        problem = obstacle(channel)
        allowed = may(self._world.policy, maker, "send_digest", seen.project, None)
        if problem is None and not isinstance(allowed, Denied):
            return await self._send(seen, maker)
        if seen.standing:
            return await self._skip(seen, channel if problem is None else None, maker)
        if problem is None:
            return await self._end(seen, channel, _for_nobody(seen, maker))
        alone = await self._world.channels.direct(maker.id)
        return await self._end(seen, alone, _nowhere(seen, problem))

    async def _send(self, seen: Subscription, maker: Person) -> bool:
        """Gather without holding anything, for MLflow and AWS take their time; then send."""
        now, place = self._clock(), Place(seen.team, seen.channel, None)
        due = seen.recurrence.latest(seen.due, now)
        window = Window(seen.since(due), now)
        async with self._store.transaction() as tx:
            context = await context_of(tx, self._world, maker, place, now)
            stored = await from_store(context, window, seen.project)
        digest = await with_services(context, stored)
        note = "" if due == seen.due else _made_up(seen)
        answer = written(digest, seen.recurrence.timezone, self._world, note)
        async with self._store.transaction() as tx:
            if not await _still(tx, seen):
                return False
            first = await tx.digests.record(Sent(seen.number, due, window))
            if first:
                await tx.say(_key(seen, due), place, answer)
            await tx.digests.save(seen.sent(due, now))
        return first

    async def _skip(self, seen: Subscription, channel: Channel | None, reader: Person) -> bool:
        """Leave out this time, for `cooper.yaml` goes on asking for it.

        A channel in which it could be told hears that its reader may not see it.
        """
        now = self._clock()
        async with self._store.transaction() as tx:
            if await _still(tx, seen):
                await tx.digests.save(seen.sent(seen.due, now))
                if channel is not None:
                    place = Place(seen.team, channel.id, None)
                    await tx.say(
                        f"{_key(seen, seen.due)}:skipped", place, _unreadable(seen, reader)
                    )
        return False

    async def _end(self, seen: Subscription, channel: Channel | None, answer: Answer) -> bool:
        """End it, and say so once, where there is anybody to hear it."""
        detail = {"channel": seen.channel, "by": seen.by_id, "why": answer.text}
        async with self._store.transaction() as tx:
            if await _still(tx, seen):
                await tx.digests.end(seen.number)
                await tx.audit(AuditEntry("cooper", "digest ended", None, seen.project, detail))
                if channel is not None:
                    place = Place(seen.team, channel.id, None)
                    await tx.say(f"{_key(seen, seen.due)}:ended", place, answer)
        return False


async def _still(tx: Transaction, seen: Subscription) -> bool:
    """Whether it is as it was, and nobody else's until the commit; else the next round looks."""
    return await tx.digests.take(seen.number) == seen


def _key(subscription: Subscription, due: datetime) -> str:
    return f"digest:{subscription.number}:{due.isoformat()}"


def _made_up(subscription: Subscription) -> str:
    since = local(subscription.due, subscription.recurrence.timezone)
    return f"I was away, so this makes up for the digests that were due since {since}."


def _nowhere(subscription: Subscription, problem: str) -> Answer:
    text = f"Your digest of {subscription.about} has ended, because I cannot post to its channel: {problem}"
    return Answer(text=text, tone="warning", command="subscribe_digest")


def _unreadable(subscription: Subscription, reader: Person) -> Answer:
    about = subscription.project or "any project"
    text = (
        f"There is no digest this time: {reader.name}, whose rights decide what it shows, may not see "
        f"{about}. Its `reader` is set under `digests` in `cooper.yaml`."
    )
    return Answer(text=text, tone="warning", command="subscribe_digest")


def _for_nobody(subscription: Subscription, maker: Person) -> Answer:
    about = subscription.project or "any project"
    text = (
        f"This digest has ended: {maker.name}, who set it up, may no longer see {about}. "
        "Whoever may can set it up anew: “subscribe this channel to the digest every weekday at 9”."
    )
    return Answer(text=text, tone="warning", command="subscribe_digest")
