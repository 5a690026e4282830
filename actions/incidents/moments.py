"""Moments in time, compared as moments, and as texts say them."""

from datetime import UTC, datetime


def utc(moment: datetime) -> datetime:
    """The moment in UTC.

    Python adds to and compares datetimes of one zone by their wall clocks, which is an hour off
    across a clock change; in UTC it cannot be.

    Raises:
        ValueError: The datetime has no zone, so it is no moment.
    """
    if moment.utcoffset() is None:
        raise ValueError(f"{moment.isoformat()} has no time zone; pass an aware datetime")
    return moment.astimezone(UTC)


def spoken(moment: datetime) -> str:
    """`2026-11-22 10:00 UTC`: for texts in which Slack cannot show each reader's own time."""
    return utc(moment).strftime("%Y-%m-%d %H:%M UTC")
