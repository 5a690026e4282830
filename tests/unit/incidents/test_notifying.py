"""When people hear of an incident: root message, edits, lines; with Alertmanager's intervals."""

from __future__ import annotations

from datetime import timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from actions.incidents.matchers import parse
from actions.incidents.muting import Why
from actions.incidents.notifying import Group, Step, Told, group
from actions.incidents.observing import tick
from actions.incidents.responding import acknowledge, escalate, resolve, snooze
from actions.incidents.settings import Alerting, Flap, QuietHours
from actions.incidents.silences import Silence
from tests.unit.incidents.making import (
    ANA,
    BEN,
    DEFAULTS,
    FIRING,
    NOW,
    OVER,
    Thread,
    after,
    alert,
    fired,
)

WAIT = 0.5
NOON = QuietHours(start="11:00", end="14:00", timezone="UTC")


def silence(until):
    return Silence((parse("model=claims-frequency"),), NOW, until, ANA, "maintenance")


def outage():
    return fired(number=2, fingerprint="f9", monitor_type="endpoint_down")


@pytest.fixture
def thread():
    """An incident that was posted after its group's wait."""
    made = Thread(fired())
    assert made.work(after(WAIT)) == ["post"]
    return made


class TestTheRootMessage:
    def test_it_is_posted_after_the_groups_wait_and_once(self):
        new = Thread(fired())
        assert new.plans(NOW) == [("post", WAIT, None)]
        assert new.work(after(0.49)) == []
        assert new.work(after(WAIT)) == ["post"]
        assert new.work(after(WAIT)) == []

    def test_a_restart_late_posts_at_once(self):
        assert Thread(fired()).work(after(600)) == ["post"]

    @pytest.mark.parametrize("by_person", [True, False])
    def test_what_is_over_before_its_wait_is_never_posted(self, by_person):
        new = Thread(fired())
        if by_person:
            new.happens(resolve(new.incident, ANA, 1, after(0.1)))
        else:
            new.alerts(OVER, at=after(0.1))
        assert new.plan(after(WAIT)) == ()
        assert new.plan(after(9999)) == ()

    def test_what_fires_again_before_it_was_posted_waits_anew(self):
        new = Thread(fired())
        new.alerts(OVER, FIRING, at=after(0.2))
        assert new.plans(after(0.3)) == [("post", 0.2 + WAIT, None)]

    def test_it_shows_all_that_came_before(self):
        new = Thread(fired())
        new.alerts(FIRING, alert(severity="high"), at=after(0.1))
        new.happens(acknowledge(new.incident, ANA, new.incident.version, after(0.2)))
        assert new.work(after(WAIT)) == ["post"]
        assert new.plan(after(9999)) == ()

    def test_a_snooze_before_holds_it_until_the_snooze_is_over(self):
        new = Thread(fired())
        new.happens(snooze(new.incident, ANA, after(60), 1, after(0.1)))
        assert new.plans(after(1)) == [("post", 60, Why.SNOOZED)]
        new.happens(tick(new.incident, after(60), DEFAULTS))
        assert new.plans(after(60)) == [("post", 60 + WAIT, None)]


class TestGroups:
    def members(self, *pairs):
        return group(
            (fired(at=after(minute), number=n), told) for n, (minute, told) in enumerate(pairs)
        )

    def test_the_first_of_a_group_sets_the_time_for_those_who_come_while_it_waits(self):
        late = Thread(fired(at=after(0.4)))
        late.group = self.members((0, Told()), (0.4, Told()))
        assert late.plans(after(0.4)) == [("post", WAIT, None)]
        later = Thread(fired(at=after(0.6)))
        later.group = self.members((0, Told()), (0.6, Told()))
        assert later.plans(after(0.6)) == [("post", 0.6 + WAIT, None)]

    def test_waves_follow_one_another(self):
        """0 and 0.4 go at 0.5; 0.9 begins the next wave, which 1.3 joins."""
        last = Thread(fired(at=after(1.3)))
        last.group = Group(tuple(after(minute) for minute in (0.9, 0, 1.3, 0.4)))
        assert last.plans(after(1.3)) == [("post", 0.9 + WAIT, None)]

    def test_one_that_is_held_for_long_hastens_nobody(self):
        new = Thread(fired(at=after(600)))
        new.group = self.members((0, Told()), (600, Told()))
        assert new.plans(after(600)) == [("post", 600 + WAIT, None)]

    def test_a_group_is_posted_to_once_in_its_interval(self):
        posted = Told(1, 1, after(WAIT), after(WAIT), after(WAIT), after(WAIT))
        new = Thread(fired(at=after(2)))
        new.group = self.members((0, posted), (2, Told()))
        assert new.plans(after(2)) == [("post", WAIT + 5, None)]
        later = Thread(fired(at=after(20)))
        later.group = self.members((0, posted), (20, Told()))
        assert later.plans(after(20)) == [("post", 20 + WAIT, None)]

    def test_what_is_over_or_snoozed_does_not_count(self):
        over = resolve(fired(), ANA, 1, NOW)[0]
        quiet = snooze(fired(), ANA, after(60), 1, NOW)[0]
        told = Told(1, 1, NOW, NOW, NOW, NOW)
        assert group([(over, told), (quiet, Told()), (over, Told())]) == Group()
        assert group([(quiet, told)]) == Group((), NOW)

    def test_zones_of_the_stored_moments_do_not_matter(self):
        """Two clocks in one zone differ by the wall clock, an hour wrong over a clock change."""
        berlin = ZoneInfo("Europe/Berlin")
        change = (2026, 10, 25, 0, 58)
        began = NOW.replace(year=2026, month=10, day=25, hour=0, minute=58)
        assert (began.year, began.month, began.day, began.hour, began.minute) == change
        new = Thread(fired(at=began))
        last = began - timedelta(minutes=1)
        for zone in (berlin, timezone(timedelta(hours=9))):
            new.group = Group((began.astimezone(zone),), last.astimezone(zone))
            (post,) = new.plan(began)
            assert post.at == last + timedelta(minutes=5)


