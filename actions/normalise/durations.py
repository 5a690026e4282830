"""Durations (ISO 8601) and periods."""

import re
from fractions import Fraction

from actions.normalise.errors import NotReadable
from actions.normalise.numbers import NUMBER, words_to_number

_UNIT_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_UNIT = {
    "s": r"s|secs?|seconds?",
    "m": r"m|mins?|minutes?",
    "h": r"h|hrs?|hours?",
    "d": r"d|days?",
    "w": r"w|wks?|weeks?",
}
_ANY_UNIT = "|".join(_UNIT.values())
_DIGITS = r"\d+(?:\.\d+)?"
_AMOUNT = rf"(?:{_DIGITS}|half an?|an? half|{NUMBER}(?: and a half)?|an?)"
_MORE = r"(?:more|extra|additional|further|full|whole)"
DURATION = (
    rf"(?:(?:(?:{_DIGITS}[ -]?|(?<![\w.]){_AMOUNT}[ -])(?:{_MORE} )?|(?<![\w.])another )(?:{_ANY_UNIT})\b"
    r"(?: and a half| and a quarter)?)"
)
DURATIONS = rf"{DURATION}(?:(?:,| and)? ?{DURATION})*(?:\d{{1,2}}\b)?"
"""Pattern of a duration in words: "4 hours", "1h30m", "two and a half days"."""

_ISO = re.compile(
    r"P(?:(?P<w>\d+)W)?(?:(?P<d>\d+)D)?(?:T(?:(?P<h>\d+)H)?(?:(?P<m>\d+)M)?(?:(?P<s>\d+)S)?)?"
)
_PART = re.compile(
    rf"(?P<amount>{_AMOUNT})[ -]?(?:{'|'.join(f'(?P<{k}>{v})' for k, v in _UNIT.items())})"
    r"(?![a-z])(?P<more> and a half| and a quarter)?"
)
_LEAD = re.compile(
    r"^(?:for |at most |up to |no (?:more|longer) than |max(?:imum)? |within |about |run for )+"
)


def _amount(text: str) -> Fraction:
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return Fraction(text)
    if text in {"half a", "half an", "a half", "an half"}:
        return Fraction(1, 2)
    half = text.endswith(" and a half")
    words = re.findall(r"[a-z0-9]+", text.removesuffix(" and a half"))
    value = int(words[0]) if len(words) == 1 and words[0].isdigit() else words_to_number(words)
    if value is None:
        msg = f"“{text}” is not a number I can read."
        raise NotReadable(msg)
    return value + (Fraction(1, 2) if half else Fraction(0))


