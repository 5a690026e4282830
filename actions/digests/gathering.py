"""What one reader may know of a time: read from the stores and through the ports, nothing decided.

Each part shows what the reader could ask for by its own command, so a digest never tells more than
the answers would. A service that does not answer costs its part, and is named.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import TypeVar

from actions import budgets
from actions.budgets import Account
from actions.context import Context
from actions.digests.digest import Digest, Drift, Idle, Pending
from actions.digests.periods import Window
from actions.incidents.incident import Incident
from actions.policy import Allowed, may
from actions.ports import Unavailable
from actions.requests import Plan, Request, State, outstanding
from actions.runs import RUNS
from actions.serving import visible_environments
from actions.store import Deployment

T = TypeVar("T")
_MOST = 500
"""Requests that are looked at of those under way."""
_AT_ONCE = 10
# Fewer hours without a request are a night.
_IDLE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Stored:
    """What the database knows: the digest without what other services tell, and what served."""

    digest: Digest
    served: tuple[tuple[Deployment, Plan], ...]


async def gather(context: Context, window: Window, project: str | None) -> Digest:
    """The digest of the project, or of all that the context's person may see."""
    return await with_services(context, await from_store(context, window, project))


async def from_store(context: Context, window: Window, project: str | None) -> Stored:
    """The part that is read in the context's transaction."""
    projects = [
        slug
        for slug in ([project] if project is not None else sorted(context.projects))
        if context.may_see("send_digest", slug)
    ]
    seen = _Seen(context, window, tuple(projects))
    ended, running = await seen.ended(), await seen.under_way()
    served = await context.tx.served_since(seen.allowed("list_endpoints"), window.since)
    digest = Digest(
        window=window,
        projects=tuple(projects),
        firing=await seen.firing(project),
        resolved=await seen.resolved(project),
        ended=ended,
        running=running,
        deployments=seen.deployed(served),
        budgets=await seen.budgets(),
        pending=await seen.pending(),
    )
    return Stored(digest, tuple(served))


async def with_services(context: Context, stored: Stored) -> Digest:
    """The whole digest, with what MLflow and AWS tell; the transaction may have ended before."""
    digest = stored.digest
    seen = _Seen(context, digest.window, digest.projects)
    unread: list[str] = []
    drift = await _or_nothing("Drift is", seen.drift, unread)
    idle = await _or_nothing("Idle endpoints are", lambda: seen.idle(stored.served), unread)
    return replace(digest, drift=drift, idle=idle, unread=tuple(unread))


