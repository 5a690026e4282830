"""Recurrences as five-field cron (minute, hour, day of month, month, day of week; Sunday is 0)."""

import re

from actions.normalise.errors import NotReadable

_DAYS = {
    "sunday": 0, "monday": 1, "tuesday": 2, "wednesday": 3, "thursday": 4, "friday": 5, "saturday": 6,
}  # fmt: skip
_DAY = r"(?:sun|mon|tue|wed|thu|fri|sat)[a-z]*"
_TIME = re.compile(
    r"\b(?:at )?(?:(?P<hour>\d{1,2})(?:[:.h](?P<minute>\d{2}))?\s*(?P<half>am|pm|a\.m\.|p\.m\.)?"
    r"|(?P<name>noon|midnight))(?:\s*o'?clock)?$"
)
_NAMED_TIMES = {"noon": (12, 0), "midnight": (0, 0)}
_FIELD = r"(?:\*|\d{1,2}(?:-\d{1,2})?(?:,\d{1,2}(?:-\d{1,2})?)*)(?:/\d{1,2})?"
_BOUNDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))


def _cron(text: str) -> str | None:
    fields = text.split()
    if len(fields) != len(_BOUNDS) or not all(re.fullmatch(_FIELD, field) for field in fields):
        return None
    for field, (low, high) in zip(fields, _BOUNDS, strict=True):
        base, _, step = field.partition("/")
        numbers = [int(n) for n in re.findall(r"\d+", base)]
        ranges = (part.split("-") for part in base.split(",") if "-" in part)
        if any(not low <= n <= high for n in numbers) or step == "0":
            return None
        if any(int(start) > int(end) for start, end in ranges):
            return None
    return " ".join(fields)


def _time(text: str) -> tuple[str, tuple[int, int] | None]:
    match = _TIME.search(text)
    if not match:
        return text, None
    before = text[: match.start()].strip()
    if match["name"]:
        return before, _NAMED_TIMES[match["name"]]
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    half = (match["half"] or "").replace(".", "")
    if half:
        if not 1 <= hour <= 12:
            msg = f"{hour} {half} is not a time of day."
            raise NotReadable(msg)
        hour = hour % 12 + (12 if half == "pm" else 0)
    if hour > 23 or minute > 59:
        msg = f"{match[0].strip()} is not a time of day."
        raise NotReadable(msg)
    return before, (hour, minute)


def _weekday(word: str) -> int | None:
    stem = word.lower().rstrip("s")
    return next(
        (n for day, n in _DAYS.items() if len(stem) > 2 and day.startswith(stem)),
        None,
    )


_SETS = {
    **dict.fromkeys(("day", "daily", "days", "night", "nightly", "morning", "evening"), "*"),
    **dict.fromkeys(("weekday", "weekdays", "workday", "workdays", "working day"), "1-5"),
    **dict.fromkeys(("weekend", "weekends"), "0,6"),
}
_MONTHLY = re.compile(r"(?:month(?:ly)? ?)?(?:(\d{1,2})(?:st|nd|rd|th)?)?(?: ?month(?:ly)?)?")


def _named_days(words: str) -> str | None:
    """The field "day of week" of "monday tuesday" or "monday to friday"."""
    span = re.fullmatch(rf"({_DAY})(?: to | ?- ?| through )({_DAY})", words)
    names = span.groups() if span else tuple(word for word in words.split() if word != "weekly")
    numbers = [n for n in map(_weekday, names) if n is not None]
    if not numbers or len(numbers) < len(names) or (span and numbers[0] >= numbers[1]):
        return None
    return f"{numbers[0]}-{numbers[1]}" if span else ",".join(map(str, sorted(set(numbers))))


def _days(text: str) -> tuple[str, str] | None:
    """Fields "day of month" and "day of week" of the words before the time."""
    words = re.sub(r"\b(?:every|each|on|the|of|retrain|run)\b", " ", text)
    words = " ".join(words.replace(",", " ").replace(" and ", " ").split())
    monthly = _MONTHLY.fullmatch(words) if words else None
    if monthly:
        day = int(monthly[1] or 1)
        return (str(day), "*") if 1 <= day <= 31 else None
    days = _SETS.get(words) or _named_days(words)
    return ("*", days) if days else None


def read_schedule(raw: str) -> str:
    """Five-field cron of "every monday at 6am", "weekdays at 9", "hourly", "0 6 * * 1".

    Raises:
        NotReadable: No recurrence, or one without a time of day.
    """
    text = " ".join(raw.lower().split())
    cron = _cron(text)
    if cron:
        return cron
    if re.fullmatch(r"hourly|every hour|each hour", text):
        return "0 * * * *"
    hours = re.fullmatch(r"every (\d{1,2}) hours?", text)
    if hours and 1 <= int(hours[1]) <= 12 and 24 % int(hours[1]) == 0:
        return f"0 */{hours[1]} * * *"
    before, at = _time(text)
    days = _days(before)
    if days is None:
        if _days(text) is not None and at is not None:
            at = None
        else:
            msg = f"“{raw.strip()}” is not a schedule. Say for example every monday at 6am."
            raise NotReadable(msg)
    if at is None:
        msg = f"at what time? Say for example {raw.strip()} at 6am."
        raise NotReadable(msg)
    day_of_month, day_of_week = days or ("*", "*")
    return f"{at[1]} {at[0]} {day_of_month} * {day_of_week}"
