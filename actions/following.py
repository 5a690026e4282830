"""Following runs at the cost of what changed, not of what runs."""

from collections.abc import Callable
from datetime import datetime, timedelta

from actions.context import World
from actions.ports import Unavailable
from actions.requests import Request, RunProgress, State
from actions.store import Store
from actions.tracking import Tracking

# Clocks differ a little between machines; a change seen twice costs one look.
_OVERLAP = timedelta(seconds=5)
# What no change announced is looked at all the same.
_AT_LEAST = timedelta(seconds=15)


class Following:
    """One round after another over the runs under way."""

    def __init__(
        self, store: Store, world: World, tracking: Tracking, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._world = world
        self._tracking = tracking
        self._clock = clock
        self._since: datetime | None = None
        self._looked: dict[int, datetime] = {}

    async def look(self) -> dict[int, bool]:
        """Look at the runs that may have moved; by request number, whether each did.

        Raises:
            Unavailable: Airflow or SageMaker does not answer.
            ExceptionGroup: Faults with single runs; the others were looked at.
        """
        active = await self._active()
        self._looked = {number: at for number, at in self._looked.items() if number in active}
        if not active:
            return {}
        now = self._clock()
        prefix = f"{self._world.policy.installation}-"
        since = self._since or now - _AT_LEAST
        changed = {
            run.run_id for run in await self._world.orchestrator.changed_since(since, prefix)
        }
        self._since = now - _OVERLAP
        moved = dict.fromkeys(active, False)
        faults: list[Exception] = []
        for number, (request, progress) in active.items():
            if request.run_id not in changed and not self._due(number, progress, now):
                continue
            try:
                moved[number] = await self._tracking.follow(number)
                self._looked[number] = now
            except Unavailable:
                raise
            except Exception as fault:  # noqa: BLE001 -- one broken run must not hide the others
                faults.append(fault)
        if faults:
            msg = "Some runs could not be followed."
            raise ExceptionGroup(msg, faults)
        return moved

    async def _active(self) -> dict[int, tuple[Request, RunProgress | None]]:
        async with self._store.transaction() as tx:
            found = await tx.requests(states=(State.RUNNING, State.STOPPING), limit=500)
            return {request.number: (request, await tx.run(request.number)) for request in found}

    def _due(self, number: int, progress: RunProgress | None, now: datetime) -> bool:
        """A job in training moves without Airflow; anything else is looked at now and then."""
        looked = self._looked.get(number)
        return looked is None or _training(progress) or now - looked >= _AT_LEAST


def _training(progress: RunProgress | None) -> bool:
    stages = progress.stages if progress is not None else ()
    return any(s.name == "train" and s.started and not s.ended for s in stages)