def _iso(parts: list[tuple[str, Fraction]]) -> str:
    """ISO 8601 as said where it can be said so ("90 min" is PT90M), else in seconds, minutes, hours."""
    total = sum((amount * _UNIT_SECONDS[unit] for unit, amount in parts), Fraction(0))
    if total <= 0 or total.denominator != 1 or total > 366 * 86400:
        msg = "it is not a time between one second and a year."
        raise NotReadable(msg)
    if len(parts) == 1 and parts[0][1].denominator == 1:
        unit, amount = parts[0]
        return f"P{amount}{unit.upper()}" if unit in "dw" else f"PT{amount}{unit.upper()}"
    seconds = int(total)
    if len(parts) == 1:
        for unit in "hms":
            if seconds % _UNIT_SECONDS[unit] == 0:
                return f"PT{seconds // _UNIT_SECONDS[unit]}{unit.upper()}"
    days, rest = divmod(seconds, 86400)
    named = (("H", rest // 3600), ("M", rest % 3600 // 60), ("S", rest % 60))
    clock = "".join(f"{value}{unit}" for unit, value in named if value)
    return "P" + (f"{days}D" if days else "") + (f"T{clock}" if clock else "")


def read_duration(raw: str) -> str:
    """ISO 8601 duration of "4 hours", "1h30", "two and a half days", "PT4H".

    Raises:
        NotReadable: No duration, or one without a unit.
    """
    iso = _ISO.fullmatch(raw.strip().upper())
    if iso and any(iso.groupdict().values()):
        return _iso([(unit, Fraction(int(n))) for unit, n in iso.groupdict().items() if n])
    text = _LEAD.sub("", " ".join(raw.lower().split())).removesuffix(" max").strip()
    text = re.sub(rf"\b{_MORE} (?=(?:{_ANY_UNIT})\b)", "", text)
    text = re.sub(r"^another (?=\d)", "", re.sub(rf"^another (?=(?:{_ANY_UNIT})\b)", "1 ", text))
    if re.fullmatch(rf"{NUMBER}", text):
        msg = f"“{raw.strip()}” of what? Say for example {text} hours or {text} min."
        raise NotReadable(msg)
    text = re.sub(r"^(\d+)\s*h\s*(\d{1,2})$", r"\1h \2m", text)
    parts: list[tuple[str, Fraction]] = []
    position = 0
    while position < len(text):
        match = _PART.match(text, position)
        if not match:
            break
        unit = next(unit for unit in _UNIT if match[unit])
        extra = {" and a half": Fraction(1, 2), " and a quarter": Fraction(1, 4)}
        parts.append((unit, _amount(match["amount"]) + extra.get(match["more"] or "", 0)))
        gap = re.compile(r"(?:,| and)?\s*").match(text, match.end())
        position = gap.end() if gap else match.end()
    if not parts or position < len(text) or len({unit for unit, _ in parts}) < len(parts):
        msg = f"“{raw.strip()}” is not a length of time. Say for example 4 hours or 90 min."
        raise NotReadable(msg)
    return _iso(parts)


_NAMED = {
    "today": "today",
    "tonight": "today",
    "yesterday": "yesterday",
    "this week": "this-week",
    "current week": "this-week",
    "last week": "last-week",
    "previous week": "last-week",
    "this month": "this-month",
    "current month": "this-month",
    "month to date": "this-month",
    "mtd": "this-month",
    "last month": "last-month",
    "previous month": "last-month",
    "hour": "PT1H",
    "day": "P1D",
    "week": "P7D",
    "fortnight": "P14D",
    "month": "P1M",
    "quarter": "P3M",
    "half year": "P6M",
    "year": "P1Y",
}
_BACK = r"(?:last|past|previous|prior|recent|preceding)"
_SPANS = r"(?:hour|day|week|fortnight|month|quarter|half year|year)"
PERIOD = (
    rf"(?:\b{_BACK}[ -](?:{_SPANS}\b|(?:{NUMBER} |few )?(?:(?:{_ANY_UNIT}|months?|quarters?|years?)\b))"
    rf"|\b(?:{_BACK}[ -])?(?:{DURATIONS}|{_AMOUNT} ?(?:months?|quarters?|years?)\b)"
    r"|\b(?:this|current)[ -](?:week|month)\b|\b(?:todays?|yesterdays?|mtd|month[ -]to[ -]date)\b)"
)
"""Pattern of a period in words: "last 7 days", "this month", "yesterday"."""


def read_period(raw: str) -> str:
    """ISO 8601 duration back from now, or a named period ("this-month").

    Raises:
        NotReadable: No period.
    """
    text = " ".join(re.sub(r"(?<=[a-z])['\u2019]s?\b", "", raw.lower().replace("-", " ")).split())
    text = re.sub(r"^(today|yesterday)s$", r"\1", text)
    text = re.sub(r"^(?:(?:in|over|during|for|from|since|of|within) )?(?:the |one )?", "", text)
    if text in _NAMED:
        return _NAMED[text]
    counted = re.sub(rf"^{_BACK} ", "", text)
    if counted != text and counted in _NAMED:
        return _NAMED[counted]
    months = re.fullmatch(rf"({NUMBER}) (month|quarter|year)s?", counted)
    if months:
        amount = _amount(months[1]) * (3 if months[2] == "quarter" else 1)
        return f"P{amount}{'Y' if months[2] == 'year' else 'M'}"
    try:
        iso = read_duration(counted)
    except NotReadable as error:
        msg = f"“{raw.strip()}” is not a period. Say for example last 7 days or this month."
        raise NotReadable(msg) from error
    weeks = re.fullmatch(r"P(\d+)W", iso)
    return f"P{7 * int(weeks[1])}D" if weeks else iso