class TestEdits:
    def test_counts_are_edited_in_once_in_the_interval(self, thread):
        thread.alerts(FIRING, at=after(1))
        assert thread.plans(after(1))[0] == ("edit", WAIT + 5, None)
        thread.alerts(FIRING, at=after(2))
        assert thread.work(after(WAIT + 4.9)) == []
        assert thread.work(after(WAIT + 5)) == ["edit"]
        thread.alerts(FIRING, at=after(6))
        assert thread.plans(after(6))[0] == ("edit", WAIT + 10, None)

    def test_other_changes_are_edited_in_at_once(self, thread):
        thread.alerts(OVER, at=after(1))
        assert thread.work(after(1)) == ["edit"]

    def test_an_edit_disturbs_nobody_so_nothing_mutes_it(self, thread):
        thread.silences.append(silence(after(600)))
        thread.alerts(alert(severity="high"), at=after(1))
        assert thread.work(after(1)) == ["edit"]
        assert thread.plans(after(1)) == [("line", 600, Why.SILENCED)]

    def test_counts_leave_no_history_to_read_again(self, thread):
        for minute in range(1, 60):
            thread.alerts(FIRING, at=after(minute))
            thread.work(after(minute))
        assert thread.told.since >= thread.incident.version - 5


class TestLines:
    def test_what_people_do_is_told_at_once(self, thread):
        thread.happens(acknowledge(thread.incident, ANA, 1, after(1)))
        assert thread.work(after(1)) == ["edit", "line: acknowledged"]
        thread.happens(acknowledge(thread.incident, BEN, 2, after(2)))
        assert thread.work(after(2)) == ["edit", "line: acknowledged"]
        thread.happens(snooze(thread.incident, BEN, after(60), 3, after(3)))
        assert thread.work(after(3)) == ["edit", "line: snoozed"]
        thread.happens(resolve(thread.incident, BEN, 4, after(4)))
        assert thread.work(after(4)) == ["edit", "line: resolved"]
        assert thread.plan(after(9999)) == ()

    @pytest.mark.parametrize("act", [acknowledge, resolve])
    def test_also_while_it_is_muted(self, act):
        thread = Thread(fired(), Alerting(quiet_hours=NOON))
        thread.told = Told(1, 1, NOW, NOW, NOW, NOW)
        thread.silences.append(silence(after(600)))
        thread.others.append(outage())
        thread.happens(act(thread.incident, ANA, 1, after(1)))
        assert [step.partition(":")[0] for step in thread.work(after(1))] == ["edit", "line"]

    def test_a_worse_alert_is_told_at_once(self, thread):
        thread.alerts(alert(severity="high"), at=after(1))
        assert thread.work(after(1)) == ["edit", "line: severity_raised"]

    def test_the_sources_end_is_told_after_the_interval(self, thread):
        thread.alerts(OVER, at=after(1))
        assert thread.work(after(1)) == ["edit"]
        assert thread.plans(after(1)) == [("line", WAIT + 5, None)]
        assert thread.work(after(WAIT + 5)) == ["line: resolved"]

    def test_what_comes_and_goes_in_the_interval_is_one_line(self, thread):
        thread.alerts(OVER, at=after(1))
        thread.work(after(1))
        thread.alerts(FIRING, at=after(2))
        assert thread.work(after(2)) == ["edit"]
        assert thread.work(after(WAIT + 5)) == ["line: resolved reopened"]

    def test_a_change_long_after_the_last_line_is_told_at_once(self, thread):
        thread.alerts(OVER, at=after(60))
        assert thread.work(after(60)) == ["edit", "line: resolved"]

    def test_an_answer_takes_along_what_waited(self, thread):
        thread.alerts(OVER, FIRING, at=after(1))
        thread.work(after(1))
        thread.happens(acknowledge(thread.incident, ANA, thread.incident.version, after(2)))
        assert thread.work(after(2)) == ["edit", "line: resolved reopened acknowledged"]

    def test_the_end_of_a_snooze_is_told_when_it_ends(self, thread):
        thread.happens(snooze(thread.incident, ANA, after(60), 1, after(59.9)))
        thread.work(after(59.9))
        assert thread.plan(after(59.9)) == ()
        thread.happens(tick(thread.incident, after(60), DEFAULTS))
        assert thread.work(after(60)) == ["edit", "line: unsnoozed"]

    def test_an_escalation_is_told_at_once(self, thread):
        thread.happens(escalate(thread.incident, 1, ("U1",), (), 1, after(1)))
        assert thread.work(after(1)) == ["edit", "line: escalated"]


