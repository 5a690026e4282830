import io
import json
import zipfile

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from policies import LAPSE, lapses

from monitoring import profile, profile_file
from monitoring.profile import CategoryColumn, NumberColumn, thinned
from monitoring.profile_file import ProfileError
from monitoring.schema import Schema, SchemaError, Task

PLAIN = Schema(features=("x", "c"), task=Task.REGRESSION)


def build(**columns):
    columns = {"x": [1.0], "c": ["a"], **columns}
    longest = max(map(len, columns.values()))
    return profile.build(
        PLAIN, pl.DataFrame({n: list(v) * (longest // len(v)) for n, v in columns.items()})
    )


@given(st.lists(st.floats(allow_nan=False), min_size=1, max_size=300), st.integers(1, 50))
def test_a_thinned_sample_is_off_by_half_a_step_anywhere(values, most):
    full = np.sort(np.array(values))
    kept = thinned(full, most)
    assert len(kept) == min(most, len(full))
    for value in full:
        of_full = np.searchsorted(full, value, "right") / len(full)
        of_kept = np.searchsorted(kept, value, "right") / len(kept)
        assert abs(of_full - of_kept) <= 0.5 / most + 1e-12


def test_counts_and_range_are_those_of_all_values_however_few_are_kept():
    frame = lapses(50_000)
    whole = profile.build(LAPSE, frame, kept_values=None)
    short = profile.build(LAPSE, frame, kept_values=100)
    assert len(whole.columns["age"].ordered) == 50_000
    assert len(short.columns["age"].ordered) == 100
    for part in ("counts", "lowest", "highest", "count"):
        assert np.all(getattr(whole.columns["age"], part) == getattr(short.columns["age"], part))


def test_columns_are_read_as_their_role_and_type_say():
    schema = Schema(
        features=("x", "code", "flag", "word"),
        task=Task.BINARY,
        target="y",
        positive="1",
        categories=("code",),
    )
    frame = pl.DataFrame(
        {"x": [1, 2], "code": [1, 2], "flag": [True, False], "word": ["a", "b"], "y": [0, 1]}
    )
    found = profile.build(schema, frame).columns
    assert isinstance(found["x"], NumberColumn)
    assert {n for n, c in found.items() if isinstance(c, CategoryColumn)} == {
        "code",
        "flag",
        "word",
        "y",
    }


def test_columns_without_statistics_are_named_with_the_reason():
    found = build(x=[[1.0]])
    assert list(found.columns) == ["c"]
    assert found.skipped[0][0] == "x"
    assert "List" in found.skipped[0][1]


def test_only_frequent_categories_are_kept_and_the_rest_is_counted():
    found = build(c=[f"id-{n}" for n in range(3_000)]).columns["c"]
    assert len(found.values) == profile.KEPT_CATEGORIES
    assert (found.rest, found.single, found.rows) == (2_000, 3_000, 3_000)


def test_predictions_come_from_rows_that_were_not_trained_on():
    training = lapses(2_000).select("age", "premium", "product", "lapsed")
    found = profile.build(LAPSE, training, scored=lapses(500, seed=2, flipped=0.3))
    assert found.columns["score"].rows == 500
    assert found.columns["age"].rows == 2_000
    assert found.baseline["accuracy"] < 0.8
    assert found.calibration_error > 0.1


def test_a_given_baseline_goes_before_the_measured_one():
    found = profile.build(LAPSE, lapses(500), baseline={"f1": 0.5})
    assert found.baseline == {"f1": 0.5}


def test_a_reference_without_labels_has_no_baseline():
    found = profile.build(PLAIN, pl.DataFrame({"x": [1.0], "c": ["a"]}))
    assert (found.baseline, found.calibration_error) == ({}, None)


def test_a_missing_column_or_no_row_is_refused():
    with pytest.raises(SchemaError, match="'c'"):
        profile.build(PLAIN, pl.DataFrame({"x": [1.0]}))
    with pytest.raises(SchemaError, match="no row"):
        profile.build(PLAIN, pl.DataFrame({"x": [], "c": []}))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"features": ("x", "x")}, "two roles"),
        ({"timestamp": "x"}, "timestamp"),
        ({"task": Task.REGRESSION}, "no class probabilities"),
        ({"positive": None}, "positive"),
        ({"scores": (("no", "s"),)}, "positive class"),
        ({"task": Task.MULTICLASS}, "each class"),
    ],
)
def test_a_schema_that_contradicts_itself_is_refused(change, words):
    sound = {"features": ("x",), "task": Task.BINARY, "positive": "yes", "scores": (("yes", "s"),)}
    Schema(**sound)
    with pytest.raises(SchemaError, match=words):
        Schema(**sound | change)


