"""Each pair of a state and an act, stale decisions, and what people do twice."""

from __future__ import annotations

from datetime import timedelta

import pytest

from actions.incidents.incident import State
from actions.incidents.responding import (
    MAX_REASON,
    IllegalTransitionError,
    SnoozeTimeError,
    StaleTransitionError,
    acknowledge,
    escalate,
    resolve,
    snooze,
)
from tests.unit.incidents.making import (
    ANA,
    BEN,
    FIRING,
    NOW,
    OVER,
    after,
    alert,
    fired,
    kinds,
    seen,
)

UNTIL = after(120)


def acknowledged():
    return acknowledge(fired(), ANA, 1, NOW)[0]


def snoozed():
    return snooze(fired(), ANA, UNTIL, 1, NOW)[0]


def resolved():
    return resolve(fired(), ANA, 1, NOW)[0]


def reopened():
    return seen(resolved(), FIRING, at=after(1))


STATES = {
    "firing": fired,
    "acknowledged": acknowledged,
    "snoozed": snoozed,
    "resolved": resolved,
    "reopened": reopened,
}
ACTS = {
    "acknowledge": lambda one, by, version: acknowledge(one, by, version, after(5)),
    "snooze": lambda one, by, version: snooze(one, by, UNTIL, version, after(5)),
    "resolve": lambda one, by, version: resolve(one, by, version, after(5)),
    "escalate": lambda one, by, version: escalate(one, 1, (by.id,), (), version, after(5)),
}
TABLE = {
    # state: acknowledge by Ana, by Ben; snooze by Ana, by Ben; resolve; escalate
    "firing": ("acknowledged", "acknowledged", "snoozed", "snoozed", "resolved", "firing"),
    "reopened": ("acknowledged", "acknowledged", "snoozed", "snoozed", "resolved", "reopened"),
    "acknowledged": ("nothing", "acknowledged", "snoozed", "snoozed", "resolved", "refused"),
    "snoozed": ("acknowledged", "acknowledged", "nothing", "snoozed", "resolved", "refused"),
    "resolved": ("refused", "refused", "refused", "refused", "nothing", "refused"),
}
COLUMNS = [
    ("acknowledge", ANA),
    ("acknowledge", BEN),
    ("snooze", ANA),
    ("snooze", BEN),
    ("resolve", BEN),
    ("escalate", BEN),
]


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("column", range(len(COLUMNS)))
def test_every_act_in_every_state_does_what_the_table_says(state, column):
    one = STATES[state]()
    act, by = COLUMNS[column]
    expected = TABLE[state][column]
    if expected == "refused":
        with pytest.raises(IllegalTransitionError, match=f"A17 {one.clause}, so it cannot be"):
            ACTS[act](one, by, one.version)
        return
    now, events = ACTS[act](one, by, one.version)
    if expected == "nothing":
        assert (now, events) == (one, ())
        return
    assert now.state is State(expected)
    assert len(events) == 1
    assert now.version == one.version + 1


def test_the_table_covers_every_state():
    assert {State(name) for name in TABLE} == set(State)


def test_taking_over_names_who_had_it():
    _, (event,) = acknowledge(acknowledged(), BEN, 2, after(5))
    assert (event.by, event.taken_from) == (BEN, ANA)
    _, (first,) = acknowledge(fired(), ANA, 1, NOW)
    assert first.taken_from is None


def test_acknowledging_ends_a_snooze():
    now, _ = acknowledge(snoozed(), BEN, 2, after(5))
    assert (now.on_it, now.snoozed_until, now.snoozed_by) == (BEN, None, None)


@pytest.mark.parametrize("act", ["acknowledge", "snooze"])
@pytest.mark.parametrize("source", [True, False])
def test_what_was_resolved_meanwhile_is_not_opened_again(act, source):
    shown = fired()
    over = seen(shown, OVER) if source else resolve(shown, BEN, 1, NOW)[0]
    by = "its source" if source else "Ben"
    with pytest.raises(StaleTransitionError, match=f"it was resolved by {by}") as refused:
        ACTS[act](over, ANA, shown.version)
    assert refused.value.incident == over
    assert refused.value.decided_on == 1


