"""Folds alerts into incidents, a batch a transaction: each alert counts once, whatever crashes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from actions.incidents.alert import Alert, AlertStatus
from actions.incidents.incident import Incident
from actions.incidents.observing import Opening, observe
from actions.incidents.settings import Alerting
from actions.incidents.store import Batch, Incidents, Waiting
from actions.registration import RegisteredProject

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
        latest = await batch.incidents.latest(troubles.keys())
        slugs = _slugs(await batch.incidents.projects(), self.endpoints)
        told: dict[int, int | None] = {}
        # In one order, so that two who hold several incidents do not wait for each other.
        for fingerprint in sorted(troubles):
            places = troubles[fingerprint]
            alerts = [batch.alerts[place] for place in places]
            number = await self._told(
                batch.incidents, latest.get(fingerprint), alerts, slugs.get(_key(alerts[0].model))
            )
            told |= dict.fromkeys(places, number)
        await batch.folded(told)

    async def _told(
        self,
        incidents: Incidents,
        incident: Incident | None,
        alerts: Sequence[Alert],
        project: str | None,
    ) -> int | None:
        """The number of the incident that these alerts of one fingerprint tell of; None: of none."""
        opening = None
        fires = any(alert.status is AlertStatus.FIRING for alert in alerts)
        if fires and (incident is None or not incident.open):
            opening = Opening(await incidents.next_number(), project)
        after, events = observe(incident, alerts, self.now(), self.policy, opening)
        if after is not None and events:
            await incidents.save(after, events)
        return None if after is None else after.number


def _slugs(
    projects: Sequence[RegisteredProject], endpoints: Callable[[str], Iterable[str]]
) -> Mapping[str, str]:
    """Projects by every name that a source may give their model; a project's own name comes first."""
    found: dict[str, str] = {}
    for project in projects:
        for name in (*project.spec.aliases, *endpoints(project.slug)):
            found.setdefault(_key(name), project.slug)
    return found | {_key(project.slug): project.slug for project in projects}


def _key(name: str) -> str:
    return "-".join(name.casefold().replace("_", " ").replace("-", " ").split())
