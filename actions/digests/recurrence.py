"""When something recurs: five-field cron on the clocks of a time zone.

cronsim follows Debian's cron (`man 8 cron`) where clocks change: a time that they skip comes at the
next moment that there is, one that they show twice comes once. Debian keeps that to fixed hours; here
it holds for all, so a star among the hours is written as the range that it stands for.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")


class NeverDueError(ValueError):
    """The schedule names a day that no calendar has."""


@dataclass(frozen=True, slots=True)
class Recurrence:
    """`cron` is minute, hour, day of month, month, day of week; `timezone` an IANA name."""

    cron: str
    timezone: str

    def after(self, moment: datetime) -> datetime:
        """The first due time later than the moment, in UTC.

        Raises:
            NeverDueError: There is none.
        """
        return next(self._times(moment))

    def latest(self, due: datetime, now: datetime) -> datetime:
        """The last due time that is not later than `now`, at least `due`, which is one."""
        for following in self._times(due):
            if following > now:
                break
            due = following
        return due

    @property
    def words(self) -> str:
        """`every weekday at 09:00 (Europe/Lisbon)`."""
        return f"{_spoken(self.cron)} ({self.timezone})"

    @property
    def more_than_hourly(self) -> bool:
        """Whether an hour may hold several due times."""
        return not self.cron.split()[0].isdecimal()

    def _times(self, moment: datetime) -> Iterator[datetime]:
        """Every due time later than the moment, in order."""
        minute, hour, *days = self.cron.split()
        fixed = " ".join((minute, hour.replace("*", "0-23"), *days))
        try:
            ticks = CronSim(fixed, moment.astimezone(ZoneInfo(self.timezone)))
        except CronSimError as error:
            raise NeverDueError(f"“{self.cron}” never comes: {error}.") from error
        last = moment.astimezone(UTC)
        for tick in ticks:
            due = tick.astimezone(UTC)
            # Two times that the clocks skip may come to the same moment.
            if due > last:
                last = due
                yield due
        raise NeverDueError(f"“{self.cron}” never comes within fifty years.")


def local(moment: datetime, timezone: str) -> str:
    """`Fri 20 Nov 09:00 WET`, on the clocks of the time zone."""
    return f"{moment.astimezone(ZoneInfo(timezone)):%a %d %b %H:%M %Z}"


def _spoken(cron: str) -> str:
    minute, hour, day, month, weekday = cron.split()
    days, clock = _days(day, weekday), _clock(minute, hour)
    if month != "*" or days is None or clock is None:
        return f"by the schedule “{cron}”"
    return f"{days} {clock}"


def _clock(minute: str, hour: str) -> str | None:
    """The times of day in words; None for what is shorter as cron."""
    if not minute.isdecimal():
        return None
    if hour == "*":
        return f"at {int(minute)} minutes past every hour"
    hours = hour.split(",")
    if not all(each.isdecimal() for each in hours):
        return None
    return f"at {_listed([f'{int(each):02d}:{int(minute):02d}' for each in hours])}"


def _days(day: str, weekday: str) -> str | None:
    """The days in words; None for what is shorter as cron."""
    if day != "*":
        return f"on day {day} of every month" if day.isdecimal() and weekday == "*" else None
    known = {"*": "every day", "1-5": "every weekday", "0,6": "every Saturday and Sunday"}
    if weekday in known:
        return known[weekday]
    numbers = weekday.split(",")
    if not all(each.isdecimal() for each in numbers):
        return None
    return f"every {_listed([_DAYS[int(each) % 7] for each in numbers])}"


def _listed(words: list[str]) -> str:
    return " and ".join(", ".join(words).rsplit(", ", 1))
