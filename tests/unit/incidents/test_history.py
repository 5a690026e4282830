"""Events make the incident, in their order and no other, and are stored without loss."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from actions.incidents.alert import Alert, AlertStatus
from actions.incidents.events import Seen, dump, load
from actions.incidents.incident import BrokenHistoryError, evolve, replay
from actions.incidents.observing import observe
from actions.incidents.responding import acknowledge, escalate, resolve, snooze
from tests.unit.incidents.making import ANA, BEN, DEFAULTS, FIRING, NOW, OVER, after, alert, opening

texts = st.text(max_size=20)
zones = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))
numbers = st.none() | st.floats(allow_nan=False, allow_infinity=False)


def history():
    """One of everything that can happen."""
    one, events = observe(None, [FIRING], NOW, DEFAULTS, opening())
    told = list(events)

    def then(outcome):
        nonlocal one
        one, more = outcome
        told.extend(more)

    then(escalate(one, 1, ("U1",), ("S1",), one.version, after(1)))
    then(acknowledge(one, ANA, one.version, after(2)))
    then(acknowledge(one, BEN, one.version, after(2)))
    then(snooze(one, ANA, after(90), one.version, after(3)))
    then(observe(one, [alert(severity="high", value=0.7)], after(4), DEFAULTS))
    then(resolve(one, BEN, one.version, after(5), "the feed is back"))
    then(observe(one, [FIRING, OVER, FIRING, OVER, FIRING, OVER], after(6), DEFAULTS))
    then(observe(one, [], after(60), DEFAULTS))
    return one, told


def test_a_history_is_the_incident():
    one, told = history()
    assert replay(told) == one
    assert [event.version for event in told] == list(range(1, len(told) + 1))
    assert {event.kind for event in told} == {
        "fired",
        "seen",
        "severity_raised",
        "acknowledged",
        "snoozed",
        "unsnoozed",
        "resolved",
        "reopened",
        "escalated",
        "flapping_started",
        "cleared",
        "flapping_ended",
    }


def test_a_stored_history_is_the_same():
    one, told = history()
    stored = json.loads(json.dumps([dump(event) for event in told], allow_nan=False))
    assert [load(event) for event in stored] == told
    assert replay(load(event) for event in stored) == one


@given(
    st.builds(
        Alert,
        source=texts,
        fingerprint=texts,
        status=st.just(AlertStatus.FIRING),
        severity=st.sampled_from(["low", "medium", "high"]),
        title=texts,
        description=texts,
        monitor=texts,
        monitor_type=texts,
        model=texts,
        environment=st.none() | texts,
        version=st.none() | texts,
        value=numbers,
        threshold=numbers,
        labels=st.lists(st.tuples(texts, texts), max_size=3).map(tuple),
        link=st.none() | texts,
        occurred=st.none() | st.datetimes(timezones=zones),
    )
)
def test_any_alert_is_stored_without_loss(given_alert):
    event = Seen(version=2, at=NOW, count=1, alert=given_alert, occurred=None, late=False)
    assert load(json.loads(json.dumps(dump(event), allow_nan=False))) == event


def test_a_gap_a_repetition_and_a_wrong_beginning_are_no_history():
    _, told = history()
    for broken in (told[1:], told[:2] + told[3:], [*told[:2], told[1]], [told[0], told[0]], []):
        with pytest.raises(BrokenHistoryError):
            replay(broken)


def test_a_second_beginning_in_a_history_is_none():
    one, told = history()
    with pytest.raises(BrokenHistoryError, match="Fired of version 99"):
        evolve(one, replace(told[0], version=99))
    with pytest.raises(BrokenHistoryError, match="Fired"):
        evolve(one, replace(told[0], version=one.version + 1))


@pytest.mark.parametrize(
    "stored",
    [{}, {"kind": "exploded"}, {"kind": "seen"}, {"kind": "cleared", "version": 1, "at": "noon"}],
)
def test_what_is_no_event_is_not_read_as_one(stored):
    with pytest.raises(ValidationError):
        load(stored)
