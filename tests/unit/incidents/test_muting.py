"""What mutes an incident: silences, inhibition, quiet hours, a snooze, and all of them at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.incidents.matchers import MAX_MATCHERS, parse
from actions.incidents.muting import Held, Why, held, surroundings
from actions.incidents.quiet import quiet_until
from actions.incidents.responding import snooze
from actions.incidents.routing import handling
from actions.incidents.settings import Alerting, InhibitRule, QuietHours
from actions.incidents.silences import Silence, SilenceError, silenced_until
from tests.unit.incidents.making import ANA, DEFAULTS, NOW, OVER, after, fired, seen

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = QuietHours(start="22:00", end="07:00", timezone="Europe/Berlin")
NOON = QuietHours(start="12:00", end="13:30", timezone="UTC")


def silence(*matchers, starts=NOW, ends=None, reason="maintenance"):
    return Silence(tuple(parse(one) for one in matchers), starts, ends or after(60), ANA, reason)


def muted(incident, *silences, others=(), policy=DEFAULTS, at=NOW):
    around = surroundings(silences, [incident, *others], policy)
    return held(incident, around, handling(policy, incident.labels), at)


def berlin(text):
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


class TestSilences:
    def test_it_mutes_what_meets_every_matcher_from_its_start_until_its_end(self):
        one = fired()
        quiet = silence("model=claims-frequency", "severity=~low|medium")
        assert muted(one, quiet) == Held(Why.SILENCED, after(60))
        assert muted(one, quiet, at=after(-0.01)) is None
        assert muted(one, quiet, at=after(59.99)) == Held(Why.SILENCED, after(60))
        assert muted(one, quiet, at=after(60)) is None
        assert muted(fired(severity="high"), quiet) is None

    def test_the_longest_of_several_counts(self):
        long = silence("severity=medium", ends=after(90))
        assert muted(fired(), silence("project!="), long) == Held(Why.SILENCED, after(90))
        labels = fired().labels
        assert silenced_until([long, silence("project!=")], labels, NOW) == after(90)
        assert silenced_until([long], {}, NOW) is None

    def test_one_that_follows_another_goes_on(self):
        second = silence("severity=medium", starts=after(60), ends=after(90))
        gap = silence("severity=medium", starts=after(90.1), ends=after(99))
        assert muted(fired(), silence("project!="), gap, second).until == after(90)

    def test_it_can_be_ended_before_its_time_and_once(self):
        ended = silence("severity=medium").ended(after(10))
        assert muted(fired(), ended, at=after(10)) is None
        assert muted(fired(), ended, at=after(9)).until == after(10)
        assert ended.ended(after(20)) is ended

    @pytest.mark.parametrize(
        ("changes", "why"),
        [
            ({"matchers": ()}, "asks for something"),
            ({"matchers": ("project=~.*",)}, "asks for something"),
            ({"matchers": ('team=""', "team!=red")}, "asks for something"),
            ({"matchers": ("a=b",) * (MAX_MATCHERS + 1)}, "at most 20 matchers"),
            ({"matchers": ("a=b",), "ends": after(-1)}, "should not end before it starts"),
            ({"matchers": ("a=b",), "ends": NOW + timedelta(days=367)}, "at most a year"),
            ({"matchers": ("a=b",), "reason": "  "}, "needs a reason"),
            ({"matchers": ("a=b",), "reason": "x" * 501}, "at most 500 characters"),
        ],
    )
    def test_what_would_silence_everything_or_for_ever_is_refused(self, changes, why):
        with pytest.raises(SilenceError, match=why):
            silence(*changes.pop("matchers"), **changes)

    def test_one_that_is_ended_before_it_starts_covers_nothing(self):
        never = silence("severity=medium", starts=after(5)).ended(NOW)
        assert not any(muted(fired(), never, at=after(minute)) for minute in range(70))


OUTAGE = {"fingerprint": "f9", "monitor": "up", "monitor_type": "endpoint_down"}


class TestInhibition:
    def test_an_outage_mutes_the_drift_of_its_model_and_environment(self):
        down = fired(number=2, **OUTAGE)
        assert muted(fired(), others=[down]) == Held(Why.INHIBITED, None)
        assert muted(down, others=[fired()]) is None

    @pytest.mark.parametrize(
        "other",
        [
            {"environment": "staging"},
            {"environment": None},
            {"monitor_type": "missing_values"},
            {"monitor_type": "drift_of_something_else"},
        ],
    )
    def test_and_nothing_else(self, other):
        assert muted(fired(**other), others=[fired(number=2, **OUTAGE)]) is None

    def test_not_the_drift_of_another_model(self):
        down = fired(number=2, **OUTAGE)
        assert muted(replace(fired(), project="churn"), others=[down]) is None

    def test_until_the_outage_is_over(self):
        down = fired(number=2, **OUTAGE)
        over = seen(down, replace(down.alert, status=OVER.status), at=after(1))
        assert muted(fired(), others=[over]) is None

    def test_also_while_somebody_snoozed_the_outage_or_silenced_it(self):
        down = fired(number=2, **OUTAGE)
        quiet = snooze(down, ANA, after(60), 1, NOW)[0]
        assert muted(fired(), others=[quiet]).why is Why.INHIBITED
        mute = silence('monitor_type="endpoint_down"')
        assert muted(fired(), mute, others=[down]).why is Why.INHIBITED

    def test_what_matches_both_sides_is_not_muted_by_its_like(self):
        rule = InhibitRule(source=(parse("severity=medium"),), target=(parse("model=~.+"),))
        policy = Alerting(inhibit=(rule,))
        one, other = fired(number=1), fired(number=2, fingerprint="f2")
        assert muted(one, others=[other], policy=policy) is None
        low = fired(number=3, fingerprint="f3", severity="low")
        assert muted(low, others=[one], policy=policy).why is Why.INHIBITED

    def test_labels_that_neither_has_are_equal(self):
        rule = InhibitRule(
            source=(parse("severity=high"),), target=(parse("severity=low"),), equal=("team",)
        )
        policy = Alerting(inhibit=(rule,))
        source = fired(number=2, severity="high")
        assert muted(fired(severity="low"), others=[source], policy=policy)
        team = (("team", "pricing"),)
        assert not muted(fired(severity="low", labels=team), others=[source], policy=policy)


class TestQuietHours:
    @pytest.mark.parametrize(
        ("now", "expected"),
        [
            ("2026-11-16T21:59:59", None),
            ("2026-11-16T22:00:00", "2026-11-17T07:00:00"),
            ("2026-11-17T00:00:00", "2026-11-17T07:00:00"),
            ("2026-11-17T06:59:59", "2026-11-17T07:00:00"),
            ("2026-11-17T07:00:00", None),
            ("2026-11-17T12:00:00", None),
            # The nights of the clock changes: nine hours by the clock on the wall.
            ("2026-03-28T23:00:00", "2026-03-29T07:00:00"),
            ("2026-10-24T23:00:00", "2026-10-25T07:00:00"),
            ("2026-12-31T23:59:59", "2027-01-01T07:00:00"),
        ],
    )
    def test_a_night_is_quiet_by_the_clock_on_the_wall(self, now, expected):
        found = quiet_until(NIGHT, berlin(now))
        assert found == (None if expected is None else berlin(expected).astimezone(UTC))

    def test_the_same_moment_in_another_zone_is_as_quiet(self):
        there = berlin("2026-11-16T23:00:00")
        for zone in (UTC, ZoneInfo("Asia/Tokyo"), ZoneInfo("America/New_York")):
            assert quiet_until(NIGHT, there.astimezone(zone)) == quiet_until(NIGHT, there)

    def test_a_night_of_a_clock_change_is_an_hour_shorter_or_longer(self):
        for day, hours in (("2026-03-28", 8), ("2026-10-24", 10), ("2026-11-16", 9)):
            began = berlin(f"{day}T22:00:00").astimezone(UTC)
            assert quiet_until(NIGHT, began) - began == timedelta(hours=hours)

    @pytest.mark.parametrize("day", ["2026-03-28", "2026-10-24"])
    @pytest.mark.parametrize("end", ["02:00", "02:30", "03:00"])
    def test_an_end_within_a_clock_change_comes_once(self, day, end):
        quiet = QuietHours(start="22:00", end=end, timezone="Europe/Berlin")
        moment = berlin(f"{day}T21:30:00").astimezone(UTC)
        states = []
        for minute in range(60 * 9):
            found = quiet_until(quiet, moment + timedelta(minutes=minute))
            assert found is None or found > moment + timedelta(minutes=minute)
            if not states or states[-1] is not (found is not None):
                states.append(found is not None)
        assert states == [False, True, False]

    def test_hours_of_one_day_end_on_it(self):
        assert quiet_until(NOON, NOW) == after(90)
        assert quiet_until(NOON, after(90)) is None

    @given(
        st.integers(0, 10 * 365 * 24 * 60).map(after),
        st.sampled_from(
            ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]
        ),
        st.lists(st.integers(0, 23), min_size=2, max_size=2, unique=True),
    )
    def test_they_always_end_within_a_day_and_are_over_then(self, now, zone, hours):
        start, end = (f"{hour:02}:15" for hour in hours)
        quiet = QuietHours(start=start, end=end, timezone=zone)
        until = quiet_until(quiet, now)
        if until is not None:
            assert now < until <= now + timedelta(hours=25)
            assert quiet_until(quiet, until) is None

    def test_lesser_incidents_wait_and_severe_ones_do_not(self):
        policy = Alerting(quiet_hours=NOON)
        assert muted(fired(), policy=policy) == Held(Why.QUIET_HOURS, after(90))
        assert muted(fired(severity="high"), policy=policy) is None
        all_night = Alerting(quiet_hours=NOON.model_copy(update={"unless_severity": "low"}))
        assert muted(fired(severity="low"), policy=all_night) is None


def test_what_ends_within_something_else_is_held_until_that_is_over():
    policy = Alerting(quiet_hours=NOON)
    quiet = silence("severity=medium", ends=after(30))
    later = silence("severity=medium", starts=after(80), ends=after(100))
    found = muted(fired(), quiet, later, policy=policy)
    assert found == Held(Why.SILENCED, after(100))


def test_a_snoozed_incident_is_held_until_its_snooze_is_over():
    quiet = snooze(fired(), ANA, after(45), 1, NOW)[0]
    assert muted(quiet) == Held(Why.SNOOZED, after(45))
    assert muted(quiet, at=after(45)) is None


def test_where_nothing_mutes_nothing_is_held():
    assert muted(fired()) is None