# ------------------------------------------------------------------ the file


def assert_same(first, second):
    assert profile_file.dumps(first) == profile_file.dumps(second)
    assert first.schema == second.schema
    assert first.sample.equals(second.sample)
    assert dict(first.baseline) == dict(second.baseline)
    for name, column in first.columns.items():
        if isinstance(column, NumberColumn):
            assert np.array_equal(column.ordered, second.columns[name].ordered)
            assert column.ordered.dtype == second.columns[name].ordered.dtype
            assert (column.lowest, column.highest) == (
                second.columns[name].lowest,
                second.columns[name].highest,
            )
            assert np.array_equal(column.buckets.closed, second.columns[name].buckets.closed)
        else:
            assert column.values == second.columns[name].values
            assert (column.rest, column.single) == (
                second.columns[name].rest,
                second.columns[name].single,
            )


def test_a_profile_is_the_same_after_reading_and_its_bytes_too(reference):
    assert_same(reference, profile_file.loads(profile_file.dumps(reference)))


@given(
    st.lists(st.none() | st.floats(), min_size=1, max_size=20),
    st.lists(st.none() | st.text(max_size=4), min_size=1, max_size=20),
)
def test_any_values_survive(numbers, words):
    rows = max(len(numbers), len(words))
    columns = {"x": (numbers * rows)[:rows], "c": (words * rows)[:rows]}
    made = profile.build(PLAIN, pl.DataFrame(columns, schema={"x": pl.Float64, "c": pl.String}))
    assert_same(made, profile_file.loads(profile_file.dumps(made)))


def test_a_profile_of_wide_data_stays_small():
    r = np.random.default_rng(0)
    frame = pl.DataFrame({f"n{i}": r.normal(size=100_000) for i in range(20)})
    schema = Schema(features=tuple(frame.columns), task=Task.REGRESSION)
    assert len(profile_file.dumps(profile.build(schema, frame))) < 4_000_000


@given(st.binary(max_size=200))
def test_bytes_that_are_no_profile_are_refused(data):
    with pytest.raises(ProfileError):
        profile_file.loads(data)


def rewritten(data, **changes):
    """The archive with other members: bytes, or None to leave one out."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            body = changes.get(name.removesuffix(".npy").replace(".", "_"), old.read(name))
            if body is not None:
                new.writestr(name, body)
    return out.getvalue()


def as_npy(data):
    out = io.BytesIO()
    np.save(out, np.frombuffer(data, dtype=np.uint8))
    return out.getvalue()


def test_a_profile_of_another_format_says_what_to_do(reference):
    data = profile_file.dumps(reference)
    header = json.dumps({"version": 99}).encode()
    with pytest.raises(ProfileError, match=r"format 99.*build it again"):
        profile_file.loads(rewritten(data, header=as_npy(header)))


@pytest.mark.parametrize("member", ["header", "sample", "c0_counts", "c0_ordered"])
def test_a_profile_without_one_of_its_parts_is_refused(reference, member):
    with pytest.raises(ProfileError):
        profile_file.loads(rewritten(profile_file.dumps(reference), **{member: None}))


def test_a_profile_cut_short_is_refused(reference):
    data = profile_file.dumps(reference)
    for size in (0, 10, len(data) // 2, len(data) - 1):
        with pytest.raises(ProfileError):
            profile_file.loads(data[:size])


def test_nothing_in_a_profile_is_executed(reference):
    out = io.BytesIO()
    np.save(out, np.array([print], dtype=object), allow_pickle=True)
    with pytest.raises(ProfileError):
        profile_file.loads(rewritten(profile_file.dumps(reference), header=out.getvalue()))
