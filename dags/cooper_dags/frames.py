"""Data frames of rows that came as JSON: any value in any column, from anybody."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

_LONGEST = 1_000
"""Characters of a text that are kept."""


def frame(rows: Sequence[dict[str, Any]], columns: Iterable[str]) -> Any:
    """A polars DataFrame of those of the columns that occur.

    A column of numbers is Float64, one of booleans Boolean, of anything else String: then numbers
    and nested values stand there as their JSON.
    """
    import polars as pl

    told = {name for row in rows for name in row}
    present = [name for name in columns if name in told]
    return pl.DataFrame([_series(name, [row.get(name) for row in rows]) for name in present])


def joined(frames: Sequence[Any]) -> Any:
    """The frames one below the other; a column that is text in one of them is text in all."""
    import polars as pl

    from monitoring.summary import texts

    types: dict[str, set[Any]] = {}
    for each in frames:
        for name, dtype in each.schema.items():
            if dtype != pl.Null:
                types.setdefault(name, set()).add(dtype)
    mixed = [name for name, found in types.items() if len(found) > 1]
    alike = [
        each.with_columns([texts(each[name]) for name in mixed if name in each.columns])
        for each in frames
    ]
    return pl.concat(alike, how="diagonal_relaxed") if alike else pl.DataFrame()


def _series(name: str, values: list[Any]) -> Any:
    import polars as pl

    kinds = {type(value) for value in values if value is not None}
    if not kinds:
        return pl.Series(name, values, dtype=pl.Null)
    if kinds <= {int, float}:
        return pl.Series(name, [_number(value) for value in values], dtype=pl.Float64)
    if kinds == {bool}:
        return pl.Series(name, values, dtype=pl.Boolean)
    return pl.Series(name, [_text(value) for value in values], dtype=pl.String)


def _number(value: float | None) -> float | None:
    try:
        return None if value is None else float(value)
    except OverflowError:
        return float("inf") if value is not None and value > 0 else float("-inf")


def _text(value: Any) -> str | None:
    if value is None:
        return None
    text = value if isinstance(value, str) else json.dumps(value)
    # Half a surrogate pair is valid JSON and no valid text.
    return text[:_LONGEST].encode("utf-8", "replace").decode()
