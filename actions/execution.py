"""Carrying out what was decided.

Every step looks before it acts and is safe to repeat: the run's id is made from the request, the
orchestrator attaches to a run of that id with the same plan, and the stored state moves only from
the state that was read.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from actions import decisions
from actions.answers import Refusal
from actions.checks import same_policy, still_allowed
from actions.context import World
from actions.planning_again import differences, planned_again
from actions.ports import ConflictingRunError, RunState, Unavailable
from actions.reports import STAGES
from actions.requests import Plan, Request, RunProgress, StageProgress, State, outstanding
from actions.runs import SERVING
from actions.store import AuditEntry, Store, Transaction

GATE = "approve"
"""The task at which a run waits for people."""


class Signer(Protocol):
    """Signs a plan for one run; returns the run's conf."""

    def __call__(self, plan: dict[str, object], run_id: str) -> dict[str, object]:
        """The conf `{"plan", "digest", "signature"}`."""


class Execution:
    """Effects of requests; called by the worker's jobs."""

    def __init__(
        self, store: Store, world: World, sign: Signer, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._world = world
        self._sign = sign
        self._clock = clock

    async def advance(self, number: int) -> None:
        """Do what the request's state asks for: start it, let it go on, or stop it.

        Raises:
            Unavailable: The orchestrator or the cloud does not answer; the card says so, and the
                caller tries again later.
        """
        async with self._store.transaction() as tx:
            request, known = await tx.request(number), await tx.run(number)
        if request is None:
            return
        parked = known is not None and known.parked and known.run_id == request.run_id
        try:
            if request.state is State.STOPPING:
                await self._stop(request)
            elif request.state is State.QUEUED and request.plan.target is not None:
                await self._stop_target(request)
            elif request.state is State.QUEUED and not await self._may_start(request):
                return
            elif request.state is State.QUEUED and parked:
                await self._release(request)
            elif request.state is State.QUEUED:
                await self._start(request)
            elif request.state.finished and parked:
                await self._end_parked(request)
        except Unavailable as error:
            # A stop keeps its note, which says who asked for it.
            if request.state is State.QUEUED:
                await self._note(number, str(error))
            raise

    async def give_up(self, number: int) -> None:
        """End a request that a fault of ours keeps from starting or stopping."""
        await self._move(number, State.FAILED, "A fault of Cooper's kept it from starting.")

    async def _may_start(self, request: Request) -> bool:
        """Whether those who asked and agreed still may, in the moment of the effect; ends it if not."""
        async with self._store.transaction() as tx:
            votes = await tx.votes(request.number)
            who = await tx.person(request.place.team, request.requester_id)
        try:
            if outstanding(request.plan, votes):
                raise Refusal("It lacks approvals.")
            if who is None:
                same_policy(self._world.policy, request)
            else:
                still_allowed(self._world.policy, who, request)
        except Refusal as refusal:
            await self._move(request.number, State.FAILED, f"Not started: {refusal.text}")
            return False
        return True

    async def _start(self, request: Request) -> None:
        dag, plan = request.plan.dag, request.plan.conf
        if dag is None or plan is None:
            return
        await self._wait_for_others(request)
        try:
            run = await self._world.orchestrator.trigger(
                dag, request.run_id, self._sign(plan, request.run_id)
            )
        except ConflictingRunError as error:
            await self._move(request.number, State.FAILED, str(error))
            return
        if await self._began(request, dag, run):
            return
        async with self._store.transaction() as tx:
            current = await tx.request(request.number)
        if current is not None and current.state in {State.STOPPING, State.STOPPED}:
            # It was stopped between our look and the trigger.
            await self._world.orchestrator.stop(dag, request.run_id)

    async def _began(self, request: Request, dag: str, run: RunState) -> bool:
        """Store that the run is under way; False where the request is no longer queued."""
        async with self._store.transaction() as tx:
            current = await tx.request(request.number, lock=True)
            if current is None or current.state is not State.QUEUED:
                return False
            earlier = await tx.run(request.number)
            await tx.save_run(request.number, _beginning(dag, run, earlier))
            await self._runs(tx, current)
        return True

    async def _runs(self, tx: Transaction, queued: Request) -> None:
        note = queued.note if queued.attempt > 1 else None
        await tx.save_request(queued.moved(State.RUNNING, self._clock(), note))
        detail = {"run": queued.run_id, "plan": queued.plan.digest}
        await tx.audit(AuditEntry("cooper", "started", queued.number, queued.project, detail))
        await tx.show_card(queued.number)

    async def _release(self, request: Request) -> None:
        """Let a run that waits for people go on with the plan that they agreed to."""
        dag, plan = request.plan.dag, request.plan.conf
        if dag is None or plan is None or await self._asks_again(request):
            return
        await self._wait_for_others(request)
        async with self._store.transaction() as tx:
            votes = await tx.votes(request.number)
        agreed = [v for v in votes if v.approve and v.plan_digest == request.plan.digest]
        try:
            await self._world.orchestrator.approve(
                dag,
                request.run_id,
                GATE,
                self._sign(plan, request.run_id),
                by=", ".join(vote.voter_name for vote in agreed) or "nobody had to agree",
            )
        except ConflictingRunError as error:
            await self._move(request.number, State.FAILED, str(error))
            return
        async with self._store.transaction() as tx:
            current = await tx.request(request.number, lock=True)
            known = await tx.run(request.number)
            if current is None or known is None or current.state is not State.QUEUED:
                return
            await tx.save_run(request.number, known.model_copy(update={"parked": False}))
            await self._runs(tx, current)

    async def _asks_again(self, request: Request) -> bool:
        """Whether the plan changed once more since the last vote; then people are asked again."""
        now = self._clock()
        async with self._store.transaction() as tx:
            current = await tx.request(request.number, lock=True)
            if current is None or current.version != request.version:
                return True
            try:
                plan = await planned_again(tx, self._world, current, now)
            except Refusal as refusal:
                failed = current.moved(State.FAILED, now, refusal.text)
                await tx.save_request(failed)
                await tx.audit(
                    AuditEntry(
                        "cooper", "failed", current.number, current.project, {"note": failed.note}
                    )
                )
                await tx.start(current.number)
                await tx.show_card(current.number)
                return True
            if plan.digest == current.plan.digest:
                return False
            await ask_again(tx, self._world, current, plan, now)
            return True

    async def _wait_for_others(self, request: Request) -> None:
        """One change of an endpoint at a time.

        Raises:
            BusyError: Another one of this project and environment is under way.
        """
        if request.command not in SERVING:
            return
        async with self._store.transaction() as tx:
            others = await tx.requests(
                project=request.project,
                commands=SERVING,
                states=(State.RUNNING, State.STOPPING),
            )
        same = [r for r in others if r.plan.environment == request.plan.environment]
        if same:
            raise BusyError(same[0].id)

    async def _stop(self, request: Request) -> None:
        dag = request.plan.dag
        run = await self._world.orchestrator.run(dag, request.run_id) if dag else None
        if run is not None and dag is not None:
            await self._world.orchestrator.stop(dag, request.run_id)
            await self._world.cloud.stop_job(request.run_id)
        await self._move(request.number, State.STOPPED, request.note)

    async def _end_parked(self, request: Request) -> None:
        """A run that waited for people and will not go on."""
        if request.plan.dag is not None:
            await self._world.orchestrator.stop(request.plan.dag, request.run_id)
        async with self._store.transaction() as tx:
            known = await tx.run(request.number)
            if known is not None:
                await tx.save_run(request.number, known.model_copy(update={"parked": False}))

    async def _stop_target(self, request: Request) -> None:
        target = int(str(request.plan.target).removeprefix("R"))
        now = self._clock()
        async with self._store.transaction() as tx:
            own = await tx.request(request.number, lock=True)
            other = await tx.request(target, lock=True)
            if own is None or own.state is not State.QUEUED or other is None:
                return
            started = await tx.save_request(own.moved(State.RUNNING, now))
            if other.state in {State.QUEUED, State.RUNNING}:
                note = f"by {own.requester_name}"
                await tx.save_request(other.moved(State.STOPPING, now, note))
                await tx.start(target)
            ended = await tx.save_request(started.moved(State.SUCCEEDED, now))
            await tx.audit(
                AuditEntry(own.requester_id, "stopped", target, other.project, {"by": ended.id})
            )
            await tx.show_card(target)
            await tx.show_card(request.number)

    async def _move(self, number: int, to: State, note: str | None) -> None:
        async with self._store.transaction() as tx:
            request = await tx.request(number, lock=True)
            if request is None or request.state.finished or request.state is to:
                return
            await tx.save_request(request.moved(to, self._clock(), note))
            await tx.audit(AuditEntry("cooper", to.value, number, request.project, {"note": note}))
            if to is State.FAILED:
                await tx.start(number)
            await tx.show_card(number)

    async def _note(self, number: int, note: str) -> None:
        async with self._store.transaction() as tx:
            request = await tx.request(number, lock=True)
            if request is None or request.state.finished or request.note == note:
                return
            await tx.save_request(replace(request, note=note))
            await tx.show_card(number)


class BusyError(Unavailable):
    """Another change of the same project's endpoint in this environment is under way."""

    def __init__(self, other: str) -> None:
        super().__init__(f"Waits for {other} to end: one deployment at a time.")


async def ask_again(
    tx: Transaction, world: World, request: Request, plan: Plan, now: datetime
) -> None:
    """Put the new plan before the voters; where nobody is left to agree to it, it goes on."""
    changes = differences(request.plan, plan)
    detail = {"plan": plan.digest, "changes": {each.label: each.value for each in changes}}
    await tx.audit(AuditEntry("cooper", "asked again", request.number, request.project, detail))
    # It may be one that people agreed to before, which they cannot do twice.
    if outstanding(plan, await tx.votes(request.number)):
        what = ", ".join(each.label.lower() for each in changes) or "what it rests on"
        note = f"Changed since it was approved: {what}."
        asked = await tx.save_request(request.asking(plan, now, note))
        call = decisions.asking_again(asked, changes, world.policy)
        await tx.say(f"call:{asked.id}:{plan.digest}", asked.place, call)
    else:
        queued = request if request.state is State.QUEUED else request.moved(State.QUEUED, now)
        await tx.save_request(replace(queued, plan=plan))
        await tx.start(request.number)
    await tx.show_card(request.number)


def _beginning(dag: str, run: RunState, earlier: RunProgress | None) -> RunProgress:
    before = 0
    if earlier is not None and earlier.run_id != run.run_id:
        before = earlier.earlier_seconds + (earlier.billable_seconds or 0)
    return RunProgress(
        run_id=run.run_id,
        dag=dag,
        state=run.state,
        stages=tuple(StageProgress(name=name) for name in STAGES[dag]),
        started=run.started,
        earlier_seconds=before,
    )
