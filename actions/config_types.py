"""The kinds of text that the configuration files hold, each with an error that says what it should be."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, PlainSerializer

_DURATION = re.compile(
    r"P(?:(?P<weeks>\d{1,4})W)?(?:(?P<days>\d{1,5})D)?"
    r"(?:T(?:(?P<hours>\d{1,5})H)?(?:(?P<minutes>\d{1,6})M)?(?:(?P<seconds>\d{1,7})S)?)?"
)
_CRON_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_CRON_NAMES = ("minute", "hour", "day of the month", "month", "day of the week")
_CRON_PART = re.compile(r"(?:\*|(\d{1,2})(?:-(\d{1,2}))?)(?:/([1-9]\d?))?")


def duration(text: str) -> timedelta:
    """An ISO 8601 duration of weeks, days, hours, minutes and seconds: `PT90M`, `P1D`.

    Raises ValueError for anything else; months and years are refused, since they have no length.
    """
    found = _DURATION.fullmatch(text)
    if found is None or not any(found.groupdict().values()):
        raise ValueError(f"{text!r} is no ISO 8601 duration; write PT30M, PT4H or P1D")
    return timedelta(**{unit: int(value) for unit, value in found.groupdict().items() if value})


def iso(value: timedelta) -> str:
    """The shortest ISO 8601 duration of days, hours, minutes and seconds: `PT1H30M`."""
    minutes, seconds = divmod(int(value.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    time = "".join(f"{n}{unit}" for n, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if n)
    text = (f"{days}D" if days else "") + (f"T{time}" if time else "")
    return "P" + (text or "T0S")


def _duration(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str):
        raise ValueError("should be an ISO 8601 duration such as PT30M, PT4H or P1D")  # noqa: TRY004
    parsed = duration(value)
    if not parsed:
        raise ValueError("a duration should be longer than nothing")
    return parsed


def _matching(pattern: str, meant: str) -> Callable[[str], str]:
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if compiled.fullmatch(value) is None:
            short = value if len(value) <= 60 else value[:57] + "…"
            raise ValueError(f"{short!r} is not {meant}")
        return value

    return check


def relative_path(value: str) -> str:
    """A path inside the project, normalised. Raises ValueError where it leads out or is none."""
    path = PurePosixPath(value)
    if not value or value.startswith(("/", "~", "s3:")) or ".." in path.parts or "\\" in value:
        raise ValueError(f"{value[:60]!r} is not a path inside the project, such as src/train.py")
    if len(value) > 250 or not value.isprintable():
        raise ValueError("a path has at most 250 characters, all of them printable")
    return path.as_posix()


def _cron(value: str) -> str:
    fields = value.split()
    if len(fields) != 5:
        raise ValueError(f"{value!r} has {len(fields)} fields; cron has five: 0 6 * * 1")
    for text, (low, high), name in zip(fields, _CRON_RANGES, _CRON_NAMES, strict=True):
        for part in text.split(","):
            found = _CRON_PART.fullmatch(part)
            numbers = [int(n) for n in found.groups()[:2] if n] if found else []
            if found is None or any(not low <= n <= high for n in numbers):
                raise ValueError(f"{part!r} is no {name}; {low} to {high}, *, ranges and steps")
            if numbers != sorted(numbers):
                raise ValueError(f"{part!r} runs backwards, in the field of the {name}")
    return " ".join(fields)


def _timezone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{value!r} is no time zone; write one such as Europe/Berlin") from None
    return value


def _text(value: str) -> str:
    if not value.strip():
        raise ValueError("should not be empty")
    return value


s3_uri = _matching(
    r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/\S{0,1000}[^\s/]",
    "the S3 address of one object: s3://bucket/key",
)

_SLUG = r"[a-z](?:[a-z0-9]|-(?=[a-z0-9])){0,%d}"

Text = Annotated[str, AfterValidator(_text)]
Duration = Annotated[timedelta, BeforeValidator(_duration), PlainSerializer(iso, return_type=str)]
# An endpoint is named {installation}-{project}-{environment} and SageMaker allows 63 characters.
project_name = _matching(_SLUG % 31, "a name: up to 32 of a-z, 0-9 and -, a letter first")
ProjectName = Annotated[str, AfterValidator(project_name)]
Installation = Annotated[
    str,
    AfterValidator(_matching(_SLUG % 15, "a name: up to 16 of a-z, 0-9 and -, a letter first")),
]
Word = Annotated[
    str, AfterValidator(_matching(_SLUG % 39, "a name: up to 40 of a-z, 0-9 and -, a letter first"))
]
Identifier = Annotated[
    str,
    AfterValidator(_matching(r"[A-Za-z_][A-Za-z0-9_]{0,63}", "a name of letters, digits and _")),
]
InstanceType = Annotated[
    str,
    AfterValidator(
        _matching(
            r"ml\.[a-z0-9-]+\.(?:\d*xlarge|large|medium)", "an instance type such as ml.m5.xlarge"
        )
    ),
]
InstancePattern = Annotated[
    str,
    AfterValidator(
        _matching(r"ml\.[a-z0-9*-]+\.[a-z0-9*]+", "an instance type or pattern such as ml.m5.*")
    ),
]
SlackUser = Annotated[
    str, AfterValidator(_matching(r"[UW][A-Z0-9]{2,20}", "a Slack member ID such as U012AB3CD"))
]
SlackGroup = Annotated[
    str, AfterValidator(_matching(r"S[A-Z0-9]{2,20}", "a Slack user group ID such as S012AB3CD"))
]
Channel = Annotated[
    str,
    AfterValidator(
        _matching(
            r"#[^\s#@,A-Z]{1,80}|[CG][A-Z0-9]{2,20}",
            'a channel: "#ml-alerts" or an ID such as C012AB3CD',
        )
    ),
]
S3Uri = Annotated[str, AfterValidator(s3_uri)]
RelativePath = Annotated[str, AfterValidator(relative_path)]
Cron = Annotated[str, AfterValidator(_cron)]
Account = Annotated[str, AfterValidator(_matching(r"\d{12}", "an AWS account of twelve digits"))]
Region = Annotated[
    str, AfterValidator(_matching(r"[a-z]{2}(?:-[a-z]+)+-\d", "an AWS region such as eu-central-1"))
]
RoleArn = Annotated[
    str,
    AfterValidator(
        _matching(
            r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]{1,512}",
            "a role's ARN such as arn:aws:iam::123456789012:role/cooper",
        )
    ),
]
Bucket = Annotated[
    str, AfterValidator(_matching(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", "the name of an S3 bucket"))
]
Subnet = Annotated[str, AfterValidator(_matching(r"subnet-[0-9a-f]{8,17}", "a subnet ID"))]
SecurityGroup = Annotated[
    str, AfterValidator(_matching(r"sg-[0-9a-f]{8,17}", "a security group ID"))
]
Connection = Annotated[
    str, AfterValidator(_matching(r"[\w.-]{1,200}", "the ID of an Airflow connection"))
]
TimeOfDay = Annotated[
    str, AfterValidator(_matching(r"(?:[01]\d|2[0-3]):[0-5]\d", "a time of day such as 22:00"))
]
TimeZone = Annotated[str, AfterValidator(_timezone)]
