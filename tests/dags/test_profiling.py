import io
import json
import tarfile

import polars as pl
import pytest
from project import BUCKET

from cooper_dags import profiling, signatures, tables
from cooper_dags.evaluation import Predictions
from monitoring.schema import SchemaError, Task


def mlmodel(*columns):
    inputs = json.dumps([{"type": kind, "name": name} for name, kind in columns])
    return f"signature:\n  inputs: '{inputs}'\n".encode()


DATA = pl.DataFrame({"x": [1.5, 2.0], "code": [10, 20], "word": ["a", "b"], "y": [0, 1]})
FEATURES = ["x", "code", "word"]


def schema(predictions=None, target="y", inputs=None, data=DATA):
    return profiling.schema_of(data, FEATURES, target, inputs or {}, predictions)


def told(task="binary", **changes):
    values = {"prediction": "prediction", "scores": {}, "positive": None, **changes}
    return Predictions("p.csv", task, **values)


def test_evaluation_says_what_its_predictions_are():
    found = schema(told(scores={"1": "score"}, positive="1"))
    assert (found.task, found.prediction, found.positive) == (Task.BINARY, "prediction", "1")
    assert found.scores == (("1", "score"),)


@pytest.mark.parametrize(("target", "task"), [("y", "regression"), ("word", "multiclass")])
def test_without_predictions_the_target_says_what_it_is(target, task):
    data = DATA.rename({"word": "w"}).with_columns(word=pl.lit("a")) if target == "word" else DATA
    features = ["x", "code"]
    found = profiling.schema_of(data, features, target, {}, None)
    assert (found.task, found.prediction) == (task, None)


def test_numbers_that_the_signature_calls_text_are_codes():
    found = schema(inputs={"x": "double", "code": "string", "word": "string"})
    assert found.categories == ("code",)


@pytest.mark.parametrize(
    ("predictions", "target", "reason"),
    [
        (None, "z", "no column 'z', the target"),
        (told(), "y", "needs `positive`"),
        (told("regression", scores={"1": "s"}), "y", "no class probabilities"),
        (told("count", prediction="x"), "y", "'x' has two roles"),
    ],
)
def test_what_contradicts_itself_is_told(predictions, target, reason):
    with pytest.raises(SchemaError, match=reason):
        schema(predictions, target)


@pytest.mark.parametrize(
    "content",
    [b"", b"[", b"signature: 1", b"signature: {inputs: 7}", b"signature: {inputs: '{'}",
     b"signature:\n  inputs: '[{\"type\": \"tensor\", \"tensor-spec\": {}}]'"],
)  # fmt: skip
def test_models_without_named_inputs_have_none(content):
    assert signatures.named_inputs(content) is None


def packed(**files):
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text))
    return content.getvalue()


@pytest.mark.parametrize(
    ("files", "inputs"),
    [
        ({"./MLmodel": mlmodel(("x", "double"))}, {"x": "double"}),
        (
            {"a/b/MLmodel": mlmodel(("deep", "long")), "a/MLmodel": mlmodel(("x", "double"))},
            {"x": "double"},
        ),
        ({"weights": b"1" * 100_000}, None),
    ],
)
def test_signature_is_read_from_the_archive_without_unpacking_it(cloud, files, inputs):
    s3 = cloud.client("s3")
    s3.put_object(Bucket=BUCKET, Key="signatures/model.tar.gz", Body=packed(**files))
    assert signatures.inputs(s3, f"s3://{BUCKET}/signatures/model.tar.gz") == inputs


@pytest.mark.parametrize(
    ("rows", "columns", "every"),
    [
        (0, 1, 1),
        (1_000_000, 10, 1),
        (1_000_001, 10, 2),
        (10_000_000, 10, 10),
        (1_000_000, 100, 2),
        (500_000, 1000, 10),
    ],
)
def test_what_is_read_of_a_file_is_bounded(rows, columns, every):
    assert tables.step(rows, columns) == every
    assert rows / every <= tables.MOST_ROWS
    assert rows * columns / every <= tables.MOST_CELLS


@pytest.mark.parametrize("kind", ["csv", "parquet", "jsonl"])
def test_every_format_is_read_in_its_order_and_thinned_evenly(tmp_path, kind):
    path, frame = tmp_path / "rows", pl.DataFrame({"a": range(5000), "b": ["x"] * 5000})
    {"csv": frame.write_csv, "parquet": frame.write_parquet, "jsonl": frame.write_ndjson}[kind](
        path
    )
    found = tables.scan(path, kind)
    assert tables.count(found) == 5000
    assert tables.read(found, ["a"], 1)["a"].to_list() == list(range(5000))
    assert tables.read(found, ["a"], 7)["a"].to_list() == list(range(0, 5000, 7))


def test_column_that_turns_late_is_read_whole_and_pandas_missing_values_are_missing(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("a,b\n" + "1,2\n" * 2000 + "1.5,NA\nNaN,\n")
    found = tables.read(tables.scan(path, "csv"), ["a", "b"], 1)
    assert (found["a"].dtype, found["a"][2000], found["a"].null_count()) == (pl.Float64, 1.5, 1)
    assert (found["b"].dtype, found["b"].null_count()) == (pl.Int64, 2)
