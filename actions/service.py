"""The one path from a proposed command to an effect, for chat, slash commands and buttons alike.

Resolve names, authorise, plan, confirm, approve; what is decided is stored with its audit entry
and its jobs in one transaction, and the worker does the rest.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from actions import budgets, decisions
from actions.answers import Refusal
from actions.behaviour import Acting
from actions.behaviours import CHANGES, DIRECT, READS
from actions.catalog import COMMANDS
from actions.checks import can_become, entry, locked, still_allowed, still_open
from actions.context import Context, World, context_of
from actions.incidents.acting import Responding
from actions.people import Person
from actions.policy import Denied, may
from actions.requests import Line, Place, Plan, Request, State
from actions.spec import Command
from actions.store import AuditEntry, Store, Transaction
from actions.voting import Voting

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
        self.voting = Voting(store, world, clock)
        self.responding = Responding(store, world, clock)

    async def propose(self, who: Person, place: Place, proposal: Proposal, key: str) -> None:
        """Answer a read, or store a change's plan and show its card.

        `key` is the incoming envelope's: handled twice, it still gives one answer.

        Raises:
            Refusal: It cannot be done; nothing was stored.
        """
        if not COMMANDS[proposal.command].available:
            raise not_available(COMMANDS[proposal.command])
        params = _complete(proposal)
        if proposal.command in DIRECT:
            await self._direct(who, place, proposal, params, key)
            return
        async with self._store.transaction() as tx:
            context = await self._context(tx, who, place)
            if proposal.command in READS:
                context.permit(proposal.command, None, None)
                answer = await READS[proposal.command](context, params)
                await tx.say(f"answer:{key}", place, answer, who.id if answer.private else None)
            else:
                await self._plan(tx, context, proposal, params, key)

    async def confirm(self, who: Person, number: int, digest: str) -> None:
        """The requester agrees to the plan that they saw."""
        async with self._store.transaction() as tx:
            request = await locked(tx, number)
            if who.id != request.requester_id:
                raise Refusal(f"Only {request.requester_name} can confirm {request.id}.")
            now = self._clock()
            still_open(request, digest, State.AWAITING_CONFIRMATION, "confirmed", now)
            still_allowed(self._world.policy, who, request)
            await self._affordable(tx, who, request)
            if request.plan.needs:
                moved = request.asking(request.plan, now)
                call = decisions.asking(request, self._world.policy)
                await tx.say(f"call:{request.id}:{request.plan.digest}", request.place, call)
            else:
                moved = request.moved(State.QUEUED, now)
            await self._decided(tx, moved, who, "confirmed")

    async def cancel(self, who: Person, number: int) -> None:
        """The requester takes the request back before it starts."""
        async with self._store.transaction() as tx:
            request = await locked(tx, number)
            if who.id != request.requester_id:
                raise Refusal(f"Only {request.requester_name} can cancel {request.id}.")
            if not can_become(request, State.CANCELLED):
                raise Refusal(f"{request.id} {request.state.clause}; there is nothing to cancel.")
            await self._decided(tx, request.moved(State.CANCELLED, self._clock()), who, "cancelled")

    async def edit(self, who: Person, number: int, params: dict[str, Any]) -> None:
        """The requester changes the parameters: a new plan, and votes on the old one are void."""
        async with self._store.transaction() as tx:
            request = await locked(tx, number)
            if who.id != request.requester_id:
                raise Refusal(f"Only {request.requester_name} can edit {request.id}.")
            still_open(request, None, State.AWAITING_CONFIRMATION, "edited", self._clock())
            context = await self._context(tx, who, request.place, request.id)
            plan = await CHANGES[request.command](context, params)
            now = self._clock()
            edited = replace(
                request, params=params, plan=plan, changed=now, expires=now + CONFIRM_WITHIN
            )
            await tx.save_request(edited)
            await tx.audit(entry(who, "edited", edited))
            await tx.show_card(number)

    async def stop(self, who: Person, number: int) -> None:
        """End a run under way (the card's button; the dialog before it was the confirmation)."""
        async with self._store.transaction() as tx:
            request = await locked(tx, number)
            decision = may(
                self._world.policy, who, "stop_run", request.project, request.plan.environment
            )
            if isinstance(decision, Denied):
                raise Refusal(decision.reason)
            if not can_become(request, State.STOPPING):
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
                request = await locked(tx, seen.number)
                if request.state is seen.state and request.version == seen.version:
                    await tx.save_request(request.moved(State.EXPIRED, now))
                    await tx.audit(AuditEntry("cooper", "expired", request.number, request.project))
                    await tx.start(request.number)
                    await tx.show_card(request.number)

    async def _direct(
        self, who: Person, place: Place, proposal: Proposal, params: dict[str, Any], key: str
    ) -> None:
        """A change without a plan of its own: what it acts on was shown before."""
        async with self._store.transaction() as tx:
            if await tx.said(f"answer:{key}"):
                return
            context = await self._context(tx, who, place)
            acting = Acting(context, self.voting.within(tx))
            answer = await DIRECT[proposal.command](acting, params)
            private = answer.private or proposal.source == "slash"
            await tx.say(f"answer:{key}", place, answer, who.id if private else None)

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
        await tx.audit(entry(context.who, "proposed", request, **detail))
        await tx.show_card(number)

    async def _decided(self, tx: Transaction, request: Request, who: Person, what: str) -> None:
        await tx.save_request(request)
        await tx.audit(entry(who, what, request))
        # A cancelled one may have a run that waits for people.
        if request.state is not State.AWAITING_APPROVAL:
            await tx.start(request.number)
        await tx.show_card(request.number)

    async def _affordable(self, tx: Transaction, who: Person, request: Request) -> None:
        """Plans that were made side by side must not spend one budget twice."""
        if request.plan.budgeted is None or request.project is None:
            return
        await tx.one_at_a_time("budgets")
        context = await self._context(tx, who, request.place, request.id)
        project = context.project(request.project)
        budgets.check(await budgets.accounts(context, project), project.slug, request.plan)

    async def _context(
        self, tx: Transaction, who: Person, place: Place, request: str = "R0"
    ) -> Context:
        return await context_of(tx, self._world, who, place, self._clock(), request)

    def _approvers_can_see(self, plan: Plan, place: Place) -> None:
        if plan.needs and place.channel.startswith("D"):
            channel = self._world.policy.file.channels.default
            raise Refusal(
                f"This needs {decisions.spoken(plan.needs)}, and nobody else sees this "
                f"conversation. Please ask me in a channel, such as {channel}."
            )


def not_available(command: Command) -> Refusal:
    """What is understood and not built here yet: one line, no plan."""
    return Refusal(f"“{command.title}” is not available here yet. Say “help” for what I can do.")


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
