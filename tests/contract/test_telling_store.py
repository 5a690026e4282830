"""What people were told, and silences, on a real Postgres; a round of telling that dies."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest

from actions.catalog import COMMANDS
from actions.incidents.matchers import parse
from actions.incidents.notifying import Told
from actions.incidents.observing import observe
from actions.incidents.responding import acknowledge, resolve
from actions.incidents.silences import Silence
from actions.incidents.store import Change, KeptSilence, Root
from actions.incidents.telling import Tell
from actions.policy import load_policy
from infra.store.database import engine as make_engine
from infra.store.database import queue as make_queue
from infra.store.tellings import IncidentMessages, PostgresTellings
from infra.store.transaction import PostgresStore
from tests.support.postgres import database_url, postgres
from tests.support.projects import ROOT, registered
from tests.unit.incidents.making import ANA, DEFAULTS, FIRING, NOW, OVER, after, alert, opening

__all__ = ["database_url", "postgres"]

RULES = load_policy(ROOT / "cooper.yaml", {name: c.risk.value for name, c in COMMANDS.items()})
JOBS = "SELECT task_name, args, queueing_lock FROM procrastinate_jobs ORDER BY id"


@pytest.fixture
async def store(database_url):
    engine, queue = make_engine(database_url), make_queue(database_url)
    made = SimpleNamespace(engine=engine, tx=PostgresStore(engine, queue).transaction, at=NOW)
    made.messages = IncidentMessages(engine)
    made.tell = Tell(PostgresStore(engine, queue), RULES, "T1", lambda: made.at)
    async with queue.open_async():
        async with made.tx() as tx:
            await tx.save_project(registered())
        yield made
    await engine.dispose()


async def begins(store, number=1, **changes):
    """A new incident in the database."""
    changed = alert(**{"fingerprint": f"f{number}", **changes})
    incident, events = observe(None, [changed], NOW, DEFAULTS, opening(number))
    async with store.tx() as tx:
        await tx.incidents.save([Change(incident, events)])
    return incident


async def becomes(store, incident, events):
    async with store.tx() as tx:
        await tx.incidents.save([Change(incident, events)])


async def jobs(store, task):
    async with store.engine.connect() as connection:
        rows = (await connection.exec_driver_sql(JOBS)).all()
    return [row for row in rows if row[0] == task]


async def said(store):
    query = "SELECT answer ->> 'text' FROM messages ORDER BY id"
    async with store.engine.connect() as connection:
        return list((await connection.exec_driver_sql(query)).scalars())


async def test_what_was_told_is_kept_and_what_is_news_is_found(store):
    incident = await begins(store)
    async with store.tx() as tx:
        [telling] = await tx.tellings.pending(NOW)
        assert (telling.told, telling.channel, telling.root) == (Told(), None, None)
        told = Told(1, 1, NOW, NOW, NOW, NOW)
        await tx.tellings.told([replace(telling, told=told, channel="#ml")])
    taken, events = acknowledge(incident, ANA, 1, after(1))
    await becomes(store, taken, events)
    async with store.tx() as tx:
        [telling] = await tx.tellings.pending(NOW)
    assert (telling.told, telling.channel, telling.news) == (told, "#ml", events)
    assert telling.incident == taken


async def test_what_ended_is_pending_until_it_is_told(store):
    incident = await begins(store)
    over, events = resolve(incident, ANA, 1, after(1))
    await becomes(store, over, events)
    async with store.tx() as tx:
        [telling] = await tx.tellings.pending(NOW) or [None]
    assert telling is None, "what was over before it was told is not told"
    other = await begins(store, 2)
    async with store.tx() as tx:
        [telling] = await tx.tellings.pending(NOW)
        told = Told(1, 1, NOW, NOW, NOW, NOW)
        await tx.tellings.told([replace(telling, told=told, channel="#ml")])
    over, events = resolve(other, ANA, 1, after(1))
    await becomes(store, over, events)
    async with store.tx() as tx:
        assert list(await tx.tellings.pending(after(2))) == [], "it ended before then"
        [telling] = await tx.tellings.pending(NOW)
        await tx.tellings.told([replace(telling, told=replace(told, shown=2, said=2))])
        assert list(await tx.tellings.pending(NOW)) == []


async def test_a_thread_is_about_the_incident_whose_message_begins_it(store):
    await begins(store)
    store.at = after(10)
    await store.tell.tell()
    assert not (await store.messages.take(1)).tried
    assert (await store.messages.take(1)).tried
    await store.messages.shown(1, Root("C1", "12.5"), "looks")
    async with store.tx() as tx:
        assert (await tx.tellings.begun_by(Root("C1", "12.5"))).number == 1
        assert await tx.tellings.begun_by(Root("C2", "12.5")) is None
    assert (await store.messages.take(1)).drawn == "looks"
    assert await store.messages.take(99) is None


async def test_two_rounds_at_once_tell_once(store):
    await begins(store, severity="high")
    store.at = after(10)
    await asyncio.gather(*(store.tell.tell() for _ in range(5)))
    assert len(await jobs(store, "show_incident")) == 1


async def test_a_round_that_dies_leaves_nothing(store, monkeypatch):
    await begins(store)
    store.at = after(10)

    async def dies(*_):
        raise OSError("the machine is gone")

    with monkeypatch.context() as broken:
        broken.setattr(PostgresTellings, "told", dies)
        with pytest.raises(OSError, match="gone"):
            await store.tell.tell()
    assert await jobs(store, "show_incident") == []
    await store.tell.tell()
    assert len(await jobs(store, "show_incident")) == 1


async def test_a_line_waits_for_the_message_it_belongs_to(store):
    incident = await begins(store)
    store.at = after(10)
    await store.tell.tell()
    taken, events = acknowledge(incident, ANA, 1, store.at)
    await becomes(store, taken, events)
    await store.tell.tell()
    assert await said(store) == []
    await store.messages.take(1)
    await store.messages.shown(1, Root("C1", "12.5"), "looks")
    await store.tell.tell()
    await store.tell.tell()
    assert await said(store) == ["Ana is on it. Reminders and escalation stop."]


async def test_nobody_hears_of_what_is_silenced_until_it_is_over(store):
    await begins(store)
    silence = Silence((parse('project="claims-frequency"'),), NOW, after(60), ANA, "a test")
    async with store.tx() as tx:
        kept = await tx.incidents.add_silence(silence)
        assert list(await tx.incidents.silences(after(59))) == [kept]
        assert list(await tx.incidents.silences(after(60))) == []
    store.at = after(30)
    await store.tell.tell()
    assert await jobs(store, "show_incident") == []
    async with store.tx() as tx:
        await tx.incidents.replace_silence(KeptSilence(kept.number, silence.ended(after(31))))
    store.at = after(32)
    await store.tell.tell()
    assert len(await jobs(store, "show_incident")) == 1


async def test_incidents_are_found_by_project_and_by_when_they_ended(store):
    one, two = await begins(store, 1), await begins(store, 2)
    over, events = observe(two, [replace(OVER, fingerprint="f2")], after(5), DEFAULTS)
    await becomes(store, over, events)
    async with store.tx() as tx:
        assert [each.number for each in await tx.incidents.open()] == [one.number]
        assert list(await tx.incidents.open("pricing")) == []
        assert [each.number for each in await tx.incidents.resolved_since(NOW)] == [2]
        assert list(await tx.incidents.resolved_since(after(6))) == []
        assert await tx.incidents.get(1, lock=True) == one
        assert await tx.incidents.get(99) is None
        assert [event.kind for event in await tx.incidents.events(2)] == ["fired", "resolved"]


async def test_a_snooze_ends_by_itself_and_the_chain_is_climbed_once(store):
    await begins(store, severity="high", model=FIRING.model)
    store.at = after(1)
    await store.tell.tell()
    await store.messages.take(1)
    await store.messages.shown(1, Root("C1", "12.5"), "looks")
    # The demo's route for high severity in production: Ana after 15 minutes, Ben after 30.
    for minute in (10, 16, 17, 32, 33):
        store.at = after(minute)
        await store.tell.tell()
    told = await said(store)
    assert sum("Nobody has acknowledged A1" in text for text in told) == 2
    async with store.tx() as tx:
        incident = await tx.incidents.get(1)
    assert incident.escalated == 2
    assert incident.firing_since + timedelta(minutes=33) == store.at
