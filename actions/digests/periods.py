"""Periods of the parse contract as the time from one moment to another."""

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_CALENDAR = re.compile(r"P(\d+)([MY])")
_EXACT = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")


@dataclass(frozen=True, slots=True)
class Window:
    """From `since` on, until just before `until`; both in UTC."""

    since: datetime
    until: datetime

    def holds(self, moment: datetime) -> bool:
        """Whether the moment lies in it."""
        return self.since <= moment < self.until


def window(period: str, now: datetime, timezone: str) -> Window:
    """The time that a period means at `now`; days, weeks from Monday and months are the zone's.

    `P7D`, `PT4H`, `P3M`, `today`, `yesterday`, `this-week`, `last-week`, `this-month`, `last-month`.

    Raises:
        ValueError: It is none of these.
    """
    here = now.astimezone(ZoneInfo(timezone))
    today = here.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    monday = today - timedelta(days=today.weekday())
    first = today.replace(day=1)
    named = {
        "today": (today, here),
        "yesterday": (today - timedelta(days=1), today),
        "this-week": (monday, here),
        "last-week": (monday - timedelta(days=7), monday),
        "this-month": (first, here),
        "last-month": (_months_before(first, 1), first),
    }
    since, until = named[period] if period in named else (_back(period, here), here)
    return Window(since.astimezone(UTC), until.astimezone(UTC))


def _back(period: str, here: datetime) -> datetime:
    months = _CALENDAR.fullmatch(period)
    if months:
        return _months_before(here, int(months[1]) * (12 if months[2] == "Y" else 1))
    exact = _EXACT.fullmatch(period)
    if exact is None or not any(exact.groups()):
        raise ValueError(f"{period!r} is no period")
    days, hours, minutes, seconds = (int(each or 0) for each in exact.groups())
    back = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    return here.astimezone(UTC) - back


def _months_before(moment: datetime, months: int) -> datetime:
    """The same day so many months ago, or the last of that month."""
    year, month = divmod(moment.year * 12 + moment.month - 1 - months, 12)
    if year < 1:
        raise ValueError(f"{months} months ago is before all calendars")
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)
