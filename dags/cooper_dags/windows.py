"""What an endpoint was asked and answered in a window, with the labels that have arrived, from S3.

Only objects that were there at the window's end count: a run that is cleared sees what it saw before.
What comes later is seen by the next run, as windows overlap.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cooper_dags import captured, frames, objects
from cooper_dags.requests import VARIANT

MOST_ROWS = 100_000
"""Rows of a window that are looked at."""
MOST_BYTES = 256 * 1024 * 1024
"""Bytes of captured data, and of labels, that are read for a window.

Of more than fits into both bounds, whole files are drawn, evenly over the window and always the same.
"""
_READ_BYTES = 1 << 16
_CHUNK = 2_000
"""Records that are held as Python objects at a time."""
_OPENED_BEFORE = timedelta(hours=1)
"""A file may lie in the folder of the hour in which it was begun."""


@dataclass(slots=True)
class Reading:
    """What was read of a window: `files` of `files_there`; of unreadable lines the reasons."""

    files: int = 0
    files_there: int = 0
    rows: int = 0
    labelled: int = 0
    unreadable: Counter[str] = field(default_factory=Counter)

    def document(self) -> dict[str, Any]:
        """As the report keeps it."""
        return {
            "files": self.files,
            "files_there": self.files_there,
            "rows": self.rows,
            "labelled": self.labelled,
            "unreadable": sum(self.unreadable.values()),
            "reasons": [reason[:200] for reason, _ in self.unreadable.most_common(3)],
        }


@dataclass(frozen=True, slots=True)
class Stored:
    """An object in S3."""

    key: str
    size: int


@dataclass(frozen=True, slots=True)
class Traffic:
    """One endpoint's captured data and labels, as `s3://` folders without a slash at the end."""

    s3: Any
    capture: str
    labels: str

    def rows(
        self,
        start: datetime,
        end: datetime,
        columns: Collection[str],
        features: Sequence[str],
        target: str,
    ) -> tuple[Any, Reading]:
        """The rows from `start` to before `end` in order, as a polars DataFrame, and how they were read.

        Args:
            start: With a zone.
            end: With a zone.
            columns: Those that are kept.
            features: The names of inputs that came without, in order.
            target: The column that the labels get.
        """
        import polars as pl

        reading = Reading()
        stored = self._stored(self.capture, start, end)
        reading.files_there = len(stored)
        parts = [
            _framed(chunk, columns)
            for chunk in _chunks(self._records(stored, start, end, features, reading))
        ]
        if not parts:
            return pl.DataFrame(), reading
        rows = frames.joined(parts).sort(_AT, _EVENT, _PLACE)
        reading.rows = len(rows)
        rows = self._labelled(rows, start, end, target, reading)
        return rows.drop(_AT, _EVENT, _PLACE), reading

    def last_at(self, end: datetime) -> datetime | None:
        """When the last captured file before `end` came; None where there is none."""
        bucket, prefix = objects.split(f"{self.capture}/")
        return self._latest(bucket, prefix, end)

    # ---------------------------------------------------------------- captured data

    def _records(
        self,
        stored: list[Stored],
        start: datetime,
        end: datetime,
        features: Sequence[str],
        reading: Reading,
    ) -> Iterator[captured.Record]:
        drawn = sorted(stored, key=lambda each: hashlib.sha256(each.key.encode()).digest())
        rows = 0
        for lines in self._files(self.capture, drawn):
            reading.files += 1
            for line in lines:
                found = _read(captured.record, line, reading, features)
                if found is not None and start <= found.at < end:
                    yield found
                    rows += len(found.rows)
                if rows >= MOST_ROWS:
                    return

    def _files(self, folder: str, drawn: list[Stored]) -> Iterator[Iterator[bytes]]:
        """The lines of each file, as long as all of them together are within the bound."""
        bucket, _ = objects.split(f"{folder}/")
        read = 0
        for each in drawn:
            if read and read + each.size > MOST_BYTES:
                return
            read += each.size
            body = self.s3.get_object(Bucket=bucket, Key=each.key)["Body"]
            yield (line for line in body.iter_lines(_READ_BYTES) if line.strip())

    def _stored(self, folder: str, start: datetime, end: datetime) -> list[Stored]:
        """The files in the folders of the window's hours that had come before its end."""
        bucket, prefix = objects.split(f"{folder}/")
        first = f"{start - _OPENED_BEFORE:%Y/%m/%d/%H}"
        last = f"{end:%Y/%m/%d/%H}"
        day, found = (start - _OPENED_BEFORE).date(), []
        while day <= end.date():
            for each in self._listed(bucket, f"{prefix}{day:%Y/%m/%d}/"):
                hour = each["Key"].removeprefix(prefix)[:13]
                if first <= hour <= last and each["LastModified"] < end:
                    found.append(Stored(each["Key"], each["Size"]))
            day += timedelta(days=1)
        return found

    def _listed(self, bucket: str, prefix: str) -> Iterator[dict[str, Any]]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        for page in pages:
            yield from page.get("Contents", [])

    def _latest(self, bucket: str, prefix: str, end: datetime) -> datetime | None:
        """Look into the latest folders first: year, month, day, hour."""
        answer = self.s3.get_paginator("list_objects_v2").paginate(
            Bucket=bucket, Prefix=prefix, Delimiter="/"
        )
        folders: list[str] = []
        times: list[datetime] = []
        for page in answer:
            folders += [each["Prefix"] for each in page.get("CommonPrefixes", [])]
            times += [each["LastModified"] for each in page.get("Contents", [])]
        before = [each for each in times if each < end]
        if before:
            return max(before)
        found = (self._latest(bucket, each, end) for each in sorted(folders, reverse=True))
        return next((each for each in found if each is not None), None)

    # ---------------------------------------------------------------- labels

    def _labelled(
        self, rows: Any, start: datetime, end: datetime, target: str, reading: Reading
    ) -> Any:
        """The rows with the labels of their events, where those have come."""
        import polars as pl

        # What a caller sent again under the same id is answered by the same label.
        asked = rows.group_by(_EVENT).agg(pl.col(_PLACE).max() + 1)
        sizes = {event: int(size) for event, size in asked.iter_rows()}
        told: dict[str, list[Any]] = {}
        # In the order of their folders: what was said last counts.
        stored = sorted(self._stored(self.labels, start, end), key=lambda each: each.key)
        for lines in self._files(self.labels, stored):
            for line in lines:
                found = _read(captured.label, line, reading)
                if found is not None and len(found.values) == sizes.get(found.event):
                    told[found.event] = found.values
        if not told:
            return rows
        truth = [
            {_EVENT: event, _PLACE: float(place), target: value}
            for event, values in told.items()
            for place, value in enumerate(values)
        ]
        labels = frames.frame(truth, (_EVENT, _PLACE, target))
        reading.labelled = len(labels)
        if target in rows.columns:
            rows = rows.drop(target)
        found = rows.join(labels, on=[_EVENT, _PLACE], how="left", maintain_order="left")
        return found if target in found.columns else found.with_columns(pl.lit(None).alias(target))