class _Seen:
    """What the context's person may see of the projects in the window."""

    def __init__(self, context: Context, window: Window, projects: Sequence[str]) -> None:
        self._context = context
        self._window = window
        self._projects = projects

    def allowed(self, command: str) -> tuple[str, ...]:
        """The projects of which the person could ask by this command."""
        return tuple(each for each in self._projects if self._context.may_see(command, each))

    async def firing(self, project: str | None) -> tuple[Incident, ...]:
        """Open incidents, whenever they began."""
        return self._of_interest(await self._context.tx.incidents.open(project))

    async def resolved(self, project: str | None) -> tuple[Incident, ...]:
        """Incidents that ended in the window."""
        found = await self._context.tx.incidents.resolved_since(self._window.since, project)
        return self._of_interest(
            one for one in found if one.resolved_at and self._window.holds(one.resolved_at)
        )

    async def ended(self) -> tuple[Request, ...]:
        """Runs that came to their end in the window."""
        found = await self._context.tx.digests.ended_runs(
            RUNS, self.allowed("list_runs"), self._window
        )
        return tuple(found)

    async def under_way(self) -> tuple[Request, ...]:
        """Runs that have not."""
        states = (State.QUEUED, State.RUNNING, State.STOPPING)
        return self._requests(
            await self._context.tx.requests(states=states, commands=RUNS, limit=_MOST), "list_runs"
        )

    async def pending(self) -> tuple[Pending, ...]:
        """Requests that wait for people."""
        found = await self._context.tx.requests(states=(State.AWAITING_APPROVAL,), limit=_MOST)
        waiting = [
            request
            for request in self._requests(found, "list_approvals")
            if request.expires is None or request.expires > self._context.now
        ]
        return tuple(
            [
                Pending(each, outstanding(each.plan, await self._context.tx.votes(each.number)))
                for each in waiting
            ]
        )

    def deployed(self, served: Iterable[tuple[Deployment, Plan]]) -> tuple[Deployment, ...]:
        """What began to serve in the window."""
        began = [each for each, _ in served if self._window.holds(each.good) and self._sees(each)]
        return tuple(sorted(began, key=lambda each: each.good))

    async def idle(self, served: Iterable[tuple[Deployment, Plan]]) -> tuple[Idle, ...]:
        """Endpoints that served for the whole time, and nobody asked: a day of it at least."""
        until = self._window.until
        window = Window(min(self._window.since, until - _IDLE), until)
        few = asyncio.Semaphore(_AT_ONCE)

        async def asked(endpoint: str) -> int:
            async with few:
                return await self._context.world.traffic.invocations(endpoint, window)

        live = {
            (each.project, each.environment): (each.endpoint, plan)
            for each, plan in served
            if each.until is None and self._sees(each)
        }
        whole = {
            (each.project, each.environment) for each, _ in served if each.good <= window.since
        }
        places = sorted(live.keys() & whole)
        counts = await asyncio.gather(*(asked(live[place][0]) for place in places))
        return tuple(
            Idle(*place, _hourly(live[place][1]))
            for place, count in zip(places, counts, strict=True)
            if count == 0
        )

    async def drift(self) -> tuple[Drift, ...]:
        """How the endpoints' data moved."""
        world = self._context.world
        places = [
            (project, environment)
            for project in self.allowed("show_drift")
            for environment in visible_environments(self._context, "show_drift", project)
        ]
        found = []
        for project, environment in places:
            endpoint = self._context.endpoint_name(project, environment)
            history = await world.drift.history(project, endpoint, self._window)
            if history is not None:
                found.append(Drift(project, environment, history))
        return tuple(found)

    async def budgets(self) -> tuple[Account, ...]:
        """The budgets that the projects draw on, each once."""
        found: dict[str, Account] = {}
        for slug in self.allowed("show_costs"):
            project = self._context.projects.get(slug)
            for account in await budgets.accounts(self._context, project) if project else ():
                found.setdefault(account.owner, account)
        return tuple(found.values())

    def _of_interest(self, incidents: Iterable[Incident]) -> tuple[Incident, ...]:
        """Those of the projects, and of no project, as `list_alerts` shows them."""
        if not isinstance(self._may("list_alerts"), Allowed):
            return ()
        allowed = {None, *self.allowed("list_alerts")}
        return tuple(one for one in incidents if one.project in allowed)

    def _requests(self, found: Iterable[Request], command: str) -> tuple[Request, ...]:
        allowed = set(self.allowed(command))
        return tuple(sorted((r for r in found if r.project in allowed), key=lambda r: r.number))

    def _sees(self, deployment: Deployment) -> bool:
        visible = visible_environments(self._context, "list_endpoints", deployment.project)
        return deployment.environment in visible

    def _may(self, command: str) -> object:
        return may(self._context.world.policy, self._context.who, command, None, None)


async def _or_nothing(
    what: str, part: Callable[[], Awaitable[tuple[T, ...]]], unread: list[str]
) -> tuple[T, ...]:
    """The part; nothing, and a note, where its service does not answer."""
    try:
        return await part()
    except Unavailable as away:
        unread.append(f"{what} left out: {away}")
        return ()


def _hourly(plan: Plan) -> Decimal | None:
    if plan.price is None or not plan.hourly:
        return None
    return Decimal(plan.price.amount)
