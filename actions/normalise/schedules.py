"""Recurrences as five-field cron (minute, hour, day of month, month, day of week; Sunday is 0)."""

import re
from dataclasses import dataclass

from actions.normalise.errors import HalfSaid, NotReadable
from actions.normalise.numbers import NUMBER_WORD, read_integer

_DAYS = {
    "sunday": 0, "monday": 1, "tuesday": 2, "wednesday": 3, "thursday": 4, "friday": 5, "saturday": 6,
}  # fmt: skip
_DAY = (
    r"(?:sun(?:day)?|mon(?:day)?|tue(?:s(?:day)?)?|wed(?:s|nesday)?|thu(?:r(?:s(?:day)?)?)?|fri(?:day)?"
    r"|sat(?:urday)?)s?\b"
)
_ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "tenth": 10, "fifteenth": 15,
    "twentieth": 20,
}  # fmt: skip
_SETS = {
    **dict.fromkeys(("day", "daily", "days", "night", "nightly", "nights", "morning", "mornings"), "*"),
    **dict.fromkeys(("evening", "evenings", "afternoon", "afternoons", "noon"), "*"),
    **dict.fromkeys(("weekday", "weekdays", "workday", "workdays"), "1-5"),
    **dict.fromkeys(("weekend", "weekends"), "0,6"),
}  # fmt: skip
_FIELD = r"(?:\*|\d{1,2}(?:-\d{1,2})?(?:,\d{1,2}(?:-\d{1,2})?)*)(?:/\d{1,2})?"
_BOUNDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_CLOCK = rf"(?:\d{{1,2}}|{NUMBER_WORD})"
_HALF = r"(?:[ap]\.?m\b\.?)"
_TIME = re.compile(
    rf"(?:(?:at|around|about|by|@)\s*)?(?:"
    rf"(?P<past>half|quarter)\s+(?P<side>past|to)\s+(?P<near>{_CLOCK})(?:\s*(?P<part>{_HALF}))?"
    rf"|(?P<hour>\d{{1,2}})(?:[:.h](?P<minute>\d{{2}}))?h?\s*(?P<half>{_HALF})?(?:\s*o'?\s?clock)?(?![\w%])"
    r"(?!\s*(?:days?|weeks?|months?|hours?|hrs?|min(?:ute)?s?|times?)\b)"
    rf"|(?P<word>{NUMBER_WORD})(?:\s+(?P<tens>thirty|fifteen|forty-five))?\s*(?P<wordhalf>{_HALF}|o'?\s?clock)"
    rf"|(?<=at )(?P<plain>{NUMBER_WORD})(?:\s+(?P<plaintens>thirty|fifteen))?\b"
    r"|(?P<name>noon|midday|midnight)\b)"
)
_NAMED_TIMES = {"noon": (12, 0), "midday": (12, 0), "midnight": (0, 0)}
_EVENING, _AFTERNOON, _NIGHT = (
    re.compile(r"evening|tonight"),
    re.compile("afternoon"),
    re.compile("night"),
)

