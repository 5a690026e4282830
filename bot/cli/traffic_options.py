"""The options of `cooper traffic`, read."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import typer

from actions.config_types import duration
from bot.traffic.injections import Drift, Injection, Missing, NewCategory

_ROWS = 1000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to send: `rows` of them, or for so many `seconds`; `rate` in rows a second."""

    project: str
    environment: str
    rows: int | None
    seconds: float | None
    rate: float
    batch: int
    seed: int
    injections: tuple[Injection, ...]
    label_shift: float | None
    is_outage: bool
    is_labelled: bool


def wanted(
    project: str,
    environment: str,
    rows: int | None,
    length: str | None,
    *,
    drift: Sequence[str],
    missing: Sequence[str],
    new_category: Sequence[str],
    **others: Any,
) -> Wanted:
    """The options, read. Raises typer.BadParameter, which ends with usage and exit code 2."""
    if rows is not None and length is not None:
        raise typer.BadParameter("give either --rows or --for", param_hint="--rows")
    return Wanted(
        project=project,
        environment=environment,
        rows=_ROWS if rows is None and length is None else rows,
        seconds=None if length is None else _seconds(length),
        injections=(
            *(_drift(text) for text in drift),
            *(_missing(text) for text in missing),
            *(_new_category(text) for text in new_category),
        ),
        **others,
    )


def _seconds(text: str) -> float:
    try:
        seconds = duration(text).total_seconds()
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--for") from None
    if not seconds:
        raise typer.BadParameter("a play lasts longer than nothing", param_hint="--for")
    return seconds


def _drift(text: str) -> Drift:
    column, equals, amount = text.rpartition("=")
    return Drift(column, _number(amount, "--drift")) if equals else Drift(text)


def _missing(text: str) -> Missing:
    column, _, share = text.rpartition("=")
    value = _number(share, "--missing") if column else math.nan
    if not 0 <= value <= 1:
        raise typer.BadParameter(
            f"{text!r} is no COLUMN=SHARE, such as age=0.3", param_hint="--missing"
        )
    return Missing(column, value)


def _new_category(text: str) -> NewCategory:
    column, _, value = text.partition("=")
    if not column or not value:
        raise typer.BadParameter(
            f"{text!r} is no COLUMN=VALUE, such as region=moon", param_hint="--new-category"
        )
    return NewCategory(column, value)


def _number(text: str, option: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise typer.BadParameter(f"{text!r} is no number", param_hint=option)
    return value
