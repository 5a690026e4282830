"""Files of rows, read within a bound on memory."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

MOST_ROWS = 1_000_000
"""Rows that are read of a file; of a longer one every n-th, evenly spread and always the same."""
MOST_CELLS = 50_000_000
"""Rows times columns that are read: 400 MB of numbers."""
_MISSING = ["", "#N/A", "N/A", "NA", "<NA>", "NULL", "null", "NaN", "nan", "None", "n/a"]
"""What pandas.read_csv takes for a missing value, which is how training code reads its data."""
_ROW = "\0row"


def scan(path: Path, file_format: str) -> Any:
    """The polars LazyFrame of a `csv`, `parquet` or `jsonl` file.

    A column's type is that of all its values, so that none is of another type later.
    """
    import polars as pl

    if file_format == "parquet":
        return pl.scan_parquet(path)
    if file_format == "jsonl":
        return pl.scan_ndjson(path, infer_schema_length=None)
    return pl.scan_csv(path, infer_schema_length=None, null_values=_MISSING)


def step(rows: int, columns: int) -> int:
    """Every how many-th row is read of so many."""
    return max(1, math.ceil(rows / MOST_ROWS), math.ceil(rows * columns / MOST_CELLS))


def read(frame: Any, columns: Sequence[str], every: int) -> Any:
    """The columns of every n-th row, as a polars DataFrame in the order of the file."""
    import polars as pl

    if every > 1:
        frame = frame.with_row_index(_ROW).filter(pl.col(_ROW) % every == 0)
    return frame.select(columns).collect(engine="streaming")


def count(frame: Any) -> int:
    """The rows of a file."""
    import polars as pl

    return int(frame.select(pl.len()).collect(engine="streaming").item())
