"""Quiet hours: from one time of day to another, in a zone whose clocks may change in between."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from actions.incidents.moments import utc
from actions.incidents.settings import QuietHours


def quiet_until(quiet: QuietHours, now: datetime) -> datetime | None:
    """When the quiet hours that hold now end, in UTC; None where none do.

    They start at `start` of a day and end before `end` of that day, or of the next. A time of day
    that a clock change skips or repeats counts by the clock before the change (PEP 495, fold 0).
    """
    moment, zone = utc(now), ZoneInfo(quiet.timezone)
    start, end = time.fromisoformat(quiet.start), time.fromisoformat(quiet.end)
    nights = timedelta(days=1 if end < start else 0)
    today = moment.astimezone(zone).date()
    for day in (today - timedelta(days=1), today):
        over = _moment(day + nights, end, zone)
        if _moment(day, start, zone) <= moment < over:
            return over
    return None


def _moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, zone).astimezone(UTC)