@pytest.mark.parametrize("act", ACTS)
def test_what_was_taken_meanwhile_is_decided_on_anew(act):
    with pytest.raises(StaleTransitionError, match="it is acknowledged by Ana"):
        ACTS[act](acknowledged(), BEN, 1)


@pytest.mark.parametrize("act", ["acknowledge", "snooze", "resolve", "escalate"])
def test_what_became_worse_meanwhile_is_decided_on_anew(act):
    worse = seen(fired(), alert(severity="high"), at=after(1))
    with pytest.raises(StaleTransitionError, match="severity high"):
        ACTS[act](worse, ANA, 1)
    assert ACTS[act](worse, ANA, worse.version)[1]


@pytest.mark.parametrize("act", ACTS)
def test_more_of_the_same_alerts_make_no_decision_stale(act):
    flood = fired()
    for minute in range(9):
        flood = seen(flood, FIRING, at=after(minute / 10))
    assert flood.version == 10
    assert ACTS[act](flood, ANA, 1)[1]


@pytest.mark.parametrize("version", [-1, 0, 3, 99])
def test_a_version_that_never_was_is_refused(version):
    with pytest.raises(StaleTransitionError):
        acknowledge(seen(fired(), FIRING), ANA, version, NOW)


def test_the_same_click_twice_is_no_mistake():
    one = fired()
    for act in ("acknowledge", "snooze", "resolve", "escalate"):
        once, _ = ACTS[act](one, ANA, 1)
        assert ACTS[act](once, ANA, 1) == (once, ())


def test_a_snooze_of_another_length_counts_anew():
    longer, events = snooze(snoozed(), ANA, after(500), 2, after(5))
    assert (kinds(events), longer.snoozed_until) == (["snoozed"], after(500))


@pytest.mark.parametrize("until", [after(5), after(4), NOW - timedelta(days=999)])
def test_a_snooze_that_would_be_over_is_refused(until):
    with pytest.raises(
        SnoozeTimeError, match=r"is over\. Until when, within a year, should A17"
    ) as refused:
        snooze(fired(), ANA, until, 1, after(5))
    assert refused.value.until == until


def test_a_snooze_for_ever_is_refused_and_one_of_a_year_is_not():
    year = timedelta(days=366)
    assert snooze(fired(), ANA, NOW + year, 1, NOW)[1]
    for until in (NOW + year + timedelta(seconds=1), NOW.replace(year=9999)):
        with pytest.raises(SnoozeTimeError, match="is too far away"):
            snooze(fired(), ANA, until, 1, NOW)


def test_a_snooze_until_a_moment_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="no time zone"):
        snooze(fired(), ANA, UNTIL.replace(tzinfo=None), 1, NOW)


@pytest.mark.parametrize(
    ("said", "kept"), [(None, None), ("  ", None), (" the feed is back ", "the feed is back")]
)
def test_a_reason_is_kept_where_there_is_one(said, kept):
    assert resolve(fired(), ANA, 1, NOW, said)[0].reason == kept


def test_a_long_reason_is_cut():
    assert len(resolve(fired(), ANA, 1, NOW, "x" * 9999)[0].reason) == MAX_REASON


def test_acting_ends_the_chain_and_a_later_firing_starts_it_anew():
    told, _ = escalate(fired(), 2, ("U1",), (), 1, after(5))
    assert told.escalated == 2
    assert acknowledge(told, ANA, told.version, after(6))[0].escalated == 0
    worse = seen(told, alert(severity="high"), at=after(6))
    assert worse.escalated == 0


def test_an_earlier_step_is_not_taken_after_a_later_one():
    told, _ = escalate(fired(), 2, ("U1",), (), 1, after(5))
    assert escalate(told, 1, ("U0",), (), told.version, after(6)) == (told, ())
    assert kinds(escalate(told, 3, ("U2",), (), told.version, after(6))[1]) == ["escalated"]
