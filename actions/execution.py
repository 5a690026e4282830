"""Carrying out what was decided, and following it to its end.

Every step looks before it acts and is safe to repeat: the run's id is made from the request, the
orchestrator attaches to a run of that id with the same plan, and the stored state moves only from
the state that was read.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from actions.context import World
from actions.outcomes import announcement, failure_reason
from actions.ports import ConflictingRunError, RunState, Unavailable
from actions.progress import observed
from actions.reports import STAGES
from actions.requests import Request, RunProgress, StageProgress, State
from actions.store import AuditEntry, Deployment, Store, Transaction


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
        """Do what the request's state asks for: start it, or stop it; nothing in other states.

        Raises:
            Unavailable: The orchestrator or the cloud does not answer; the card says so, and the
                caller tries again later.
        """
        async with self._store.transaction() as tx:
            request = await tx.request(number)
        if request is None:
            return
        try:
            if request.state is State.STOPPING:
                await self._stop(request)
            elif request.state is State.QUEUED and request.plan.target is not None:
                await self._stop_target(request)
            elif request.state is State.QUEUED:
                await self._start(request)
        except Unavailable as error:
            # A stop keeps its note, which says who asked for it.
            if request.state is State.QUEUED:
                await self._note(number, str(error))
            raise

    async def give_up(self, number: int) -> None:
        """End a request that a fault of ours keeps from starting or stopping."""
        await self._move(number, State.FAILED, "A fault of Cooper's kept it from starting.")

    async def follow(self, number: int) -> bool:
        """Look at the request's run and store what changed; whether anything did."""
        async with self._store.transaction() as tx:
            request = await tx.request(number)
            known = await tx.run(number)
        if request is None or request.state not in {State.RUNNING, State.STOPPING}:
            return False
        if known is None:
            return False
        seen = await observed(self._world, known)
        if seen == known:
            return False
        tail = await self._log_tail(request) if seen.state == "failed" else ()
        async with self._store.transaction() as tx:
            await tx.save_run(number, seen)
            if seen.state in {"success", "failed"}:
                await self._finish(tx, number, seen, tail)
            await tx.show_card(number)
        return True

    async def _start(self, request: Request) -> None:
        dag, plan = request.plan.dag, request.plan.conf
        if dag is None or plan is None:
            return
        if await self._waits_for_another(request):
            return
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
            await tx.save_run(request.number, _beginning(dag, run))
            await tx.save_request(current.moved(State.RUNNING, self._clock()))
            await tx.audit(
                AuditEntry(
                    "cooper",
                    "started",
                    request.number,
                    request.project,
                    {"run": request.run_id, "plan": request.plan.digest},
                )
            )
            await tx.show_card(request.number)
        return True

    async def _waits_for_another(self, request: Request) -> bool:
        """Whether another deployment of this project and environment is under way."""
        if request.command != "deploy_model":
            return False
        async with self._store.transaction() as tx:
            others = await tx.requests(
                project=request.project,
                commands=("deploy_model",),
                states=(State.RUNNING, State.STOPPING),
            )
        same = [r for r in others if r.plan.environment == request.plan.environment]
        if not same:
            return False
        raise BusyError(same[0].id)

    async def _stop(self, request: Request) -> None:
        dag = request.plan.dag
        run = await self._world.orchestrator.run(dag, request.run_id) if dag else None
        if run is not None and dag is not None:
            await self._world.orchestrator.stop(dag, request.run_id)
            await self._world.cloud.stop_job(request.run_id)
        await self._move(request.number, State.STOPPED, request.note)

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

    async def _finish(
        self, tx: Transaction, number: int, seen: RunProgress, tail: tuple[str, ...]
    ) -> None:
        request = await tx.request(number, lock=True)
        if request is None or request.state not in {State.RUNNING, State.STOPPING}:
            return
        now = self._clock()
        if seen.state == "success":
            ended = await tx.save_request(request.moved(State.SUCCEEDED, now))
            await self._record_deployment(tx, ended, seen)
        elif request.state is State.STOPPING:
            ended = await tx.save_request(request.moved(State.STOPPED, now, request.note))
        else:
            reason = failure_reason(seen)
            ended = await tx.save_request(request.moved(State.FAILED, now, reason))
        await tx.audit(
            AuditEntry("cooper", ended.state.value, number, ended.project, {"note": ended.note})
        )
        answer = announcement(ended, seen, tail, self._world)
        await tx.say(f"end:{ended.run_id}", ended.place, answer)

    async def _record_deployment(
        self, tx: Transaction, request: Request, seen: RunProgress
    ) -> None:
        deployed = seen.reports.get("deploy")
        conf = request.plan.conf
        if request.command != "deploy_model" or deployed is None or conf is None:
            return
        await tx.add_deployment(
            Deployment(
                project=str(conf["project"]),
                environment=str(conf["environment"]["name"]),
                endpoint=deployed["endpoint"],
                endpoint_config=deployed["endpoint_config"],
                model_version=conf["model"]["version"],
                request=request.number,
                good=self._clock(),
            )
        )

    async def _log_tail(self, request: Request) -> tuple[str, ...]:
        try:
            return tuple(await self._world.cloud.log_tail(request.run_id, 25))
        except Unavailable:
            return ()

    async def _move(self, number: int, to: State, note: str | None) -> None:
        async with self._store.transaction() as tx:
            request = await tx.request(number, lock=True)
            if request is None or request.state.finished or request.state is to:
                return
            await tx.save_request(request.moved(to, self._clock(), note))
            await tx.audit(AuditEntry("cooper", to.value, number, request.project, {"note": note}))
            await tx.show_card(number)

    async def _note(self, number: int, note: str) -> None:
        async with self._store.transaction() as tx:
            request = await tx.request(number, lock=True)
            if request is None or request.state.finished or request.note == note:
                return
            await tx.save_request(replace(request, note=note))
            await tx.show_card(number)


class BusyError(Unavailable):
    """Another deployment of the same project and environment is under way."""

    def __init__(self, other: str) -> None:
        super().__init__(f"Waits for {other} to end: one deployment at a time.")


def _beginning(dag: str, run: RunState) -> RunProgress:
    return RunProgress(
        run_id=run.run_id,
        dag=dag,
        state=run.state,
        stages=tuple(StageProgress(name=name) for name in STAGES[dag]),
        started=run.started,
    )
