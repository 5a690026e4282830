"""A window of predictions, as the checks see it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import polars as pl

from monitoring.metrics import NotMeasurableError


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """The predictions from `start` to before `end`, with labels where these have arrived.

    `expected_rows` are for the whole window. `trained` is when the model version was, and
    `last_prediction` when it last predicted, before `end` at any time. Times have a zone.
    """

    rows: pl.DataFrame
    start: datetime
    end: datetime
    expected_rows: float | None = None
    trained: datetime | None = None
    last_prediction: datetime | None = None

    def __post_init__(self) -> None:
        """Raises ValueError for a time without a zone, or an end that is not after the start."""
        times = (self.start, self.end, self.trained, self.last_prediction)
        if any(each is not None and each.tzinfo is None for each in times):
            raise ValueError("the times of a window need a zone")
        if self.end <= self.start:
            raise ValueError("a window ends after its start")

    def last(self, span: timedelta, timestamp: str | None) -> Window:
        """The last part of the window. Raises NotMeasurableError where it cannot be told."""
        length = self.end - self.start
        if span == length:
            return self
        if span > length:
            raise NotMeasurableError(f"it looks back {span}, and the window is {length} long.")
        if timestamp is None or timestamp not in self.rows.columns:
            raise NotMeasurableError(f"its last {span} need a column with the time of each row.")
        times = self.rows[timestamp]
        if not isinstance(times.dtype, pl.Datetime):
            raise NotMeasurableError(f"{timestamp!r} is {times.dtype}, not a time.")
        start = self.end - span
        zoned = times.dt.replace_time_zone("UTC") if times.dtype.time_zone is None else times
        share = None if self.expected_rows is None else self.expected_rows * (span / length)
        return replace(
            self, rows=self.rows.filter(zoned >= start), start=start, expected_rows=share
        )
