"""The rows that traffic is made of: a project's holdout, typed as pandas reads it.

Training reads the same files with pandas, and the model's signature follows from what it finds, so whole
numbers stay whole and what pandas takes for missing is missing here:
https://pandas.pydata.org/docs/reference/api/pandas.read_csv.html
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

Row = Mapping[str, Any]
"""A value for each column: a number, a text, a truth value, None where it is missing."""

MOST_ROWS = 100_000
"""Of a larger holdout the first are read."""

_MISSING = frozenset(
    {"", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN"}
    | {"<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null"}
)
_WHOLE = re.compile(r"\s*[+-]?\d{1,18}\s*")
_NUMBER = re.compile(r"\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*")
_TRUTH = {"True": True, "TRUE": True, "true": True, "False": False, "FALSE": False, "false": False}


class HoldoutError(Exception):
    """The holdout cannot be read as it is registered; says where and why."""


@dataclass(frozen=True, slots=True)
class Example:
    """A row as the model is asked about it, and its true label, None where nobody knows it."""

    row: Row
    label: Any


def read_holdout(content: bytes, kind: str, target: str) -> tuple[Example, ...]:
    """The examples of a file; `kind` is csv or jsonl, and `target` the column of the label.

    Raises:
        HoldoutError: The file is of another kind, broken or empty, or has no such column.
    """
    readers: dict[str, Callable[[str], list[Row]]] = {"csv": _csv, "jsonl": _jsonl}
    if kind not in readers:
        raise HoldoutError(f"the holdout is {kind}; traffic can be made of csv and jsonl")
    try:
        rows = readers[kind](content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise HoldoutError(f"the holdout is no UTF-8: {error}") from None
    if not rows:
        raise HoldoutError("the holdout has no rows")
    columns = dict.fromkeys(name for row in rows for name in row)
    if target not in columns:
        raise HoldoutError(f"the holdout has no column {target!r}, the project's target")
    if any(isinstance(row.get(target), list | dict) for row in rows):
        raise HoldoutError(f"the holdout's {target!r} holds lists or objects, which are no labels")
    return tuple(
        Example({name: row.get(name) for name in columns if name != target}, row.get(target))
        for row in rows
    )


def typed(cells: Sequence[str]) -> list[Any]:
    """A column of a CSV file: numbers where all are, truth values where all are, else text."""
    present = [cell for cell in cells if cell not in _MISSING]
    # pandas has no missing value among whole numbers, and makes them floats.
    read = _reader(present, has_gaps=len(present) < len(cells))
    return [None if cell in _MISSING else read(cell) for cell in cells]


def _reader(cells: Sequence[str], *, has_gaps: bool) -> Callable[[str], Any]:
    if all(map(_WHOLE.fullmatch, cells)):
        return float if has_gaps else int
    if all(map(_NUMBER.fullmatch, cells)):
        return _finite
    return _TRUTH.__getitem__ if all(cell in _TRUTH for cell in cells) else str


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise HoldoutError(f"the holdout holds {text.strip()}, which no JSON number can be")
    return value


def _csv(text: str) -> list[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, [])
        lines = list(islice(_lines(reader, len(header)), MOST_ROWS))
    except csv.Error as error:
        raise HoldoutError(f"line {reader.line_num} of the holdout is no CSV: {error}") from None
    if len(set(header)) < len(header):
        raise HoldoutError("the holdout has two columns of one name")
    columns = [typed(cells) for cells in zip(*lines, strict=True)]
    return [dict(zip(header, values, strict=True)) for values in zip(*columns, strict=True)]


def _lines(reader: Any, width: int) -> Iterator[list[str]]:
    """Lines with something in them; one that is too short lacks its last values, as in pandas."""
    for line in reader:
        if len(line) > width:
            raise HoldoutError(
                f"line {reader.line_num} of the holdout has {len(line)} values for {width} columns"
            )
        if line:
            yield line + [""] * (width - len(line))


def _jsonl(text: str) -> list[Row]:
    lines = ((number, line) for number, line in enumerate(io.StringIO(text), 1) if line.strip())
    return [_object(number, line) for number, line in islice(lines, MOST_ROWS)]


def _object(number: int, line: str) -> Row:
    try:
        found = json.loads(line, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise HoldoutError(f"line {number} of the holdout is no JSON: {error}") from None
    if not isinstance(found, dict):
        raise HoldoutError(f"line {number} of the holdout is no JSON object")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")
