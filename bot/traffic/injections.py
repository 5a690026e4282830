"""What can be wrong with traffic, put into it on request: pure functions over rows.

An injection looks at the holdout once and becomes a change, which makes a new row of a row; chance comes
from the `Random` that it is given, so that the same seed gives the same rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from statistics import pstdev
from typing import Any, Protocol

from bot.traffic.holdout import Example, Row

Change = Callable[[Row, Random], Row]
NEW_SHARE = 0.2
"""The share of rows that get a new category."""


class InjectionError(Exception):
    """What was asked for cannot be put into these rows; says why and what can."""


class Injection(Protocol):
    """Something wrong with one column."""

    @property
    def column(self) -> str:
        """The column that it is wrong with."""

    def change(self, values: Sequence[Any]) -> Change:
        """What it does to a row, given the column's values in the holdout.

        Raises:
            InjectionError: It cannot be done to such a column.
        """


@dataclass(frozen=True, slots=True)
class Drift:
    """Other values than before.

    Numbers move by `amount` standard deviations (a constant by `amount` itself), whole ones by at least
    1. Of anything else the share `amount`, from 0 to 1, becomes the column's rarest value.
    """

    column: str
    amount: float = 1.0

    def change(self, values: Sequence[Any]) -> Change:
        present = [value for value in values if value is not None]
        if not present:
            raise InjectionError(f"{self.column!r} has no values that could drift")
        if all(map(_is_number, present)):
            return self._moved(present)
        if not 0 <= self.amount <= 1:
            raise InjectionError(
                f"{self.column!r} holds no numbers; its drift is a share of the rows, from 0 to 1"
            )
        rarest = _rarest(present)
        return lambda row, random: (
            {**row, self.column: rarest} if random.random() < self.amount else row
        )

    def _moved(self, present: Sequence[float]) -> Change:
        step = self.amount * (pstdev(present) or 1.0)
        if all(isinstance(value, int) for value in present):
            step = round(step) or (1 if step > 0 else -1 if step < 0 else 0)

        def change(row: Row, _: Random) -> Row:
            value = row[self.column]
            return row if value is None else {**row, self.column: value + step}

        return change


@dataclass(frozen=True, slots=True)
class Missing:
    """The share of rows, from 0 to 1, that lack the column's value (null)."""

    column: str
    share: float

    def change(self, values: Sequence[Any]) -> Change:
        del values
        return lambda row, random: (
            {**row, self.column: None} if random.random() < self.share else row
        )


@dataclass(frozen=True, slots=True)
class NewCategory:
    """A value that the column never had, in `NEW_SHARE` of the rows."""

    column: str
    value: str

    def change(self, values: Sequence[Any]) -> Change:
        present = [value for value in values if value is not None]
        if not all(isinstance(value, str) for value in present):
            raise InjectionError(f"{self.column!r} holds no text; categories are text")
        if self.value in present:
            raise InjectionError(f"{self.value!r} is no new value of {self.column!r}")
        return lambda row, random: (
            {**row, self.column: self.value} if random.random() < NEW_SHARE else row
        )


def changes(injections: Sequence[Injection], examples: Sequence[Example]) -> list[Change]:
    """What all injections do, in their order.

    Raises:
        InjectionError: A column is not there, or cannot be changed so.
    """
    columns = examples[0].row.keys()
    for each in injections:
        if each.column not in columns:
            raise InjectionError(
                f"the model is not asked about {each.column!r}; its columns are {', '.join(columns)}"
            )
    return [each.change([example.row[each.column] for example in examples]) for each in injections]


def changed(row: Row, made: Sequence[Change], random: Random) -> Row:
    """The row with every change made to it."""
    for change in made:
        row = change(row, random)
    return row


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _rarest(values: Sequence[Any]) -> Any:
    counts = Counter(map(str, values))
    named = {str(value): value for value in values}
    return named[min(counts, key=lambda name: (counts[name], name))]
