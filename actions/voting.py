"""People decide on a plan: votes, their reasons, and what follows from enough of them."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from actions import decisions
from actions.answers import Refusal
from actions.checks import entry, locked, same_policy, still_open
from actions.context import World
from actions.people import Person
from actions.policy import Allowed, may, roles_of, stranger
from actions.requests import Request, State, Vote, outstanding
from actions.store import Store, Transaction

MAX_REASON = 500
"""Characters of a reason; more is cut."""


class Voting:
    """Decisions on requests that wait for approval."""

    def __init__(self, store: Store, world: World, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._world = world
        self._clock = clock

    def within(self, tx: Transaction) -> "Voting":
        """Decisions that are made in `tx` and hold only if it does."""
        return Voting(_Opened(tx), self._world, self._clock)

    async def vote(
        self,
        who: Person,
        number: int,
        digest: str | None,
        *,
        approve: bool,
        reason: str | None = None,
    ) -> Request:
        """Decide on the plan that was seen; enough approvals start it, one rejection ends it.

        `digest` None means the plan as it is now: people who write have no button to take it from.

        Raises:
            Refusal: This person may not, or no longer can; nothing was counted.
        """
        nothing = stranger(self._world.policy, who)
        if nothing is not None:  # nor do they learn which requests there are
            raise Refusal(nothing.reason)
        async with self._store.transaction() as tx:
            request = await locked(tx, number)
            still_open(request, digest, State.AWAITING_APPROVAL, "decided on", self._clock())
            roles = self._roles(who, request)
            if approve:
                same_policy(self._world.policy, request)
            vote = Vote(
                request=number,
                plan_digest=request.plan.digest,
                voter_id=who.id,
                voter_name=who.name,
                roles=tuple(sorted(roles)),
                approve=approve,
                at=self._clock(),
                reason=reason[:MAX_REASON] if reason else None,
            )
            if not await tx.add_vote(vote):
                raise Refusal(f"You already decided on {request.id}.")
            what = "approved" if approve else "rejected"
            await tx.audit(entry(who, what, request, reason=vote.reason))
            decided = await self._counted(tx, request, vote)
            await tx.show_card(number)
            return decided

    async def explain(self, who: Person, number: int, reason: str) -> None:
        """Add the reason to one's own rejection.

        Raises:
            Refusal: There is no such rejection of this person's, or it has its reason.
        """
        async with self._store.transaction() as tx:
            request = await locked(tx, number)
            cut = reason.strip()[:MAX_REASON]
            if not cut:
                raise Refusal("Please say why in a few words.")
            if not await tx.explain_vote(number, request.plan.digest, who.id, cut):
                raise Refusal(f"There is no rejection of {request.id} by you without a reason.")
            await tx.audit(entry(who, "explained", request, reason=cut))
            await tx.save_request(request.noted(f"{who.name}: {cut}"))
            news = decisions.explained(request, who.name, cut)
            await tx.say(f"explained:{request.id}:{who.id}", request.place, news)
            await tx.show_card(number)

    async def _counted(self, tx: Transaction, request: Request, vote: Vote) -> Request:
        """The request after this vote."""
        key = f"decided:{request.id}:{request.plan.digest}"
        if not vote.approve:
            by = vote.voter_name
            note = f"{by}: {vote.reason}" if vote.reason else f"by {by}"
            decided = await tx.save_request(request.moved(State.REJECTED, self._clock(), note))
            await tx.say(key, request.place, decisions.rejected(request, by, vote.reason))
        else:
            votes = await tx.votes(request.number)
            if outstanding(request.plan, votes):
                return request
            decided = await tx.save_request(request.moved(State.QUEUED, self._clock()))
            mine = [v for v in votes if v.approve and v.plan_digest == request.plan.digest]
            by = " and ".join(v.voter_name for v in mine)
            await tx.say(key, request.place, decisions.approved(request, by))
        # A rejected one may have a run that waits for this answer.
        await tx.start(request.number)
        return decided

    def _roles(self, who: Person, request: Request) -> frozenset[str]:
        if who.id == request.requester_id:
            raise Refusal(f"You asked for {request.id}, so somebody else has to decide on it.")
        policy, environment = self._world.policy, request.plan.environment
        roles = roles_of(policy, who, request.project, environment)
        wanted = {need.role for need in request.plan.needs}
        decision = may(policy, who, "approve_request", request.project, environment)
        anybody = None in wanted and isinstance(decision, Allowed)
        if not wanted & roles and not anybody:
            raise Refusal(f"{request.id} waits for {decisions.spoken(request.plan.needs)}.")
        return roles


@dataclass(frozen=True, slots=True)
class _Opened:
    """A store of one transaction, which somebody else began and ends."""

    tx: Transaction

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        yield self.tx
