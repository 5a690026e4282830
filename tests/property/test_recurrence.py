"""Due times over any zone and any clock change: each once, at the next moment that there is."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings
from hypothesis import strategies as st

from actions.digests.recurrence import Recurrence

ZONES = (
    "Europe/Berlin",
    "Europe/Lisbon",
    "America/New_York",
    "America/Sao_Paulo",
    "America/Santiago",  # midnight is skipped
    "Asia/Beirut",  # so it is here
    "Atlantic/Azores",  # midnight comes twice
    "Australia/Lord_Howe",  # half an hour
    "Antarctica/Troll",  # two hours
    "Pacific/Apia",  # a whole day was skipped in 2011
    "Africa/Casablanca",
    "Asia/Kolkata",
    "UTC",
)
MINUTES = st.integers(0, 59)
HOURS = st.one_of(
    st.lists(st.integers(0, 23), min_size=1, max_size=4, unique=True).map(sorted),
    st.sampled_from([list(range(24)), list(range(0, 24, 6))]),
)
WEEKDAYS = st.sampled_from(["*", "1-5", "0", "1,3", "6,0"])
MOMENTS = st.integers(0, 20 * 365 * 24 * 60).map(
    lambda minutes: datetime(2011, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


def cron(minute, hours, weekdays):
    """The fields as people write them: a star for all hours, a step for every sixth."""
    written = {tuple(range(24)): "*", tuple(range(0, 24, 6)): "*/6"}
    return f"{minute} {written.get(tuple(hours), ','.join(map(str, hours)))} * * {weekdays}"


def on_clocks(naive, zone):
    """When clocks there first show this, or the first moment after it where they never do."""
    while True:
        moment = naive.replace(tzinfo=zone, fold=0).astimezone(UTC)
        if moment.astimezone(zone).replace(tzinfo=None) == naive:
            return moment
        naive += timedelta(minutes=1)


def expected(minute, hours, weekdays, zone, since, until):
    """Every due time in (since, until], by walking through the calendar."""
    days = {"*": range(7), "1-5": range(1, 6), "0": [0], "1,3": [1, 3], "6,0": [6, 0]}[weekdays]
    day, found = since.date() - timedelta(days=2), set()
    while day <= until.date() + timedelta(days=2):
        if day.isoweekday() % 7 in days:
            found |= {on_clocks(datetime.combine(day, time(h, minute)), zone) for h in hours}
        day += timedelta(days=1)
    return sorted(moment for moment in found if since < moment <= until)


@settings(max_examples=150, deadline=None)
@given(MINUTES, HOURS, WEEKDAYS, st.sampled_from(ZONES), MOMENTS)
@example(30, [2], "*", "Europe/Berlin", datetime(2027, 3, 27, tzinfo=UTC))
@example(30, [2], "*", "Europe/Berlin", datetime(2027, 10, 30, tzinfo=UTC))
@example(45, [2], "*", "Europe/Berlin", datetime(2027, 10, 31, 1, 30, tzinfo=UTC))
@example(0, [2, 3], "*", "Europe/Berlin", datetime(2027, 3, 27, tzinfo=UTC))
@example(0, list(range(0, 24, 6)), "*", "America/Santiago", datetime(2026, 9, 4, tzinfo=UTC))
@example(0, list(range(24)), "*", "Atlantic/Azores", datetime(2026, 10, 24, tzinfo=UTC))
@example(0, [9], "*", "Pacific/Apia", datetime(2011, 12, 28, tzinfo=UTC))
def test_due_times_are_those_of_the_calendar(minute, hours, weekdays, name, since):
    until = since + timedelta(days=12)
    recurrence = Recurrence(cron(minute, hours, weekdays), name)
    found, moment = [], since
    while (moment := recurrence.after(moment)) <= until:
        found.append(moment)
    assert found == expected(minute, hours, weekdays, ZoneInfo(name), since, until)


@settings(max_examples=100, deadline=None)
@given(
    MINUTES,
    HOURS,
    WEEKDAYS,
    st.sampled_from(ZONES),
    MOMENTS,
    st.floats(0, 1),
    st.timedeltas(timedelta(0), timedelta(days=20)),
)
def test_nothing_is_due_in_between_and_the_latest_is_the_last_before_now(
    minute, hours, weekdays, name, moment, share, away
):
    recurrence = Recurrence(cron(minute, hours, weekdays), name)
    due = recurrence.after(moment)
    assert due > moment
    assert recurrence.after(moment + (due - moment) * share * 0.999) == due
    now = due + away
    latest = recurrence.latest(due, now)
    assert due <= latest <= now < recurrence.after(latest)
