from pathlib import Path

import make_dataset
import pandas as pd
import pytest
from columns import FEATURES, HEALTH, TARGET

DATA = Path(__file__).resolve().parents[1] / "data"


@pytest.fixture(scope="module")
def both():
    return pd.read_csv(DATA / "claims.csv"), pd.read_csv(DATA / "holdout.csv")


def test_the_files_are_what_make_dataset_writes(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.argv", ["make_dataset.py", "--output-dir", str(tmp_path)])
    make_dataset.main()
    for name in ("claims.csv", "holdout.csv"):
        assert (tmp_path / name).read_bytes() == (DATA / name).read_bytes()


def test_every_person_year_of_the_experiment_is_in_one_of_the_files(both):
    assert sum(len(part) for part in both) == 20_190
    assert sum(part[TARGET].sum() for part in both) == 57_752


def test_no_combination_of_features_is_in_both_files(both):
    train_rows, holdout_rows = ({*part[FEATURES].itertuples(index=False)} for part in both)
    assert not train_rows & holdout_rows


def test_health_is_one_of_the_four_words_and_nothing_is_missing(both):
    for part in both:
        assert set(part["self_rated_health"]) == set(HEALTH)
        assert not part.isna().to_numpy().any()
