"""Request bodies of MLflow's scoring server, in the shape of a project's sample.

https://mlflow.org/docs/latest/ml/deployment/deploy-model-locally/ describes the four shapes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bot.traffic.holdout import Row

REFUSED: Mapping[str, Any] = {"outage": "none of the keys that a scoring server takes"}
"""A body that every scoring server of MLflow refuses with 400."""


class SampleError(Exception):
    """Rows of the holdout cannot be put into the shape of the project's sample; says why."""


class _Form(StrEnum):
    SPLIT = "split"
    RECORDS = "records"
    LISTS = "lists"
    COLUMNS = "columns"


@dataclass(frozen=True, slots=True)
class Scoring:
    """How rows become a body: under which key, in which form, which columns in which order.

    `rest` is what else a body holds, such as `params`.
    """

    key: str
    form: _Form
    columns: tuple[str, ...]
    rest: Mapping[str, Any]

    def body(self, rows: Sequence[Row]) -> dict[str, Any]:
        """One request for all the rows, which have all the columns."""
        lists = [[row[name] for name in self.columns] for row in rows]
        content: Any
        match self.form:
            case _Form.SPLIT:
                content = {"columns": list(self.columns), "data": lists}
            case _Form.RECORDS:
                content = [dict(zip(self.columns, values, strict=True)) for values in lists]
            case _Form.COLUMNS:
                content = {name: [row[name] for row in rows] for name in self.columns}
            case _Form.LISTS:
                content = lists
        return {**self.rest, self.key: content}


def scoring(sample: Mapping[str, Any], columns: Sequence[str]) -> Scoring:
    """Read the shape off a sample; `columns` are those of the holdout without its target.

    Raises:
        SampleError: The sample is of no known shape, or asks for columns that are not there.
    """
    rest = dict(sample)
    for key in ("dataframe_split", "dataframe_records", "instances", "inputs"):
        if key in rest:
            form, wanted = _shape(key, rest.pop(key), columns)
            break
    else:
        raise SampleError("the project's sample is no request body of MLflow's scoring server")
    missing = [name for name in wanted if name not in columns]
    if not wanted:
        raise SampleError(f"the {key!r} of the project's sample has no columns")
    if missing:
        raise SampleError(
            f"the project's sample has the column {missing[0]!r}, and the holdout does not; "
            f"it has {', '.join(columns)}"
        )
    return Scoring(key, form, tuple(wanted), rest)


def _shape(key: str, content: Any, columns: Sequence[str]) -> tuple[_Form, Sequence[str]]:
    first = content[0] if isinstance(content, list) and content else None
    names = content.get("columns") if isinstance(content, dict) else None
    if key == "dataframe_split" and isinstance(names, list):
        return _Form.SPLIT, [str(name) for name in names]
    if key in {"dataframe_records", "instances"} and isinstance(first, dict):
        return _Form.RECORDS, list(first)
    if key in {"instances", "inputs"} and isinstance(first, list) and len(first) == len(columns):
        return _Form.LISTS, columns
    if key == "inputs" and isinstance(content, dict):
        return _Form.COLUMNS, list(content)
    raise SampleError(
        f"rows cannot be put into the {key!r} of the project's sample; give it named columns"
        f" (dataframe_split), or lists of {len(columns)} values"
    )
