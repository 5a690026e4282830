"""Folds alerts into incidents, a batch a transaction: each alert counts once, whatever crashes."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from actions.incidents.alert import Alert, AlertStatus
from actions.incidents.incident import Incident
from actions.incidents.observing import Opening, observe
from actions.incidents.settings import Alerting
from actions.incidents.store import Batch, Change, Waiting
from actions.registration import RegisteredProject, by_name, called
from actions.store import Transaction

_BATCH = 1000
"""Alerts of one transaction, which should not last long: people's clicks wait for it."""


@dataclass(frozen=True, slots=True)
class Folding:
    """What takes alerts to the incidents that they tell of."""

    waiting: Waiting
    policy: Alerting
    endpoints: Callable[[str], Iterable[str]]
    """The names of a project's endpoints, by which other tools may call its model."""
    now: Callable[[], datetime]

    async def fold(self) -> int:
        """Fold all that waits; how many alerts."""
        done = 0
        while True:
            async with self.waiting.batch(_BATCH) as batch:
                await self._fold(batch)
            done += len(batch.alerts)
            if len(batch.alerts) < _BATCH:
                return done

    async def _fold(self, batch: Batch) -> None:
        if not batch.alerts:
            return
        troubles: dict[str, list[int]] = {}
        for place, alert in batch.alerts.items():
            troubles.setdefault(alert.fingerprint, []).append(place)
        incidents = batch.tx.incidents
        latest = await incidents.latest(troubles.keys())
        told = [
            _Trouble(latest.get(fingerprint), [batch.alerts[place] for place in places])
            for fingerprint, places in troubles.items()
        ]
        openings = await self._openings(batch.tx, told)
        changes = [self._change(trouble, openings) for trouble in told]
        await incidents.save([change for change in changes if change and change.events])
        await batch.tx.tell_incidents()
        await batch.folded(
            {
                place: change.incident.number if change else None
                for places, change in zip(troubles.values(), changes, strict=True)
                for place in places
            }
        )

    async def _openings(self, tx: Transaction, troubles: Sequence["_Trouble"]) -> Iterator[Opening]:
        """What new incidents take from elsewhere, for each trouble that may need one."""
        models = [trouble.alerts[0].model for trouble in troubles if trouble.may_open]
        if not models:
            return iter(())
        slugs = self._slugs(await tx.projects())
        numbers = await tx.incidents.new_numbers(len(models))
        return (
            Opening(number, slugs.get(called(model)))
            for number, model in zip(numbers, models, strict=True)
        )

    def _change(self, trouble: "_Trouble", openings: Iterator[Opening]) -> Change | None:
        """What these alerts make of the trouble's incident; None where there is none."""
        opening = next(openings) if trouble.may_open else None
        incident, events = observe(
            trouble.incident, trouble.alerts, self.now(), self.policy, opening
        )
        return None if incident is None else Change(incident, events)

    def _slugs(self, projects: Sequence[RegisteredProject]) -> Mapping[str, str]:
        """Projects by every name that a source may give their model; their own come first."""
        names = {name: project.slug for name, project in by_name(projects).items()}
        for project in projects:
            for endpoint in self.endpoints(project.slug):
                names.setdefault(endpoint, project.slug)
        return names


@dataclass(frozen=True, slots=True)
class _Trouble:
    """Alerts of one fingerprint, and its latest incident."""

    incident: Incident | None
    alerts: Sequence[Alert]

    @property
    def may_open(self) -> bool:
        """Whether a new incident may come of it; a reopened one needs no number, and leaves a gap."""
        fires = any(alert.status is AlertStatus.FIRING for alert in self.alerts)
        return fires and (self.incident is None or not self.incident.open)