_EVERY = r"(?:every|each)"
_UNIT = (
    r"(?:(?:single |working |business |week|work)?days?|nights?|mornings?|evenings?|afternoons?|weekends?"
    r"|weeks?|months?|hours?|minutes?)"
)
_AMOUNT = rf"(?:\d{{1,2}}|{NUMBER_WORD})"
_STEP = re.compile(
    rf"{_EVERY} (?:(?P<n>{_AMOUNT}) ?)?(?P<unit>hours?|h|hrs?|minutes?|mins?)\b|(?P<hourly>hourly)"
)
_ORDINAL = rf"(?:\d{{1,2}}(?:st|nd|rd|th)|{'|'.join(_ORDINALS)})\b"
_ATOM = (
    rf"(?:{_EVERY} (?:{_AMOUNT} ?)?{_UNIT}\b|{_EVERY} (?:other |second )?(?:{_DAY}|{_ORDINAL}|(?:day|week)\b)"
    rf"|once an? (?:day|week|month)|daily|nightly|hourly|weekly|monthly|weekdays?|workdays?|weekends?|{_DAY}"
    rf"|(?:the )?{_ORDINAL}(?: day)?(?: of (?:the|every|each) month)?"
    r"|in the (?:mornings?|evenings?|afternoons?|nights?)|(?:mornings?|evenings?|afternoons?|nights?)\b"
    rf"|(?:at|around|@) ?(?:half|quarter) (?:past|to) {_CLOCK}"
    rf"|(?:at|around|@) ?\d{{1,2}}(?:[:.h]\d{{2}})?h?(?: ?{_HALF})?(?: ?o'?clock)?(?!\w|%)"
    rf"|(?:at|around) {NUMBER_WORD}(?: thirty| fifteen)?(?: {_HALF}| o'?clock)?\b"
    rf"|\d{{1,2}}(?:[:.h]\d{{2}})? ?{_HALF}|\d{{1,2}}[:.h]\d{{2}}\b|(?:at )?(?:noon|midday|midnight)\b)"
)
PATTERN = (
    rf"(?<![\w*/-])(?:{_FIELD}(?: {_FIELD}){{4}}(?![\w*/-])"
    rf"|(?:on )?{_ATOM}(?:(?:,? and on |,? and at |,? and |,? on |\s?, ?| to | through | till |\s?[-–]\s?| of | in | )"
    rf"{_ATOM})*(?: \d{{1,2}}(?=$|[.,!?]| please| pls))?)"
)
"""Pattern of a recurrence in words or as cron; what it finds may still lack its time."""


@dataclass(frozen=True, slots=True)
class _Time:
    hour: int
    minute: int


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


def _whole(text: str) -> int:
    return read_integer(text) or 0


def _minutes_past(match: re.Match[str]) -> _Time:
    hour, minutes = _whole(match["near"]), 30 if match["past"] == "half" else 15
    if match["side"] == "to":
        return _Time((hour - 1) % 24, 60 - minutes)
    return _Time(hour, minutes)


def _clock(match: re.Match[str], around: str) -> _Time:
    """The time of day of one match; `around` may say "in the evening"."""
    if match["name"]:
        return _Time(*_NAMED_TIMES[match["name"]])
    if match["past"]:
        time, half = _minutes_past(match), match["part"]
    elif match["hour"]:
        time, half = _Time(int(match["hour"]), int(match["minute"] or 0)), match["half"]
    else:
        word, tens = match["word"] or match["plain"], match["tens"] or match["plaintens"]
        time, half = _Time(_whole(word), _whole(tens or "zero")), match["wordhalf"]
    half = (half or "").replace(".", "").strip()
    if half in {"am", "pm"}:
        if not 1 <= time.hour <= 12:
            msg = f"{time.hour} {half} is not a time of day."
            raise NotReadable(msg)
        return _Time(time.hour % 12 + (12 if half == "pm" else 0), time.minute)
    if time.hour > 23 or time.minute > 59:
        msg = f"{match[0].strip()} is not a time of day."
        raise NotReadable(msg)
    later = (
        (_EVENING.search(around) and 4 <= time.hour < 12)
        or (_AFTERNOON.search(around) and 1 <= time.hour < 12)
        or (_NIGHT.search(around) and 8 <= time.hour < 12)
    )
    return _Time(time.hour + 12, time.minute) if later else time


def _times(text: str) -> tuple[str, list[_Time]]:
    """The words without their times of day, and the times."""
    found = [_clock(match, text) for match in _TIME.finditer(text)]
    return _TIME.sub(" ", text), found


def _weekday(word: str) -> int | None:
    stem = word.lower().rstrip("s")
    return next((n for day, n in _DAYS.items() if len(stem) > 2 and day.startswith(stem)), None)


