"""A profile as one file: NumPy's .npz of plain arrays, a JSON header and a Parquet sample.

Nothing in it is code: it is read without pickle. The same profile gives the same bytes.
"""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import numpy as np
import polars as pl

from monitoring import schema
from monitoring.arrays import Counts, Flags, Floats
from monitoring.buckets import Buckets
from monitoring.profile import CategoryColumn, Column, NumberColumn, Profile

VERSION = 1
_Arrays = dict[str, np.ndarray[Any, np.dtype[Any]]]


class ProfileError(ValueError):
    """The bytes are no profile that this code can read; says why and what to do."""


def dumps(profile: Profile) -> bytes:
    """The profile as bytes."""
    arrays: _Arrays = {}
    header = {
        "version": VERSION,
        "schema": profile.schema.document(),
        "rows": profile.rows,
        "baseline": dict(profile.baseline),
        "calibration_error": profile.calibration_error,
        "skipped": profile.skipped,
        "columns": [
            _pack(name, column, f"c{place}", arrays)
            for place, (name, column) in enumerate(profile.columns.items())
        ],
    }
    sample = io.BytesIO()
    profile.sample.write_parquet(sample, statistics=False)
    arrays["header"] = np.frombuffer(json.dumps(header, sort_keys=True).encode(), dtype=np.uint8)
    arrays["sample"] = np.frombuffer(sample.getvalue(), dtype=np.uint8)
    written = io.BytesIO()
    np.savez_compressed(written, **arrays)  # type: ignore[arg-type]
    return written.getvalue()


def loads(data: bytes) -> Profile:
    """Read what `dumps` wrote. Raises ProfileError."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            arrays: _Arrays = {name: archive[name] for name in archive.files}
        header = json.loads(arrays["header"].tobytes())
        version = header["version"]
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile, TypeError) as error:
        raise ProfileError(f"this is no profile of a reference: {error}.") from error
    if version != VERSION:
        raise ProfileError(
            f"the profile is of format {version}, this code reads {VERSION}; build it again from "
            "the training snapshot."
        )
    try:
        return _profile(header, arrays)
    except (ValueError, KeyError, TypeError, pl.exceptions.PolarsError) as error:
        raise ProfileError(f"the profile is damaged: {error!r}.") from error


def _profile(header: dict[str, Any], arrays: _Arrays) -> Profile:
    return Profile(
        schema.parse(header["schema"]),
        header["rows"],
        {each["name"]: _unpack(each, arrays) for each in header["columns"]},
        pl.read_parquet(io.BytesIO(arrays["sample"].tobytes())),
        header["baseline"],
        header["calibration_error"],
        tuple((name, reason) for name, reason in header["skipped"]),
    )


def _pack(name: str, column: Column, key: str, arrays: _Arrays) -> dict[str, Any]:
    """The column's entry of the header; its arrays go into `arrays`."""
    arrays[f"{key}.counts"] = column.counts
    plain = {"name": name, "key": key, "missing": column.missing, "invalid": column.invalid}
    if isinstance(column, CategoryColumn):
        more = {"values": column.values, "rest": column.rest, "single": column.single}
        return {**plain, "kind": "category", **more}
    arrays[f"{key}.ordered"] = column.ordered
    arrays[f"{key}.edges"] = column.buckets.edges
    arrays[f"{key}.closed"] = column.buckets.closed
    arrays[f"{key}.range"] = np.array([column.lowest, column.highest])
    return {**plain, "kind": "number", "count": column.count}


def _unpack(entry: dict[str, Any], arrays: _Arrays) -> Column:
    key, missing, invalid = entry["key"], entry["missing"], entry["invalid"]
    counts: Counts = arrays[f"{key}.counts"]
    if entry["kind"] == "category":
        values = tuple(entry["values"])
        return CategoryColumn(values, counts, entry["rest"], entry["single"], missing, invalid)
    ordered: Floats = arrays[f"{key}.ordered"]
    closed: Flags = arrays[f"{key}.closed"]
    buckets = Buckets(arrays[f"{key}.edges"], closed)
    lowest, highest = arrays[f"{key}.range"].tolist()
    return NumberColumn(ordered, entry["count"], missing, invalid, buckets, counts, lowest, highest)
