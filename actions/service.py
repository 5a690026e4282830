"""The one path from a proposed command to an effect, for chat, slash commands and buttons alike.

Resolve names, authorise, plan, confirm, approve; what is decided is stored with its audit entry
and its jobs in one transaction, and the worker does the rest.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from actions import decisions
from actions.answers import Refusal
from actions.behaviours import CHANGES, READS
from actions.catalog import COMMANDS
from actions.context import Context, World
from actions.people import Person
from actions.policy import Allowed, Denied, approvals, may, roles_of
from actions.requests import (
    IllegalMoveError,
    Line,
    Place,
    Plan,
    Request,
    State,
    Vote,
    outstanding,
)
from actions.store import AuditEntry, Store, Transaction

CONFIRM_WITHIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A complete command. `inferred` names parameters taken from the thread, not from the words."""

    command: str
    params: dict[str, Any]
    inferred: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    """Figures in the words that went into no parameter; the plan shows them."""
    source: str = "chat"
    """`chat`, `slash` or `button`."""
    model: str | None = None
    """Hash of the language model that read it."""


class Service:
    """Everything that people may cause."""

    def __init__(self, store: Store, world: World, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._world = world
        self._clock = clock

    async def propose(self, who: Person, place: Place, proposal: Proposal, key: str) -> None:
        """Answer a read, or store a change's plan and show its card.

        `key` is the incoming envelope's: handled twice, it still gives one answer.

        Raises:
            Refusal: It cannot be done; nothing was stored.
        """
        async with self._store.transaction() as tx:
            context = await self._context(tx, who, place)
            params = _complete(proposal)
            if proposal.command in READS:
                context.permit(proposal.command, None, None)
                answer = await READS[proposal.command](context, params)
                await tx.say(f"answer:{key}", place, answer, who.id if answer.private else None)
            else:
                await self._plan(tx, context, proposal, params, key)

    async def confirm(self, who: Person, number: int, digest: str) -> None:
        """The requester agrees to the plan that they saw."""
        async with self._store.transaction() as tx:
            request = await _locked(tx, number)
            if who.id != request.requester_id:
                raise Refusal(f"Only {request.requester_name} can confirm {request.id}.")
            self._check_open(request, digest, State.AWAITING_CONFIRMATION, "confirmed")
            self._still_allowed(who, request)
            to = State.AWAITING_APPROVAL if request.plan.needs else State.QUEUED
            moved = request.moved(to, self._clock())
            if to is State.AWAITING_APPROVAL:
                moved = replace(moved, expires=self._approval_expiry(request))
                call = decisions.asking(request, self._world.policy)
                await tx.say(f"call:{request.id}:{request.plan.digest}", request.place, call)
            await self._decided(tx, moved, who, "confirmed")

    async def cancel(self, who: Person, number: int) -> None:
        """The requester takes the request back before it starts."""
        async with self._store.transaction() as tx:
            request = await _locked(tx, number)
            if who.id != request.requester_id:
                raise Refusal(f"Only {request.requester_name} can cancel {request.id}.")
            if State.CANCELLED not in _next(request):
                raise Refusal(f"{request.id} {request.state.clause}; there is nothing to cancel.")
            await self._decided(tx, request.moved(State.CANCELLED, self._clock()), who, "cancelled")

    async def edit(self, who: Person, number: int, params: dict[str, Any]) -> None:
        """The requester changes the parameters: a new plan, and votes on the old one are void."""
        async with self._store.transaction() as tx:
            request = await _locked(tx, number)
            if who.id != request.requester_id:
                raise Refusal(f"Only {request.requester_name} can edit {request.id}.")
            self._check_open(request, None, State.AWAITING_CONFIRMATION, "edited")
            context = await self._context(tx, who, request.place, request.id)
            plan = await CHANGES[request.command](context, params)
            now = self._clock()
            edited = replace(
                request, params=params, plan=plan, changed=now, expires=now + CONFIRM_WITHIN
            )
            await tx.save_request(edited)
            await tx.audit(_entry(who, "edited", edited))
            await tx.show_card(number)

    async def vote(
        self, who: Person, number: int, digest: str | None, *, approve: bool, reason: str | None
    ) -> None:
        """An approver decides on the plan that they saw; enough approvals start it."""
        async with self._store.transaction() as tx:
            request = await _locked(tx, number)
            self._check_open(request, digest, State.AWAITING_APPROVAL, "decided on")
            roles = self._voter_roles(who, request)
            if approve:
                self._same_policy(request)
            vote = Vote(
                request=number,
                plan_digest=request.plan.digest,
                voter_id=who.id,
                voter_name=who.name,
                roles=tuple(sorted(roles)),
                approve=approve,
                at=self._clock(),
                reason=reason,
            )
            if not await tx.add_vote(vote):
                raise Refusal(f"You already decided on {request.id}.")
            await tx.audit(_entry(who, "approved" if approve else "rejected", request))
            if not approve:
                note = f"{who.name}: {reason}" if reason else f"by {who.name}"
                await tx.save_request(request.moved(State.REJECTED, self._clock(), note))
                news = decisions.rejected(request, who.name, reason)
                await tx.say(f"decided:{request.id}", request.place, news)
            elif not outstanding(request.plan, await tx.votes(number)):
                await tx.save_request(request.moved(State.QUEUED, self._clock()))
                voters = [v.voter_name for v in await tx.votes(number) if v.approve]
                news = decisions.approved(request, " and ".join(voters))
                await tx.say(f"decided:{request.id}", request.place, news)
                await tx.start(number)
            await tx.show_card(number)

    async def stop(self, who: Person, number: int) -> None:
        """End a run under way (the card's button; the dialog before it was the confirmation)."""
        async with self._store.transaction() as tx:
            request = await _locked(tx, number)
            decision = may(
                self._world.policy, who, "stop_run", request.project, request.plan.environment
            )
            if isinstance(decision, Denied):
                raise Refusal(decision.reason)
            if State.STOPPING not in _next(request):
                raise Refusal(f"{request.id} {request.state.clause}; there is nothing to stop.")
            await self._decided(
                tx, request.moved(State.STOPPING, self._clock(), f"by {who.name}"), who, "stopped"
            )

    async def expire(self) -> None:
        """Close what nobody confirmed or decided on in time."""
        async with self._store.transaction() as tx:
            waiting = await tx.requests(
                states=(State.AWAITING_CONFIRMATION, State.AWAITING_APPROVAL), limit=500
            )
            now = self._clock()
            for seen in waiting:
                if seen.expires is None or seen.expires > now:
                    continue
                request = await _locked(tx, seen.number)
                if request.state is seen.state and request.version == seen.version:
                    await tx.save_request(request.moved(State.EXPIRED, now))
                    await tx.audit(AuditEntry("cooper", "expired", request.number, request.project))
                    await tx.show_card(request.number)

    async def _plan(
        self,
        tx: Transaction,
        context: Context,
        proposal: Proposal,
        params: dict[str, Any],
        key: str,
    ) -> None:
        if await tx.request_from(key) is not None:
            return
        number = await tx.next_request()
        context = replace(context, request=f"R{number}")
        plan = _with_unread(await CHANGES[proposal.command](context, params), proposal.unread)
        self._approvers_can_see(plan, context.place)
        now = self._clock()
        request = Request(
            number=number,
            installation=self._world.policy.installation,
            command=proposal.command,
            params=params,
            project=_project_of(plan, context, params),
            requester_id=context.who.id,
            requester_name=context.who.name,
            place=context.place,
            plan=plan,
            state=State.AWAITING_CONFIRMATION,
            created=now,
            changed=now,
            expires=now + CONFIRM_WITHIN,
            origin=key,
        )
        await tx.add_request(request)
        detail = {
            "source": proposal.source,
            "params": params,
            "inferred": list(proposal.inferred),
            "model": proposal.model,
        }
        await tx.audit(_entry(context.who, "proposed", request, **detail))
        await tx.show_card(number)

    async def _decided(self, tx: Transaction, request: Request, who: Person, what: str) -> None:
        await tx.save_request(request)
        await tx.audit(_entry(who, what, request))
        if request.state in {State.QUEUED, State.STOPPING}:
            await tx.start(request.number)
        await tx.show_card(request.number)

    async def _context(
        self, tx: Transaction, who: Person, place: Place, request: str = "R0"
    ) -> Context:
        projects = {project.slug: project for project in await tx.projects()}
        return Context(who, place, self._world, tx, projects, self._clock(), request)

    def _approvers_can_see(self, plan: Plan, place: Place) -> None:
        if plan.needs and place.channel.startswith("D"):
            channel = self._world.policy.file.channels.default
            raise Refusal(
                f"This needs {decisions.spoken(plan.needs)}, and nobody else sees this "
                f"conversation. Please ask me in a channel, such as {channel}."
            )

    def _check_open(self, request: Request, digest: str | None, state: State, done: str) -> None:
        if request.state is not state:
            raise Refusal(f"{request.id} {request.state.clause}; it cannot be {done} now.")
        if request.expires is not None and request.expires <= self._clock():
            raise Refusal(f"{request.id} has expired. Ask again and I will make a new plan.")
        if digest is not None and digest != request.plan.digest:
            raise Refusal(f"The plan of {request.id} changed since you saw it. Look at it again.")

    def _still_allowed(self, who: Person, request: Request) -> None:
        self._same_policy(request)
        decision = may(
            self._world.policy, who, request.command, request.project, request.plan.environment
        )
        if isinstance(decision, Denied):
            raise Refusal(decision.reason)

    def _same_policy(self, request: Request) -> None:
        conf = request.plan.conf
        if conf is not None and conf["policy"] != self._world.policy.digest:
            raise Refusal(
                f"The policy changed since {request.id} was planned. Ask again for a new plan."
            )

    def _voter_roles(self, who: Person, request: Request) -> frozenset[str]:
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

    def _approval_expiry(self, request: Request) -> datetime | None:
        price = request.plan.price
        # As the plan was made: what runs until somebody ends it has no highest price.
        ends = request.command != "deploy_model"
        rule = approvals(
            self._world.policy,
            request.command,
            request.plan.environment,
            Decimal(price.amount) if price and ends else None,
        )
        return None if rule.expiry is None else self._clock() + rule.expiry


def _next(request: Request) -> frozenset[State]:
    """The states that the request may go to."""
    reachable = set()
    for state in State:
        try:
            request.moved(state, request.changed)
        except IllegalMoveError:
            continue
        reachable.add(state)
    return frozenset(reachable)


async def _locked(tx: Transaction, number: int) -> Request:
    request = await tx.request(number, lock=True)
    if request is None:
        raise Refusal(f"There is no R{number}.")
    return request


def _entry(who: Person, what: str, request: Request, **detail: Any) -> AuditEntry:
    digest = {"command": request.command, "plan": request.plan.digest}
    return AuditEntry(who.id, what, request.number, request.project, {**digest, **detail})


def _project_of(plan: Plan, context: Context, params: dict[str, Any]) -> str | None:
    if plan.conf is not None:
        return str(plan.conf["project"])
    return context.project(params["project"]).slug if "project" in params else None


def _with_unread(plan: Plan, unread: tuple[str, ...]) -> Plan:
    if not unread:
        return plan
    left_out = Line(label="⚠️ Not understood", value=", ".join(f"“{one}”" for one in unread))
    return plan.model_copy(update={"lines": (left_out, *plan.lines)})


def _complete(proposal: Proposal) -> dict[str, Any]:
    params = {name: value for name, value in proposal.params.items() if value is not None}
    missing = COMMANDS[proposal.command].missing(params)
    if missing:
        raise Refusal(f"{COMMANDS[proposal.command].title} needs: {', '.join(missing)}.")
    return params
