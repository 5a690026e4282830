"""Alerts folded into incidents on a real Postgres: each counted once, one open incident a trouble."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import psycopg
import pytest

from actions.incidents.events import load
from actions.incidents.folding import Folding
from actions.incidents.incident import State, replay
from actions.incidents.responding import acknowledge
from actions.incidents.settings import Alerting
from actions.incidents.store import Arrival, Change
from actions.store import StaleError
from infra.store.alerts import Alerts, quick_engine
from infra.store.database import engine as make_engine
from infra.store.database import queue as make_queue
from infra.store.incidents import PostgresIncidents
from infra.store.transaction import PostgresTransaction
from infra.store.waiting import WaitingAlerts
from tests.support.postgres import database_url, postgres
from tests.support.projects import registered
from tests.unit.incidents.making import ANA, NOW
from tests.unit.incidents.making import FIRING as EXAMPLE
from tests.unit.incidents.making import OVER as EXAMPLE_OVER

__all__ = ["database_url", "postgres"]

FIRING = replace(EXAMPLE, labels=(("column", "vehicle_age"),), occurred=NOW)
OVER = replace(EXAMPLE_OVER, occurred=NOW + timedelta(minutes=5))


@pytest.fixture
async def store(database_url):
    """The database, its alerts, and incidents made of them at the time `at`."""
    engine, queue, quick = (
        make_engine(database_url),
        make_queue(database_url),
        quick_engine(database_url),
    )
    made = SimpleNamespace(engine=engine, queue=queue, url=database_url, at=NOW)
    made.alerts = Alerts(engine, queue, quick)
    made.folding = Folding(
        WaitingAlerts(engine, queue),
        Alerting(),
        lambda slug: [f"demo-{slug}-staging"],
        lambda: made.at,
    )
    async with queue.open_async():
        yield made
    await quick.dispose()
    await engine.dispose()


async def come(store, *alerts):
    await store.alerts.accept([Arrival(alert) for alert in alerts])
    return await store.folding.fold()


async def latest(store, fingerprint=FIRING.fingerprint):
    async with store.engine.begin() as connection:
        found = await PostgresIncidents(connection).latest([fingerprint])
    return found.get(fingerprint)


def rows(store, query):
    with psycopg.connect(store.url, autocommit=True) as connection:
        return connection.execute(query).fetchall()


async def save(store, incident, events):
    async with store.engine.begin() as connection:
        await PostgresIncidents(connection).save([Change(incident, events)])


async def test_alerts_of_one_trouble_are_one_incident_that_counts_them(store):
    assert await come(store, FIRING, FIRING) == 2
    assert await come(store, FIRING) == 1
    incident = await latest(store)
    assert (incident.count, incident.state, incident.alert) == (3, State.FIRING, FIRING)
    assert rows(store, "SELECT count(*) FROM incidents") == [(1,)]
    assert rows(store, "SELECT DISTINCT incident FROM alerts") == [(incident.number,)]


async def test_an_incident_is_what_its_stored_events_make_of_it(store):
    await come(store, FIRING)
    store.at = NOW + timedelta(minutes=6)
    await come(store, OVER)
    store.at = NOW + timedelta(minutes=20)
    await come(store, replace(FIRING, occurred=store.at, severity="high"))
    events = rows(store, "SELECT event FROM incident_events ORDER BY version")
    assert replay(load(event) for (event,) in events) == await latest(store)


async def test_nothing_that_waits_folds_nothing(store):
    assert await store.folding.fold() == 0


async def test_an_end_without_a_beginning_is_no_incident(store):
    assert await come(store, OVER) == 1
    assert await latest(store) is None
    assert rows(store, "SELECT incident, folded IS NULL FROM alerts") == [(None, False)]


async def test_more_than_one_batch_is_folded_to_its_end(store):
    alerts = [replace(FIRING, fingerprint=f"f{number % 7}") for number in range(2_345)]
    assert await come(store, *alerts) == 2_345
    assert rows(store, "SELECT count(*) FROM incidents") == [(7,)]
    counts = rows(store, "SELECT sum((incident ->> 'count')::int) FROM incidents")
    assert counts == [(2_345,)]


async def test_what_dies_in_the_middle_has_counted_nothing(store, monkeypatch):
    await store.alerts.accept([Arrival(FIRING), Arrival(replace(FIRING, fingerprint="other"))])
    real = PostgresIncidents.save

    async def dies(self, changes):
        await real(self, changes)
        raise ConnectionError

    with monkeypatch.context() as broken:
        broken.setattr(PostgresIncidents, "save", dies)
        with pytest.raises(ConnectionError):
            await store.folding.fold()
    assert rows(store, "SELECT count(*) FROM incidents") == [(0,)]
    assert await store.folding.fold() == 2
    assert (await latest(store)).count == 1


async def test_two_who_fold_at_once_count_each_alert_once(store):
    await store.alerts.accept([Arrival(FIRING)] * 400)
    assert sum(await asyncio.gather(*(store.folding.fold() for _ in range(3)))) == 400
    assert (await latest(store)).count == 400


async def test_what_was_over_for_long_is_a_new_incident(store):
    await come(store, FIRING)
    first = await latest(store)
    store.at = NOW + timedelta(minutes=6)
    await come(store, OVER)
    store.at = NOW + timedelta(days=1)
    await come(store, replace(FIRING, occurred=store.at))
    second = await latest(store)
    assert second.number > first.number
    assert second.count == 1
    assert rows(store, "SELECT count(*) FROM incidents") == [(2,)]


async def test_what_somebody_else_changed_meanwhile_is_not_overwritten(store):
    await come(store, FIRING)
    before = await latest(store)
    await come(store, FIRING)
    after, events = acknowledge(before, ANA, before.version, NOW)
    with pytest.raises(StaleError, match=rf"{before.id}: changed"):
        await save(store, after, events)
    assert (await latest(store)).state is State.FIRING


async def test_the_database_refuses_a_second_open_incident_of_a_trouble(store):
    await come(store, FIRING)
    with pytest.raises(psycopg.errors.UniqueViolation):
        rows(
            store,
            "INSERT INTO incidents SELECT number + 100, fingerprint, project, environment, severity, "
            "state, since, version, incident FROM incidents RETURNING number",
        )


async def register(store, slug, aliases):
    project = registered(name=slug, aliases=aliases)
    async with store.engine.begin() as connection:
        await PostgresTransaction(connection, store.queue).save_project(project)


@pytest.mark.parametrize(
    ("model", "project"),
    [
        ("claims-frequency", "claims-frequency"),
        ("Claims Frequency", "claims-frequency"),
        ("claims_frequency", "claims-frequency"),
        ("doctor visits", "claims-frequency"),
        ("demo-claims-frequency-staging", "claims-frequency"),
        ("visits", "visits"),  # another's alias, but a project's own name comes first
        ("claims", None),
        ("", None),
    ],
)
async def test_a_model_is_found_by_every_name_of_its_project(store, model, project):
    await register(store, "claims-frequency", ["doctor visits", "visits"])
    await register(store, "visits", [])
    await come(store, replace(FIRING, model=model))
    assert (await latest(store)).project == project
