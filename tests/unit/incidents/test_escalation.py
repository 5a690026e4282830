"""Whom an incident reaches that nobody acknowledged, and when."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from actions.incidents.escalation import due_escalations, next_escalation
from actions.incidents.muting import Held, Why
from actions.incidents.observing import tick
from actions.incidents.responding import acknowledge, escalate, resolve, snooze
from actions.incidents.settings import Alerting, EscalationStep
from tests.unit.incidents.making import ANA, FIRING, OVER, Thread, after, alert, fired

CHAIN = (
    EscalationStep(after=timedelta(minutes=15), people=("UANA00001",)),
    EscalationStep(after=timedelta(minutes=30), people=("UBEN00001",), groups=("S0RISK0001",)),
)
POLICY = Alerting(escalation=CHAIN)


def posted():
    thread = Thread(fired(), POLICY)
    assert thread.work(after(0.5)) == ["post"]
    return thread


def due(thread, at, muted=None):
    found = due_escalations(thread.incident, CHAIN, thread.told, muted, at)
    return [one.step for one in found]


def take(thread, at):
    """As a worker does: each due step, then the line that mentions people."""
    for one in due_escalations(thread.incident, CHAIN, thread.told, None, at):
        version = thread.incident.version
        thread.happens(escalate(thread.incident, one.step, one.people, one.groups, version, at))
    thread.work(at)


def test_each_step_comes_at_its_time_after_people_heard_and_once():
    thread = posted()
    assert next_escalation(thread.incident, CHAIN, thread.told) == after(15.5)
    assert due(thread, after(15.49)) == []
    assert due(thread, after(15.5)) == [1]
    take(thread, after(15.5))
    assert due(thread, after(30.49)) == []
    assert next_escalation(thread.incident, CHAIN, thread.told) == after(30.5)
    (last,) = due_escalations(thread.incident, CHAIN, thread.told, None, after(30.5))
    assert (last.step, last.people, last.groups) == (2, ("UBEN00001",), ("S0RISK0001",))
    take(thread, after(30.5))
    assert due(thread, after(9999)) == []
    assert next_escalation(thread.incident, CHAIN, thread.told) is None


def test_after_an_outage_of_ours_every_step_that_was_missed_is_taken():
    assert due(posted(), after(300)) == [1, 2]


@pytest.mark.parametrize("act", ["acknowledge", "snooze", "resolve"])
def test_acting_stops_it(act):
    thread = posted()
    one = thread.incident
    outcomes = {
        "acknowledge": acknowledge(one, ANA, 1, after(15)),
        "snooze": snooze(one, ANA, after(9999), 1, after(15)),
        "resolve": resolve(one, ANA, 1, after(15)),
    }
    thread.happens(outcomes[act])
    thread.work(after(15))
    assert due(thread, after(9000)) == []
    assert next_escalation(thread.incident, CHAIN, thread.told) is None


def test_nobody_is_called_for_what_nobody_has_seen():
    thread = Thread(fired(), POLICY)
    assert due(thread, after(9999)) == []
    assert next_escalation(thread.incident, CHAIN, thread.told) is None


@pytest.mark.parametrize("why", list(Why))
def test_nobody_is_called_for_what_is_muted(why):
    assert due(posted(), after(60), Held(why, None)) == []


def test_it_starts_anew_when_it_fires_again_and_people_heard_of_it():
    thread = posted()
    thread.happens(acknowledge(thread.incident, ANA, 1, after(1)))
    thread.alerts(OVER, FIRING, at=after(20))
    assert due(thread, after(99)) == [], "its thread has not told yet"
    assert "line: acknowledged resolved reopened" in thread.work(after(100))
    assert due(thread, after(114.9)) == []
    assert due(thread, after(115)) == [1]


def test_it_starts_anew_when_a_snooze_is_over():
    thread = posted()
    take(thread, after(15.5))
    thread.happens(snooze(thread.incident, ANA, after(60), thread.incident.version, after(16)))
    thread.work(after(16))
    thread.happens(tick(thread.incident, after(60), POLICY))
    assert due(thread, after(99)) == []
    thread.work(after(60))
    assert due(thread, after(75)) == [1]


def test_it_starts_anew_when_it_is_worse():
    thread = posted()
    take(thread, after(15.5))
    thread.alerts(alert(severity="high"), at=after(20))
    assert due(thread, after(60)) == []
    thread.work(after(20))
    assert due(thread, after(34.9)) == []
    assert due(thread, after(35)) == [1]


def test_more_alerts_and_reminders_do_not_put_it_off():
    thread = posted()
    for minute in range(1, 16):
        thread.alerts(FIRING, at=after(minute))
        thread.work(after(minute))
    assert due(thread, after(15.5)) == [1]


@pytest.mark.parametrize(
    "began", ["2026-03-29T01:50:00", "2026-10-25T02:50:00"], ids=["to summer", "to winter"]
)
def test_a_quarter_of_an_hour_is_one_over_a_clock_change(began):
    berlin = ZoneInfo("Europe/Berlin")
    heard = datetime.fromisoformat(began).replace(tzinfo=berlin)
    thread = posted()
    told = type(thread.told)(1, 1, heard, heard, heard, heard)
    start = heard.timestamp()

    def steps(minutes):
        now = datetime.fromtimestamp(start + minutes * 60, berlin)
        return [one.step for one in due_escalations(thread.incident, CHAIN, told, None, now)]

    assert [steps(minutes) for minutes in (14.9, 15, 29.9, 30)] == [[], [1], [1], [1, 2]]
    following = next_escalation(thread.incident, CHAIN, told)
    assert following.timestamp() == start + 15 * 60


def test_without_a_chain_nobody_is_called():
    thread = posted()
    assert due_escalations(thread.incident, (), thread.told, None, after(9999)) == ()
    assert next_escalation(thread.incident, (), thread.told) is None
