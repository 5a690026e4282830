"""Digests that `cooper.yaml` has: kept as subscriptions, whose reader's rights decide what they show."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from actions.channels import Channels
from actions.digests.places import named, obstacle
from actions.digests.ports import People
from actions.digests.recurrence import Recurrence
from actions.digests.subscription import Subscription
from actions.policy import Policy
from actions.policy_file import EVERYTHING, Digest
from actions.store import AuditEntry, Store, Transaction


@dataclass(frozen=True, slots=True)
class Standing:
    """Makes the subscriptions of the workspace `team` follow the policy's `digests`."""

    store: Store
    policy: Policy
    channels: Channels
    people: People
    team: str
    clock: Callable[[], datetime]

    async def settle(self) -> int:
        """Set up, change and end what the file asks for; how many subscriptions changed.

        A subscription of a person's to the same channel and project stays as it is. A channel that
        Cooper may not post to has none, until it may.
        """
        entries = self.policy.file.digests
        wanted = [each for entry in entries for each in await self._wanted(entry)]
        async with self.store.transaction() as tx:
            kept = await tx.digests.standing(self.team)
        is_so, shall_be = _by_channel(kept), _by_channel(wanted)
        differ = (name for name in {**is_so, **shall_be} if is_so.get(name) != shall_be.get(name))
        return sum(
            [
                await self._settle(name, [each for each in wanted if each.channel == name])
                for name in sorted(differ)
            ]
        )

    async def _settle(self, channel: str, wanted: Sequence[Subscription]) -> int:
        """Bring the channel's subscriptions in line; how many changed."""
        projects = {each.project for each in wanted}
        async with self.store.transaction() as tx:
            await tx.one_at_a_time(f"digests of {channel}")
            found = await tx.digests.of_channel(self.team, channel, lock=True)
            gone = [each for each in found if each.standing and each.project not in projects]
            for each in gone:
                await tx.digests.end(each.number)
                await _note(tx, "digest unsubscribed", each)
            before = {each.project: each for each in found}
            changed = [await _keep(tx, each, before.get(each.project)) for each in wanted]
        return len(gone) + sum(changed)

    async def _wanted(self, entry: Digest) -> tuple[Subscription, ...]:
        """What the entry asks for, as if set up now."""
        channel = await named(self.channels, entry.channel.removeprefix("#"))
        if channel is None or obstacle(channel) is not None:
            return ()
        reader = await self.people.person(self.team, entry.reader)
        recurrence, now = Recurrence(entry.schedule, entry.timezone), self.clock()
        return tuple(
            Subscription(
                number=0,
                team=self.team,
                channel=channel.id,
                project=project,
                recurrence=recurrence,
                by_id=entry.reader,
                by_name=reader.name,
                made=now,
                due=recurrence.after(now),
                standing=True,
            )
            for project in _projects(entry)
        )


def _by_channel(
    subscriptions: Iterable[Subscription],
) -> dict[str, dict[str | None, tuple[Recurrence, str]]]:
    """What decides whether a channel's subscriptions are as they shall be, by project."""
    found: dict[str, dict[str | None, tuple[Recurrence, str]]] = {}
    for each in subscriptions:
        found.setdefault(each.channel, {})[each.project] = (each.recurrence, each.by_id)
    return found


async def _keep(tx: Transaction, wanted: Subscription, old: Subscription | None) -> bool:
    """Whether the subscription had to be made or changed; a person's own stays."""
    if old is None:
        new = replace(wanted, number=await tx.digests.new_number())
    elif old.standing and (old.recurrence, old.by_id) != (wanted.recurrence, wanted.by_id):
        new = replace(wanted, number=old.number, made=old.made, covered=old.covered)
    else:
        return False
    await tx.digests.save(new)
    await _note(tx, "digest subscribed", new)
    return True


def _projects(entry: Digest) -> Iterator[str | None]:
    return (None if project == EVERYTHING else project for project in entry.projects)


async def _note(tx: Transaction, did: str, subscription: Subscription) -> None:
    recurrence = subscription.recurrence
    detail = {
        "channel": subscription.channel,
        "by": "cooper.yaml",
        "reader": subscription.by_id,
        "cron": recurrence.cron,
        "timezone": recurrence.timezone,
    }
    await tx.audit(AuditEntry("cooper", did, None, subscription.project, detail))