class TestReminders:
    def test_what_nobody_took_is_repeated(self, thread):
        assert thread.plans(after(1)) == [("line", WAIT + 240, None)]
        assert thread.work(after(WAIT + 239.9)) == []
        assert thread.work(after(WAIT + 240)) == ["line: "]
        assert thread.plans(after(WAIT + 240)) == [("line", WAIT + 480, None)]

    def test_a_line_puts_it_off(self, thread):
        thread.alerts(alert(severity="high"), at=after(100))
        thread.work(after(100))
        assert thread.plans(after(101)) == [("line", 340, None)]

    def test_what_somebody_took_or_quieted_or_is_over_is_not(self, thread):
        acts = {
            "acknowledged": acknowledge(thread.incident, ANA, 1, after(1)),
            "snoozed": snooze(thread.incident, ANA, after(9999), 1, after(1)),
            "resolved": resolve(thread.incident, ANA, 1, after(1)),
        }
        told = thread.told
        for outcome in acts.values():
            thread.told, thread.events = told, []
            thread.happens(outcome)
            thread.work(after(1))
            assert thread.plan(after(2)) == ()

    def test_a_muted_one_is_repeated_afterwards(self, thread):
        thread.silences.append(silence(after(600)))
        assert thread.plans(after(1)) == [("line", 600, Why.SILENCED)]


class TestMuting:
    def test_a_silence_holds_the_root_message_until_its_end(self):
        new = Thread(fired())
        new.silences.append(silence(after(600)))
        assert new.plans(NOW) == [("post", 600, Why.SILENCED)]
        assert new.work(after(599)) == []
        assert new.work(after(600)) == ["post"]

    def test_what_begins_to_mute_during_the_wait_holds_it(self):
        """The wait is there for an inhibiting incident to arrive."""
        new = Thread(fired())
        assert new.plans(NOW) == [("post", WAIT, None)]
        new.others.append(outage())
        assert new.plans(after(WAIT)) == [("post", None, Why.INHIBITED)]
        assert new.work(after(WAIT)) == []
        new.others.clear()
        assert new.work(after(50)) == ["post"]

    def test_quiet_hours_hold_it_until_the_morning_and_one_message_tells_all(self):
        new = Thread(fired(), Alerting(quiet_hours=NOON))
        assert new.plans(NOW) == [("post", 120, Why.QUIET_HOURS)]
        new.alerts(OVER, FIRING, OVER, FIRING, at=after(10))
        assert new.work(after(119.9)) == []
        assert new.work(after(120)) == ["post"]
        assert [plan[0] for plan in new.plans(after(120))] == ["line"]

    def test_what_becomes_severe_breaks_through_the_quiet_hours(self):
        new = Thread(fired(), Alerting(quiet_hours=NOON))
        new.alerts(alert(severity="high"), at=after(10))
        assert new.work(after(10)) == ["post"]

    def test_what_was_held_is_told_afterwards_together(self, thread):
        thread.silences.append(silence(after(600)))
        thread.alerts(OVER, FIRING, at=after(10))
        thread.alerts(alert(severity="high"), at=after(11))
        assert thread.work(after(11)) == ["edit"]
        assert thread.work(after(600)) == ["line: resolved reopened severity_raised"]


class TestFlapping:
    def test_one_line_says_so_and_then_there_are_only_edits(self):
        thread = Thread(fired(), Alerting(flap=Flap(changes=2)))
        assert thread.work(after(WAIT)) == ["post"]
        thread.alerts(OVER, FIRING, OVER, at=after(10))
        assert thread.work(after(10)) == [
            "edit",
            "line: resolved reopened flapping_started",
        ]
        said = []
        for minute in range(11, 300):
            thread.alerts(FIRING, OVER, at=after(minute))
            said += thread.work(after(minute))
        assert set(said) == {"edit"}
        assert 50 < len(said) < 60
        thread.happens(tick(thread.incident, after(329), thread.policy))
        assert thread.work(after(329)) == ["edit", "line: flapping_ended resolved"]


def test_a_step_is_due_at_its_time_in_any_zone():
    (post,) = Thread(fired()).plan(NOW)
    assert post.step is Step.POST
    tokyo = ZoneInfo("Asia/Tokyo")
    assert not post.due(after(0.49).astimezone(tokyo))
    assert post.due(after(WAIT).astimezone(tokyo))
