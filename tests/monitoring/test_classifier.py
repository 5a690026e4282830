import numpy as np
import polars as pl
import pytest

from monitoring import classifier
from monitoring.classifier import distinguish, sample


def pair(rows, seed, correlation):
    r = np.random.default_rng(seed)
    a = r.normal(size=rows)
    b = correlation * a + np.sqrt(1 - correlation**2) * r.normal(size=rows)
    return pl.DataFrame({"a": a, "b": b, "c": r.choice(["u", "v"], rows)})


CATEGORIES = frozenset({"c"})


def test_equal_distributions_cannot_be_told_apart():
    found = distinguish(pair(4_000, 0, 0.8), pair(4_000, 1, 0.8), CATEGORIES)
    assert found.auc == pytest.approx(0.5, abs=0.03)


def test_a_correlation_that_is_gone_is_seen_though_each_column_is_as_it_was():
    assert distinguish(pair(4_000, 0, 0.9), pair(4_000, 1, 0.0), CATEGORIES).auc > 0.75


def test_a_new_category_is_seen():
    current = pair(4_000, 1, 0.8).with_columns(
        c=pl.when(pl.int_range(4_000) % 3 > 0).then("c").otherwise(pl.lit("w"))
    )
    assert distinguish(pair(4_000, 0, 0.8), current, CATEGORIES).auc > 0.6


def test_missing_values_and_text_for_numbers_are_seen_and_do_no_harm():
    current = pair(2_000, 1, 0.8).with_columns(
        a=pl.when(pl.int_range(2_000) % 2 > 0)
        .then(pl.col("a").cast(pl.String))
        .otherwise(pl.lit("?")),
        c=pl.lit(None, dtype=pl.String),
    )
    assert distinguish(pair(2_000, 0, 0.8), current, CATEGORIES).auc > 0.9


def test_more_categories_than_scikit_learn_bins_are_no_error():
    r = np.random.default_rng(0)
    rows = pl.DataFrame({"c": [f"id-{n}" for n in r.integers(0, 900, 3_000)]})
    assert distinguish(rows, rows.sample(fraction=1, shuffle=True, seed=1), CATEGORIES).auc < 0.55


def test_rare_categories_are_not_taken_for_missing_ones():
    r = np.random.default_rng(0)
    rare = pl.DataFrame({"c": [f"id-{n}" for n in r.integers(0, 3_000, 3_000)]})
    missing = rare.with_columns(c=pl.when(pl.int_range(3_000) % 2 > 0).then("c"))
    assert distinguish(rare, missing, CATEGORIES).auc > 0.7


def test_the_same_rows_give_the_same_answer():
    sides = pair(3_000, 0, 0.8), pair(3_000, 1, 0.6)
    assert distinguish(*sides, CATEGORIES) == distinguish(*sides, CATEGORIES)


def test_only_so_many_rows_are_looked_at(monkeypatch):
    monkeypatch.setattr(classifier, "MOST_ROWS", 1_000)
    found = distinguish(pair(3_000, 0, 0.8), pair(700, 1, 0.8), CATEGORIES)
    assert (found.reference_rows, found.current_rows) == (500, 500)


def test_a_sample_keeps_the_order_and_is_the_same_each_time():
    rows = pl.DataFrame({"n": range(10_000)})
    drawn = sample(rows, 100)
    assert drawn["n"].is_sorted()
    assert drawn["n"].n_unique() == 100
    assert drawn.equals(sample(rows, 100))
    assert sample(rows, 10_000) is rows


def test_too_few_rows_are_refused():
    with pytest.raises(ValueError, match="3 rows"):
        distinguish(pair(2, 0, 0.8), pair(500, 1, 0.8), CATEGORIES)
