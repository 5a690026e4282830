"""The stage `profile`: what a version was trained on, in short, for `monitor_models`.

The profile is kept in S3 by its hash, and the same data gives the same bytes. Where the data has no
columns that could be looked at, or not those that the evaluation names, the version is registered
without: that is no reason to lose a training.
"""

import hashlib
from pathlib import Path
from typing import Any

from cooper_dags import aws, objects, requests, signatures, tables, verdict
from cooper_dags.conf import Run
from cooper_dags.evaluation import Predictions

_CODES = {"string", "boolean", "binary"}
"""Types of a signature's inputs whose numbers are no quantities."""


class _NoProfileError(Exception):
    """There is none to be made; the message says why, for people."""


def profile(run: Run, trained: dict[str, Any]) -> dict[str, Any]:
    """Profile the snapshot of the training data, with the predictions on the holdout."""
    import polars as pl

    from monitoring import profile_file
    from monitoring.schema import SchemaError

    try:
        with objects.workspace() as folder:
            found = _built(run, trained["model_uri"], Path(folder))
    except (_NoProfileError, SchemaError, pl.exceptions.PolarsError) as error:
        reason = " ".join(str(error).split())
        return _report(f"No profile, so drift cannot be watched: {reason}"[:300])
    content = profile_file.dumps(found)
    sha256 = hashlib.sha256(content).hexdigest()
    uri = f"{run.prefix}/profile/{sha256}.npz"
    objects.put(aws.client(run, "s3"), uri, content, run.plan["environment"])
    columns = len(found.columns)
    return _report(f"Profiled {found.rows:,} rows of {columns} columns.", uri, sha256, found.rows)


def _report(
    headline: str, uri: str | None = None, sha256: str | None = None, rows: int | None = None
) -> dict[str, Any]:
    return {"stage": "profile", "headline": headline, "uri": uri, "sha256": sha256, "rows": rows}


def _built(run: Run, model_uri: str, folder: Path) -> Any:
    from monitoring import profile as profiles

    s3, plan = aws.client(run, "s3"), run.plan
    target = plan["target"]
    if target is None:
        raise _NoProfileError("the plan names no target column.")
    data = _table(run, s3, "train", "data", folder)
    columns = data.collect_schema().names()
    inputs = signatures.inputs(s3, model_uri)
    features = [name for name in (inputs or columns) if name in columns and name != target]
    if not features:
        raise _NoProfileError(f"none of the model's inputs is a column of the data: {columns[:5]}")
    predictions = verdict.written(run).predictions
    learned = tables.read(
        data,
        [*features, *([target] if target in columns else [])],
        tables.step(tables.count(data), len(features) + 1),
    )
    schema = schema_of(learned, features, target, inputs or {}, predictions)
    scored = None if predictions is None else _scored(run, s3, predictions, target, folder)
    return profiles.build(schema, learned, scored=scored)


def schema_of(
    data: Any,
    features: list[str],
    target: str,
    inputs: dict[str, str],
    predictions: Predictions | None,
) -> Any:
    """Which column means what: by the model's signature, and what the evaluation says of predictions.

    Without predictions the task follows from the target: numbers are a regression's, all else is
    classes.

    Raises:
        SchemaError: It contradicts itself.
    """
    from monitoring.schema import Schema, SchemaError, Task

    if target not in data.columns:
        raise SchemaError(f"the data has no column {target!r}, the target of project.yaml.")
    codes = tuple(
        name for name in features if inputs.get(name) in _CODES and data[name].dtype.is_numeric()
    )
    if predictions is None:
        task = Task.REGRESSION if data[target].dtype.is_numeric() else Task.MULTICLASS
        return Schema(tuple(features), task, target=target, categories=codes)
    return Schema(
        tuple(features),
        Task(predictions.task),
        prediction=predictions.prediction,
        target=target,
        scores=tuple(predictions.scores.items()),
        positive=predictions.positive,
        categories=codes,
    )


def _table(run: Run, s3: Any, channel: str, artifact: str, folder: Path) -> Any:
    """The snapshot of data or holdout, checked against the plan's hash, as a LazyFrame."""
    part = folder / channel
    part.mkdir()
    uri = requests.snapshot_uri(run, channel, run.plan[artifact])
    fetched = objects.fetch(s3, {**run.plan[artifact], "uri": uri}, part, artifact)
    return tables.scan(fetched.path, run.plan["data_format"])


def _scored(run: Run, s3: Any, predictions: Predictions, target: str, folder: Path) -> Any:
    """The holdout's labels beside the predictions that the evaluation wrote, row by row."""
    import polars as pl

    uri = f"{requests.evaluation_uri(run)}/{predictions.file}"
    content = objects.get(s3, uri)
    if content is None:
        raise _NoProfileError(f"the evaluation wrote no {predictions.file}.")
    path = folder / predictions.file
    path.write_bytes(content)
    told = tables.scan(path, path.suffix.removeprefix("."))
    holdout = _table(run, s3, "holdout", "holdout", folder)
    rows, labelled = tables.count(told), tables.count(holdout)
    if rows != labelled:
        raise _NoProfileError(
            f"{predictions.file} has {rows:,} rows and the holdout {labelled:,}; one row for each."
        )
    columns = [name for name in (predictions.prediction, *predictions.scores.values()) if name]
    for names, frame, what in (
        (columns, told, predictions.file),
        ([target], holdout, "the holdout"),
    ):
        absent = [name for name in names if name not in frame.collect_schema().names()]
        if absent:
            raise _NoProfileError(f"{what} has no column {absent[0]!r}.")
    every = tables.step(rows, len(columns) + 1)
    sides = [tables.read(holdout, [target], every), tables.read(told, columns, every)]
    return pl.concat(sides, how="horizontal")