_AT, _EVENT, _PLACE = "\0at", "\0event", "\0place"


def _framed(records: list[captured.Record], columns: Collection[str]) -> Any:
    rows = [
        {**row, _AT: each.at.timestamp(), _EVENT: each.event, _PLACE: float(place)}
        for each in records
        for place, row in enumerate(each.rows)
    ]
    return frames.frame(rows, (*columns, _AT, _EVENT, _PLACE))


def _chunks(records: Iterator[captured.Record]) -> Iterator[list[captured.Record]]:
    chunk: list[captured.Record] = []
    rows = 0
    for each in records:
        chunk.append(each)
        rows += len(each.rows)
        if rows >= _CHUNK:
            yield chunk
            chunk, rows = [], 0
    if chunk:
        yield chunk


def _read(read: Callable[..., Any], line: bytes, reading: Reading, *more: Any) -> Any | None:
    try:
        return read(line, *more)
    except captured.UnreadableError as error:
        reading.unreadable[str(error)] += 1
        return None


def of(s3: Any, watch: dict[str, Any], bucket: str) -> Traffic:
    """The traffic of a watched endpoint."""
    endpoint = watch["endpoint"]
    return Traffic(
        s3,
        capture=f"{watch['monitoring']['capture']}/{endpoint}/{VARIANT}",
        labels=f"s3://{bucket}/labels/{endpoint}",
    )