def _named_days(words: str) -> str | None:
    """The field "day of week" of "monday tuesday" or "monday to friday"."""
    span = re.fullmatch(rf"({_DAY}) ?(?:to|-|\u2013|through|till) ?({_DAY})", words)
    names = span.groups() if span else tuple(words.split())
    numbers = [n for n in map(_weekday, names) if n is not None]
    if not numbers or len(numbers) < len(names) or (span and numbers[0] >= numbers[1]):
        return None
    return f"{numbers[0]}-{numbers[1]}" if span else ",".join(map(str, sorted(set(numbers))))


_NOISE = re.compile(
    r"\b(?:every|each|single|on|at|the|of|once|an?|in|retrain|run|all|regularly)\b|[,;]| and "
)
_PARTS = re.compile(r"\b(?:mornings?|evenings?|afternoons?|nights?)\b")
_MONTHLY = re.compile(
    rf"(?:(?P<before>{_ORDINAL}) )?(?:days? )?(?:month(?:ly)?s?)(?: (?P<after>{_ORDINAL}))?(?: day)?"
)


def _ordinal(text: str) -> int:
    return _ORDINALS.get(text) or int(re.sub(r"\D", "", text))


def _days(text: str) -> tuple[str, str] | None:
    """Fields "day of month" and "day of week" of the words without the time."""
    words = re.sub(r"\b(?:working|business|work) ?days?\b", "weekdays", text)
    words = " ".join(_NOISE.sub(" ", words).split())
    words = re.sub(r"\bweekly\b|\bweeks?\b", "", words).strip() if re.search(_DAY, words) else words
    if words not in _SETS:
        words = " ".join(_PARTS.sub(" ", words).split()) or words
    monthly = _MONTHLY.fullmatch(words)
    if monthly:
        day = _ordinal(monthly["before"] or monthly["after"] or "first")
        return (str(day), "*") if 1 <= day <= 31 else None
    days = _SETS.get(words) or _named_days(words)
    return ("*", days) if days else None


def _stepped(text: str) -> str | None:
    """Cron of "every 6 hours", "every 15 minutes" or "hourly"."""
    match = _STEP.fullmatch(text)
    if match is None:
        return None
    if match["hourly"] or (match["n"] is None and match["unit"].startswith("h")):
        return "0 * * * *"
    amount, hours = _whole(match["n"] or "1"), match["unit"].startswith("h")
    whole = 24 if hours else 60
    if not 1 <= amount < whole or whole % amount:
        msg = f"“{text}” does not repeat at the same times each {'day' if hours else 'hour'}."
        raise NotReadable(msg)
    if hours:
        return f"0 */{amount} * * *" if amount > 1 else "0 * * * *"
    return f"*/{amount} * * * *" if amount > 1 else "* * * * *"


def read_schedule(raw: str) -> str:
    """Five-field cron of "every monday at 6am", "weekdays at 9", "hourly", "0 6 * * 1".

    Raises:
        HalfSaid: Days without a time of day.
        NotReadable: No recurrence.
    """
    text = " ".join(raw.lower().strip(" .,;!?").split())
    found = _cron(text) or _stepped(text)
    if found:
        return found
    rest, times = _times(text)
    days = _days(rest)
    if days is None:
        if re.fullmatch(
            r"(?:on )?(?:a )?(?:weekly|every week|each week|once a week)(?: basis)?", rest.strip()
        ):
            msg = "on which day, and at what time? Say for example every monday at 6am."
            raise HalfSaid(msg)
        msg = f"“{raw.strip()}” is not a schedule. Say for example every monday at 6am."
        raise NotReadable(msg)
    if not times:
        msg = f"at what time? Say for example {raw.strip()} at 6am."
        raise HalfSaid(msg)
    if len({time.minute for time in times}) > 1:
        msg = f"“{raw.strip()}” has times that one schedule cannot hold. Say one of them."
        raise NotReadable(msg)
    hours = ",".join(str(hour) for hour in sorted({time.hour for time in times}))
    return f"{times[0].minute} {hours} {days[0]} * {days[1]}"
