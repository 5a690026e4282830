"""Following one run to its end: what changed is stored, and what follows from it is set going."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from actions import decisions
from actions.answers import Refusal
from actions.context import World
from actions.execution import ask_again
from actions.failures import WORTH_ANOTHER_ATTEMPT
from actions.outcomes import announcement, failure_reason
from actions.planning_again import planned_again
from actions.ports import Unavailable
from actions.progress import observed
from actions.requests import Request, RunProgress, State
from actions.store import AuditEntry, Deployment, Store, Transaction

_UNDER_WAY = {State.RUNNING, State.STOPPING}
_LOG_LINES = 25


class Tracking:
    """Looks at runs; called by the worker's rounds."""

    def __init__(self, store: Store, world: World, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._world = world
        self._clock = clock

    async def follow(self, number: int) -> bool:
        """Look at the request's run and store what changed; whether anything did.

        Raises:
            Unavailable: Airflow or SageMaker does not answer.
        """
        async with self._store.transaction() as tx:
            request = await tx.request(number)
            known = await tx.run(number)
        if request is None or known is None or request.state not in _UNDER_WAY:
            return False
        seen = await observed(self._world, known)
        if seen == known:
            return False
        tail = await self._log_tail(request, seen) if seen.state == "failed" else ()
        async with self._store.transaction() as tx:
            await tx.save_run(number, seen)
            if seen.state in {"success", "failed"}:
                await self._finish(tx, number, seen, tail)
            elif seen.parked:
                await self._ask(tx, number)
            await tx.show_card(number)
        return True

    async def _ask(self, tx: Transaction, number: int) -> None:
        """The run found that what people agreed to is no longer so, and waits."""
        request = await tx.request(number, lock=True)
        if request is None or request.state is not State.RUNNING:
            return
        now = self._clock()
        try:
            plan = await planned_again(tx, self._world, request, now)
        except Refusal as refusal:
            failed = await tx.save_request(request.moved(State.FAILED, now, refusal.text))
            await tx.audit(_entry(failed, note=refusal.text))
            await tx.say(f"end:{failed.run_id}", failed.place, decisions.impossible(failed))
            await tx.start(number)
            return
        if plan.digest == request.plan.digest:
            # It is as it was again, so the votes hold.
            await tx.save_request(request.moved(State.QUEUED, now))
            await tx.start(number)
        else:
            await ask_again(tx, self._world, request, plan, now)

    async def _finish(
        self, tx: Transaction, number: int, seen: RunProgress, tail: tuple[str, ...]
    ) -> None:
        request = await tx.request(number, lock=True)
        if request is None or request.state not in _UNDER_WAY:
            return
        now = self._clock()
        if seen.state == "success":
            ended = await tx.save_request(request.moved(State.SUCCEEDED, now))
            await _record_serving(tx, ended, seen, now)
        elif request.state is State.STOPPING:
            ended = await tx.save_request(request.moved(State.STOPPED, now, request.note))
        elif _deserves_another(request, seen):
            await self._try_again(tx, request, seen)
            return
        else:
            ended = await tx.save_request(request.moved(State.FAILED, now, failure_reason(seen)))
        await tx.audit(_entry(ended, note=ended.note))
        answer = announcement(ended, seen, tail, self._world)
        await tx.say(f"end:{ended.run_id}", ended.place, answer)

    async def _try_again(self, tx: Transaction, request: Request, seen: RunProgress) -> None:
        """The same plan as a new attempt, from the last checkpoint."""
        reason = failure_reason(seen)
        number = request.attempt + 1
        most = (request.plan.conf or {})["attempts"]
        note = f"Attempt {number} of at most {most}: {reason}"
        queued = request.moved(State.QUEUED, self._clock(), note)
        again = await tx.save_request(replace(queued, attempt=number))
        await tx.audit(_entry(again, what="attempted again", note=note))
        news = decisions.another_attempt(again, reason, most)
        await tx.say(f"attempt:{again.run_id}", again.place, news)
        await tx.start(request.number)

    async def _log_tail(self, request: Request, seen: RunProgress) -> tuple[str, ...]:
        endpoint = (request.plan.conf or {}).get("endpoint")
        try:
            if endpoint is not None:
                return tuple(await self._world.cloud.endpoint_log(endpoint, _LOG_LINES))
            return tuple(await self._world.cloud.log_tail(seen.run_id, _LOG_LINES))
        except Unavailable:
            return ()


def _deserves_another(request: Request, seen: RunProgress) -> bool:
    """Whether the training lost its capacity and the plan has attempts left."""
    failed = next((stage.name for stage in seen.stages if stage.state == "failed"), None)
    return (
        failed == "train"
        and seen.failure_kind in WORTH_ANOTHER_ATTEMPT
        and request.attempt < (request.plan.conf or {}).get("attempts", 1)
    )


async def _record_serving(
    tx: Transaction, request: Request, seen: RunProgress, now: datetime
) -> None:
    """What serves from now on, and what no longer does."""
    conf = request.plan.conf
    if conf is None or request.plan.environment is None:
        return
    project, environment = str(conf["project"]), request.plan.environment
    if request.command == "undeploy_model":
        await tx.end_deployment(project, environment, now, bad=False)
    deployed = seen.reports.get("deploy")
    if deployed is None:
        return
    if request.command == "rollback_model":
        await tx.end_deployment(project, environment, now, bad=True)
    await tx.add_deployment(
        Deployment(
            project=project,
            environment=environment,
            endpoint=deployed["endpoint"],
            endpoint_config=deployed["endpoint_config"],
            model_version=conf["model"]["version"],
            request=request.number,
            good=now,
        )
    )


def _entry(request: Request, what: str | None = None, **detail: object) -> AuditEntry:
    return AuditEntry(
        "cooper", what or request.state.value, request.number, request.project, detail
    )
