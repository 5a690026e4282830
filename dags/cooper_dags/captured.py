"""Records of SageMaker's data capture and of ground truth, read line by line. Pure.

Their formats: https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html
and https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-model-quality-merge.html; the bodies
are those of MLflow's scoring server, https://mlflow.org/docs/latest/ml/deployment/deploy-model-locally/.
"""

import base64
import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

PREDICTION = "prediction"
"""The column of an answer that is one value; the n-th value of a list is in `prediction_n`."""

Row = dict[str, Any]


class UnreadableError(ValueError):
    """The line is no record that could be looked at; says why."""


@dataclass(frozen=True, slots=True)
class Record:
    """One request with its answer: a row for each prediction, inputs and outputs by column."""

    event: str
    """The caller's inference id, else SageMaker's own id of the event: what labels refer to."""
    at: datetime
    rows: list[Row]


@dataclass(frozen=True, slots=True)
class Label:
    """What was true of the rows of an event: one value for each."""

    event: str
    values: list[Any]


def record(line: str | bytes, features: Sequence[str]) -> Record:
    """Read a line of captured data. `features` name inputs that came without names, in order.

    Raises:
        UnreadableError: It is not captured data, or its body is not of MLflow's scoring server.
    """
    document = _json(line, "the line")
    event, metadata = _event(document)
    try:
        at = datetime.fromisoformat(metadata["inferenceTime"])
        data = document["captureData"]
        asked, answered = data["endpointInput"], data["endpointOutput"]
    except (KeyError, TypeError, ValueError) as error:
        raise UnreadableError(f"the record is not whole: {error!r}") from error
    if at.tzinfo is None:
        raise UnreadableError("its inferenceTime has no zone")
    inputs = inputs_of(_body(asked, "input"), features)
    outputs = outputs_of(_body(answered, "output"))
    if len(inputs) != len(outputs):
        raise UnreadableError(f"{len(inputs)} rows were asked about, {len(outputs)} answered")
    return Record(event, at, [{**a, **b} for a, b in zip(inputs, outputs, strict=True)])


def label(line: str | bytes) -> Label:
    """Read a line of ground truth; `data` is a value, or one for each row of the request.

    Raises:
        UnreadableError: It is of another shape.
    """
    document = _json(line, "the line")
    event, _ = _event(document)
    truth = document.get("groundTruthData")
    if not isinstance(truth, dict) or not isinstance(truth.get("data"), str):
        raise UnreadableError("it has no groundTruthData.data")
    text, encoding = truth["data"], truth.get("encoding")
    if encoding == "CSV":
        lines = list(csv.reader(io.StringIO(text)))
        # One line with the values of all rows, or a line for each row.
        return Label(event, [_value(cell) for cells in lines for cell in cells])
    if encoding == "JSON":
        value = _json(text, "its data")
        return Label(event, value if isinstance(value, list) else [value])
    raise UnreadableError(f"its encoding is {encoding!r}, not CSV or JSON")


def inputs_of(body: Any, features: Sequence[str]) -> list[Row]:
    """The rows of a request to MLflow's scoring server. Raises UnreadableError."""
    if not isinstance(body, dict):
        raise UnreadableError("the request is no object")
    given = [key for key in _READERS if key in body]
    if len(given) != 1:
        raise UnreadableError(f"the request has none, or not only one, of {', '.join(_READERS)}")
    return _READERS[given[0]](body[given[0]], features)


def outputs_of(body: Any) -> list[Row]:
    """The rows of an answer, `{"predictions": …}`. Raises UnreadableError."""
    if not isinstance(body, dict) or "predictions" not in body:
        raise UnreadableError("the answer has no predictions")
    told = body["predictions"]
    if isinstance(told, dict):
        return _of_columns(told)
    if not isinstance(told, list):
        raise UnreadableError("the predictions are no list")
    return [_output(each) for each in told]


def _output(told: Any) -> Row:
    if isinstance(told, dict):
        return told
    if isinstance(told, list):
        if len(told) == 1:
            return {PREDICTION: told[0]}
        return {f"{PREDICTION}_{place}": value for place, value in enumerate(told)}
    return {PREDICTION: told}


def _of_split(split: Any, features: Sequence[str]) -> list[Row]:
    if not isinstance(split, dict):
        raise UnreadableError("dataframe_split is no object")
    return _of_lists(split.get("data"), split.get("columns") or features)


def _of_records(records: Any, features: Sequence[str]) -> list[Row]:
    if not isinstance(records, list):
        raise UnreadableError("the records are no list")
    if all(isinstance(each, dict) for each in records):
        return records
    return _of_lists(records, features)


def _of_inputs(values: Any, features: Sequence[str]) -> list[Row]:
    return _of_columns(values) if isinstance(values, dict) else _of_records(values, features)


def _of_lists(rows: Any, columns: Any) -> list[Row]:
    if not isinstance(rows, list) or not isinstance(columns, list | tuple):
        raise UnreadableError("the rows are no list")
    found = []
    for row in rows:
        values = row if isinstance(row, list) else [row]
        if len(values) != len(columns):
            raise UnreadableError(f"a row has {len(values)} values for {len(columns)} columns")
        found.append({str(name): value for name, value in zip(columns, values, strict=True)})
    return found


def _of_columns(columns: dict[str, Any]) -> list[Row]:
    """Rows of columns, each a list of values, or one value for a single row."""
    lists = {k: each if isinstance(each, list) else [each] for k, each in columns.items()}
    if len({len(each) for each in lists.values()}) > 1:
        raise UnreadableError("the columns are not of one length")
    return [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]


_READERS = {
    "dataframe_split": _of_split,
    "dataframe_records": _of_records,
    "instances": _of_records,
    "inputs": _of_inputs,
}


def _body(part: Any, what: str) -> Any:
    if not isinstance(part, dict) or not isinstance(part.get("data"), str):
        raise UnreadableError(f"its {what} has no data")
    text, encoding = part["data"], part.get("encoding")
    if encoding == "BASE64":
        try:
            text = base64.b64decode(text, validate=True)
        except ValueError as error:
            raise UnreadableError(f"its {what} is no base64") from error
    elif encoding != "JSON":
        raise UnreadableError(f"its {what} is {encoding}, not JSON")
    return _json(text, f"its {what}")


def _json(text: str | bytes, what: str) -> Any:
    try:
        return json.loads(text)
    # Nesting that is too deep is no ValueError.
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"{what} is no JSON") from error


def _event(document: Any) -> tuple[str, dict[str, Any]]:
    metadata = document.get("eventMetadata") if isinstance(document, dict) else None
    if not isinstance(metadata, dict):
        raise UnreadableError("it has no eventMetadata")
    event = metadata.get("inferenceId") or metadata.get("eventId")
    if not isinstance(event, str) or not event:
        raise UnreadableError("it has no eventId")
    return event, metadata


def _value(cell: str) -> Any:
    """A cell of CSV: a number where it is one, so that 3, 3.0 and "3" are one class."""
    try:
        return float(cell)
    except ValueError:
        return cell or None
