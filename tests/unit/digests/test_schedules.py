from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from actions.digests.periods import Window, window
from actions.digests.recurrence import NeverDueError, Recurrence, local
from actions.digests.subscription import Subscription

FRIDAY = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("0 9 * * 1-5", "every weekday at 09:00"),
        ("30 8 * * *", "every day at 08:30"),
        ("0 9 * * 1", "every Monday at 09:00"),
        ("0 9 * * 1,3,5", "every Monday, Wednesday and Friday at 09:00"),
        ("0 9 * * 7", "every Sunday at 09:00"),
        ("0 9 * * 0,6", "every Saturday and Sunday at 09:00"),
        ("0 9,17 * * *", "every day at 09:00 and 17:00"),
        ("15 * * * *", "every day at 15 minutes past every hour"),
        ("0 9 1 * *", "on day 1 of every month at 09:00"),
        ("0 9 1 * 1", "by the schedule “0 9 1 * 1”"),
        ("0 9 1,15 * *", "by the schedule “0 9 1,15 * *”"),
        ("0 9 * 1 *", "by the schedule “0 9 * 1 *”"),
        ("0 */6 * * *", "by the schedule “0 */6 * * *”"),
        ("*/5 9 * * *", "by the schedule “*/5 9 * * *”"),
        ("15 * 1-5 * *", "by the schedule “15 * 1-5 * *”"),
    ],
)
def test_a_schedule_in_words(cron, words):
    assert Recurrence(cron, "Europe/Lisbon").words == f"{words} (Europe/Lisbon)"


def test_times_are_those_of_the_clocks_there():
    recurrence = Recurrence("0 9 * * 1-5", "Europe/Lisbon")
    assert local(recurrence.after(FRIDAY), "Europe/Lisbon") == "Mon 23 Nov 09:00 WET"
    assert local(FRIDAY, "America/New_York") == "Fri 20 Nov 04:30 EST"


def test_nine_stays_nine_over_the_summer():
    recurrence = Recurrence("0 9 * * *", "Europe/Berlin")
    before = datetime(2027, 3, 27, 12, tzinfo=UTC)
    assert recurrence.after(before) == datetime(2027, 3, 28, 7, tzinfo=UTC)
    assert recurrence.after(before - timedelta(days=1)) == datetime(2027, 3, 27, 8, tzinfo=UTC)


@pytest.mark.parametrize("cron", ["0 9 31 2 *", "0 9 30 2 *", "0 9 31 4,6 *"])
def test_a_day_that_never_comes_is_named(cron):
    with pytest.raises(NeverDueError, match="never comes"):
        Recurrence(cron, "UTC").after(FRIDAY)


def test_a_leap_day_comes():
    assert Recurrence("0 9 29 2 *", "UTC").after(FRIDAY) == datetime(2028, 2, 29, 9, tzinfo=UTC)


@pytest.mark.parametrize("cron", ["* * * * *", "*/15 9 * * *", "0,30 9 * * 1", "0-5 9 * * *"])
def test_several_times_an_hour_are_seen_as_such(cron):
    assert Recurrence(cron, "UTC").more_than_hourly
    assert not Recurrence("30 * * * *", "UTC").more_than_hourly


def subscription(**changes):
    values = {
        "number": 1,
        "team": "T1",
        "channel": "C1",
        "project": None,
        "recurrence": Recurrence("0 9 * * *", "UTC"),
        "by_id": "U1",
        "by_name": "Ana",
        "made": FRIDAY,
        "due": datetime(2026, 11, 21, 9, tzinfo=UTC),
    }
    return Subscription(**(values | changes))


def test_the_first_digest_tells_of_a_day_at_least():
    monday = datetime(2026, 11, 23, 9, tzinfo=UTC)
    assert subscription().since(monday) == FRIDAY
    soon = FRIDAY + timedelta(minutes=5)
    assert subscription().since(soon) == soon - timedelta(days=1)


def test_each_digest_begins_where_the_one_before_ended():
    first = subscription()
    late = first.due + timedelta(hours=3)
    second = first.sent(first.due, late)
    assert second.due == datetime(2026, 11, 22, 9, tzinfo=UTC)
    assert second.since(second.due) == late


def test_what_was_missed_is_not_due_again():
    after_days = FRIDAY + timedelta(days=9)
    first = subscription()
    latest = first.recurrence.latest(first.due, after_days)
    assert latest == datetime(2026, 11, 29, 9, tzinfo=UTC)
    assert first.sent(latest, after_days).due == datetime(2026, 11, 30, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("period", "since", "until"),
    [
        ("PT4H", "2026-11-20T05:30", "2026-11-20T09:30"),
        ("P7D", "2026-11-13T09:30", "2026-11-20T09:30"),
        ("P1DT2H30M", "2026-11-19T07:00", "2026-11-20T09:30"),
        ("P1M", "2026-10-20T08:30", "2026-11-20T09:30"),
        ("P1Y", "2025-11-20T09:30", "2026-11-20T09:30"),
        ("today", "2026-11-19T23:00", "2026-11-20T09:30"),
        ("yesterday", "2026-11-18T23:00", "2026-11-19T23:00"),
        ("this-week", "2026-11-15T23:00", "2026-11-20T09:30"),
        ("last-week", "2026-11-08T23:00", "2026-11-15T23:00"),
        ("this-month", "2026-10-31T23:00", "2026-11-20T09:30"),
        ("last-month", "2026-09-30T22:00", "2026-10-31T23:00"),
    ],
)
def test_a_period_is_on_the_clocks_of_whoever_asks(period, since, until):
    expected = (datetime.fromisoformat(f"{each}+00:00") for each in (since, until))
    assert window(period, FRIDAY, "Europe/Berlin") == Window(*expected)


def test_a_month_ago_is_the_last_day_of_a_shorter_month():
    now = datetime(2026, 3, 31, 12, tzinfo=UTC)
    assert window("P1M", now, "UTC").since == datetime(2026, 2, 28, 12, tzinfo=UTC)
    assert window("P13M", now, "UTC").since == datetime(2025, 2, 28, 12, tzinfo=UTC)


@pytest.mark.parametrize("period", ["", "P", "PT", "7D", "tomorrow", "P1W", "P-1D", "P3000Y"])
def test_what_is_no_period_is_refused(period):
    with pytest.raises(ValueError, match=r"period|calendars"):
        window(period, FRIDAY, "UTC")


def test_a_window_ends_just_before_its_end():
    seen = Window(FRIDAY, FRIDAY + timedelta(hours=1))
    assert seen.holds(FRIDAY)
    assert not seen.holds(seen.until)
    assert not seen.holds(FRIDAY - timedelta(microseconds=1))
