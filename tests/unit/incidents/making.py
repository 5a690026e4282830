"""Alerts and incidents for tests, and a watch that goes on when told to."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from actions.incidents.alert import Alert, AlertStatus
from actions.incidents.events import Responder
from actions.incidents.muting import surroundings
from actions.incidents.notifying import Step, Told, decide, done, group
from actions.incidents.observing import Opening, observe
from actions.incidents.routing import handling
from actions.incidents.settings import Alerting

NOW = datetime(2026, 11, 16, 12, tzinfo=UTC)
ANA, BEN = Responder("UANA00001", "Ana"), Responder("UBEN00001", "Ben")
DEFAULTS = Alerting()
FIRING = Alert(
    source="monitor",
    fingerprint="f1",
    status=AlertStatus.FIRING,
    severity="medium",
    title="Drift of vehicle_age",
    description="",
    monitor="claims-drift",
    monitor_type="data_drift",
    model="claims",
    environment="production",
    version="3",
    value=0.31,
    threshold=0.2,
    labels=(),
    link=None,
    occurred=None,
)
OVER = replace(FIRING, status=AlertStatus.RESOLVED)


def after(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def alert(**changes) -> Alert:
    return replace(FIRING, **changes)


def opening(number: int = 17, **changes) -> Opening:
    return Opening(number, **{"project": "claims-frequency", **changes})


def seen(incident, *alerts, at=NOW, policy=DEFAULTS, number=17):
    """The incident after these alerts, one batch."""
    return observe(incident, alerts, at, policy, opening(number))[0]


def fired(at=NOW, number=17, **changes):
    """An incident that just began."""
    made = seen(None, alert(**changes), at=at, number=number)
    assert made is not None
    return made


def kinds(events) -> list[str]:
    return [event.kind for event in events]


class Thread:
    """One incident and its message in Slack, as a worker would keep them."""

    def __init__(self, incident, policy=DEFAULTS):
        self.incident, self.policy = incident, policy
        self.told, self.events = Told(), []
        self.silences, self.others = [], []
        self.group = None

    def happens(self, outcome):
        """What `observe` or an act returned."""
        self.incident, events = outcome
        self.events += events

    def alerts(self, *alerts, at):
        self.happens(observe(self.incident, alerts, at, self.policy, opening()))

    def plan(self, now):
        """The steps that are decided now."""
        together = self.group or group([(self.incident, self.told)])
        around = surroundings(self.silences, [*self.others, self.incident], self.policy)
        news = [event for event in self.events if event.version > self.told.since]
        how = handling(self.policy, self.incident.labels)
        return decide(self.incident, self.told, news, together, around, how, now)

    def work(self, now):
        """Take the steps that are due; tells their names, with what the lines say."""
        taken = []
        for step in self.plan(now):
            if step.due(now):
                self.told = done(self.told, step, self.incident, now)
                said = f": {' '.join(kinds(step.events))}" if step.step is Step.LINE else ""
                taken.append(f"{step.step}{said}")
        return taken

    def plans(self, now):
        """Each step with the minutes until it, and what holds it."""
        return [
            (one.step.value, one.at and (one.at - NOW).total_seconds() / 60, one.held)
            for one in self.plan(now)
        ]
