"""What alerts and time do to an incident."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from actions.incidents.events import Severity, Waking
from actions.incidents.incident import State
from actions.incidents.observing import Opening, observe, tick, wakes
from actions.incidents.responding import acknowledge, resolve, snooze
from actions.incidents.settings import Alerting, Flap
from tests.unit.incidents.making import (
    ANA,
    DEFAULTS,
    FIRING,
    NOW,
    OVER,
    after,
    alert,
    fired,
    kinds,
    opening,
    seen,
)

OPEN = [State.FIRING, State.REOPENED, State.ACKNOWLEDGED, State.SNOOZED]


def in_state(state):
    one = fired()
    match state:
        case State.REOPENED:
            return seen(seen(one, OVER, at=after(1)), FIRING, at=after(2))
        case State.ACKNOWLEDGED:
            return acknowledge(one, ANA, one.version, after(1))[0]
        case State.SNOOZED:
            return snooze(one, ANA, after(600), one.version, after(1))[0]
        case State.RESOLVED:
            return seen(one, OVER, at=after(1))
    return one


def test_the_first_alerts_begin_an_incident():
    batch = [alert(severity="low", value=0.1), alert(severity="high"), alert(value=0.4)]
    incident, events = observe(None, batch, NOW, DEFAULTS, opening(17))
    assert kinds(events) == ["fired"]
    assert (incident.id, incident.project, incident.model) == (
        "A17",
        "claims-frequency",
        "claims-frequency",
    )
    assert (incident.state, incident.count, incident.version) == (State.FIRING, 3, 1)
    assert (incident.severity, incident.alert.value) == (Severity.HIGH, 0.4)
    assert incident.since == incident.last_seen == incident.firing_since == NOW


def test_without_a_project_the_source_names_the_model():
    incident, _ = observe(None, [FIRING], NOW, DEFAULTS, opening(project=None))
    assert (incident.project, incident.model) == (None, "claims")
    assert incident.labels["project"] == ""
    assert incident.labels["model"] == "claims"


def test_the_incidents_own_labels_stand_over_the_alerts():
    incident = fired(labels=(("severity", "low"), ("team", "pricing")))
    assert incident.labels["severity"] == "medium"
    assert incident.labels["team"] == "pricing"


def test_a_new_incident_needs_its_number():
    with pytest.raises(ValueError, match="pass `opening`"):
        observe(None, [FIRING], NOW, DEFAULTS)


def test_alerts_of_another_fingerprint_are_refused():
    with pytest.raises(ValueError, match="2 fingerprints"):
        observe(None, [FIRING, alert(fingerprint="f2")], NOW, DEFAULTS, opening())
    with pytest.raises(ValueError, match="2 fingerprints"):
        observe(fired(), [alert(fingerprint="f2")], NOW, DEFAULTS)


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="no time zone"):
        observe(None, [FIRING], NOW.replace(tzinfo=None), DEFAULTS, opening())


@pytest.mark.parametrize("batch", [[], [OVER], [OVER, OVER]])
def test_what_never_fired_is_no_incident(batch):
    assert observe(None, batch, NOW, DEFAULTS) == (None, ())


@pytest.mark.parametrize("state", OPEN)
def test_more_alerts_are_counted_and_the_state_stays(state):
    was = in_state(state)
    incident, events = observe(was, [FIRING, FIRING], after(5), DEFAULTS)
    assert kinds(events) == ["seen"]
    assert incident.count == was.count + 2
    assert (incident.state, incident.turned) == (state, was.turned)
    assert incident.last_seen == after(5)


def test_only_what_an_alert_says_anew_is_kept_in_the_history():
    incident, (same,) = observe(fired(), [alert(occurred=after(1))], after(1), DEFAULTS)
    assert same.alert is None
    incident, (other,) = observe(incident, [alert(value=0.5)], after(2), DEFAULTS)
    assert other.alert.value == incident.alert.value == 0.5


@pytest.mark.parametrize("state", [State.FIRING, State.REOPENED, State.ACKNOWLEDGED])
def test_severity_is_raised_and_never_lowered_while_it_is_open(state):
    was = in_state(state)
    worse, events = observe(was, [alert(severity="high")], after(5), DEFAULTS)
    assert kinds(events) == ["seen", "severity_raised"]
    assert (worse.severity, worse.state, worse.on_it) == (Severity.HIGH, state, was.on_it)
    less, events = observe(worse, [alert(severity="low")], after(6), DEFAULTS)
    assert kinds(events) == ["seen"]
    assert less.severity is Severity.HIGH


def test_a_worse_alert_ends_a_snooze_and_an_equal_one_does_not():
    quiet = in_state(State.SNOOZED)
    assert seen(quiet, alert(severity="medium"), at=after(5)).state is State.SNOOZED
    worse, events = observe(quiet, [alert(severity="high")], after(5), DEFAULTS)
    assert kinds(events) == ["seen", "severity_raised", "unsnoozed"]
    assert events[-1].why is Waking.WORSE
    assert (worse.state, worse.snoozed_until, worse.firing_since) == (State.FIRING, None, after(5))


@pytest.mark.parametrize("state", OPEN)
def test_its_source_resolves_it_in_any_open_state(state):
    over, events = observe(in_state(state), [OVER, OVER], after(5), DEFAULTS)
    assert kinds(events) == ["resolved"]
    assert (over.state, over.resolved_by, over.resolved_at) == (State.RESOLVED, None, after(5))
    assert (over.on_it, over.snoozed_until) == (None, None)


def test_what_is_over_stays_so_when_its_source_says_so_again():
    over = in_state(State.RESOLVED)
    assert observe(over, [OVER], after(5), DEFAULTS) == (over, ())


@pytest.mark.parametrize("by_person", [True, False])
def test_it_reopens_within_the_window_and_is_a_new_one_afterwards(by_person):
    one = fired(severity="high")
    over = resolve(one, ANA, 1, NOW)[0] if by_person else seen(one, OVER)
    batch = [alert(severity="low"), FIRING]
    again, events = observe(over, batch, after(59.9), DEFAULTS, opening(18))
    assert kinds(events) == ["reopened"]
    assert (again.number, again.state, again.count) == (17, State.REOPENED, 3)
    assert (again.severity, again.since) == (Severity.MEDIUM, NOW)
    assert (again.resolved_at, again.resolved_by, again.reason) == (None, None, None)
    new, events = observe(over, batch, after(60), DEFAULTS, opening(18))
    assert kinds(events) == ["fired"]
    assert (new.number, new.version, new.count) == (18, 1, 2)


def test_the_end_and_the_next_begin_may_come_in_one_batch():
    incident, events = observe(None, [FIRING, FIRING, OVER, FIRING], NOW, DEFAULTS, opening())
    assert kinds(events) == ["fired", "resolved", "reopened"]
    assert (incident.count, incident.state) == (3, State.REOPENED)


def test_an_end_that_was_overtaken_by_a_later_firing_ends_nothing():
    incident = fired(occurred=after(-1))
    late = alert(status=OVER.status, occurred=after(-2))
    assert observe(incident, [late], after(1), DEFAULTS) == (incident, ())
    assert not seen(incident, alert(status=OVER.status, occurred=after(-1)), at=after(1)).open


@pytest.mark.parametrize("minutes", [2, 600], ids=["within the window", "long after"])
def test_an_alert_of_before_its_end_is_counted_and_reopens_nothing(minutes):
    over = seen(fired(occurred=after(-9)), alert(status=OVER.status, occurred=after(-3)))
    at = after(minutes)
    incident, events = observe(over, [alert(occurred=after(-3), value=9.9)], at, DEFAULTS)
    assert kinds(events) == ["seen"]
    assert (incident.state, incident.count) == (State.RESOLVED, 2)
    assert incident.alert.value == FIRING.value
    both = [alert(occurred=after(-3)), alert(occurred=after(-2))]
    assert observe(over, both, at, DEFAULTS, opening(18))[0].state is not State.RESOLVED


def test_an_alert_of_before_is_news_where_a_person_resolved():
    over = resolve(fired(occurred=after(-9)), ANA, 1, NOW)[0]
    assert seen(over, alert(occurred=after(-9)), at=after(1)).state is State.REOPENED


def test_a_source_whose_clock_is_ahead_can_still_resolve():
    ahead = fired(occurred=after(9999))
    assert not seen(ahead, alert(status=OVER.status, occurred=after(3)), at=after(3)).open


EAST, WEST = timezone(timedelta(hours=12)), timezone(timedelta(hours=-12))


@pytest.mark.parametrize(
    "edge", [datetime(1, 1, 1, 11, tzinfo=EAST), datetime(9999, 12, 31, 13, tzinfo=WEST)]
)
def test_a_time_that_no_clock_shows_is_as_none(edge):
    one = fired(occurred=edge)
    assert one.occurred is None
    assert not seen(one, alert(status=OVER.status, occurred=edge)).open


def test_the_newest_of_a_batch_is_shown_whatever_came_last():
    batch = [alert(value=2.0, occurred=after(-1)), alert(value=1.0, occurred=after(-2))]
    incident = seen(None, *batch)
    assert incident.alert.value == 2.0
    older = seen(incident, alert(value=0.5, occurred=after(-5)), at=after(1))
    assert (older.alert.value, older.count) == (2.0, 3)


def test_time_never_goes_back_in_a_history():
    ahead = fired(at=after(10))
    _, (event,) = observe(ahead, [FIRING], after(3), DEFAULTS)
    assert event.at == after(10)


def test_a_snooze_ends_at_its_time_and_not_before():
    quiet = in_state(State.SNOOZED)
    assert wakes(quiet, DEFAULTS) == after(600)
    assert tick(quiet, after(599.9), DEFAULTS) == (quiet, ())
    awake, events = tick(quiet, after(600), DEFAULTS)
    assert kinds(events) == ["unsnoozed"]
    assert (awake.state, awake.snoozed_by, awake.firing_since) == (State.FIRING, None, after(600))
    assert events[0].why is Waking.OVER
    assert tick(awake, after(9999), DEFAULTS) == (awake, ())


def test_an_alert_finds_the_state_that_time_has_made_though_nobody_looked():
    incident, events = observe(in_state(State.SNOOZED), [FIRING], after(601), DEFAULTS)
    assert kinds(events) == ["unsnoozed", "seen"]
    assert incident.state is State.FIRING


@pytest.mark.parametrize("state", [State.FIRING, State.ACKNOWLEDGED, State.RESOLVED])
def test_time_alone_does_nothing_else(state):
    one = in_state(state)
    assert wakes(one, DEFAULTS) is None
    assert tick(one, after(99_999), DEFAULTS) == (one, ())


class Flapping:
    policy = Alerting(flap=Flap(changes=2))

    def going(self, *batch, at, incident):
        return observe(incident, batch, at, self.policy, Opening(18, None))


class TestFlapping(Flapping):
    """With more than two changes in an hour."""

    def flapping(self):
        one, events = self.going(FIRING, OVER, FIRING, OVER, at=NOW, incident=None)
        assert kinds(events) == ["fired", "resolved", "reopened", "flapping_started", "cleared"]
        assert (one.flapping, one.cleared, one.state) == (True, True, State.REOPENED)
        return one

    def test_one_change_too_many_starts_it_and_the_incident_stays_open(self):
        one = self.flapping()
        for minute in range(1, 20, 2):
            one, events = self.going(FIRING, at=after(minute), incident=one)
            assert kinds(events) == ["seen"]
            one, events = self.going(OVER, OVER, at=after(minute + 1), incident=one)
            assert kinds(events) == ["cleared"]
        assert one.open
        assert one.count == 12

    def test_as_many_changes_as_are_allowed_are_none(self):
        one, _ = self.going(FIRING, OVER, FIRING, at=NOW, incident=None)
        assert not one.flapping

    def test_changes_that_are_an_hour_old_do_not_count(self):
        one, _ = self.going(FIRING, OVER, FIRING, at=NOW, incident=None)
        over, events = self.going(OVER, at=after(60), incident=one)
        assert (kinds(events), over.flapping) == (["resolved"], False)
        damped, _ = self.going(OVER, at=after(59.9), incident=one)
        assert damped.flapping

    def test_a_reopening_can_be_the_change_too_many(self):
        policy = Alerting(flap=Flap(changes=3))
        batch = [FIRING, OVER, FIRING, OVER, FIRING]
        one, events = observe(None, batch, NOW, policy, opening())
        assert kinds(events)[-2:] == ["reopened", "flapping_started"]
        assert (one.flapping, one.cleared, one.state) == (True, False, State.REOPENED)

    def test_calm_after_its_source_cleared_it_resolves(self):
        one = self.flapping()
        assert wakes(one, self.policy) == after(30)
        assert tick(one, after(29.9), self.policy) == (one, ())
        over, events = tick(one, after(30), self.policy)
        assert kinds(events) == ["flapping_ended", "resolved"]
        assert (over.state, over.flapping, over.cleared) == (State.RESOLVED, False, False)

    def test_an_end_that_is_told_again_is_no_change(self):
        one = self.flapping()
        assert self.going(OVER, at=after(20), incident=one) == (one, ())
        assert wakes(one, self.policy) == after(30)

    def test_calm_while_it_fires_leaves_it_firing(self):
        one, _ = self.going(FIRING, at=after(1), incident=self.flapping())
        assert wakes(one, self.policy) == after(31)
        still, events = tick(one, after(31), self.policy)
        assert kinds(events) == ["flapping_ended"]
        assert (still.open, still.changes) == (True, ())
        _, events = self.going(OVER, at=after(32), incident=still)
        assert kinds(events) == ["resolved"]

    def test_more_alerts_of_the_same_are_no_change(self):
        one, _ = self.going(FIRING, at=after(1), incident=self.flapping())
        one, _ = self.going(FIRING, FIRING, at=after(20), incident=one)
        assert wakes(one, self.policy) == after(31)

    def test_an_alert_of_before_the_end_does_not_undo_it(self):
        ended = alert(status=OVER.status, occurred=after(4))
        one, _ = self.going(FIRING, ended, at=after(5), incident=self.flapping())
        assert one.cleared
        late, events = self.going(alert(occurred=after(4)), at=after(6), incident=one)
        assert (kinds(events), late.cleared) == (["seen"], True)
        fresh, _ = self.going(alert(occurred=after(5)), at=after(6), incident=one)
        assert (fresh.cleared, fresh.ended) == (False, None)

    def test_what_a_person_resolves_starts_afresh(self):
        one = self.flapping()
        over, _ = resolve(one, ANA, one.version, after(1))
        assert (over.state, over.flapping, over.changes) == (State.RESOLVED, False, ())
        again, events = self.going(FIRING, at=after(2), incident=over)
        assert (kinds(events), again.flapping) == (["reopened"], False)

    def test_it_stays_with_who_acknowledged_it(self):
        one, _ = self.going(FIRING, at=after(1), incident=self.flapping())
        mine, _ = acknowledge(one, ANA, one.version, after(2))
        still, _ = self.going(OVER, FIRING, OVER, at=after(3), incident=mine)
        assert (still.state, still.on_it) == (State.ACKNOWLEDGED, ANA)

    def test_calm_that_passed_unseen_counts_before_the_next_end(self):
        one, _ = self.going(FIRING, at=after(1), incident=self.flapping())
        over, events = self.going(OVER, at=after(40), incident=one)
        assert kinds(events) == ["flapping_ended", "resolved"]
        assert over.resolved_at == after(40)
