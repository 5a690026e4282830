from difflib import SequenceMatcher
from pathlib import Path

import make_dataset
import pandas as pd
import pytest
from columns import DIGITS, FEATURES, INK, SHEET, TARGET

DATA = Path(__file__).resolve().parents[1] / "data"


@pytest.fixture(scope="module")
def both():
    return pd.read_csv(DATA / "digits.csv"), pd.read_csv(DATA / "holdout.csv")


def test_the_files_are_what_make_dataset_writes(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.argv", ["make_dataset.py", "--output-dir", str(tmp_path)])
    make_dataset.main()
    for name in ("digits.csv", "holdout.csv"):
        assert (tmp_path / name).read_bytes() == (DATA / name).read_bytes()


def test_every_image_is_in_one_of_the_files_and_no_sheet_in_both(both):
    assert sum(len(part) for part in both) == 1797
    train_sheets, holdout_sheets = (set(part[SHEET]) for part in both)
    assert (train_sheets, holdout_sheets) == (set(range(1, 12)), {12, 13, 14})


def test_a_sheet_begins_where_the_series_of_digits_begins_anew(both):
    series = ["".join(map(str, rows[TARGET])) for _, rows in pd.concat(both).groupby(SHEET)]
    assert len(series) == 14
    for one in series:
        # Some sheets lack a few digits, and one misses its first.
        assert SequenceMatcher(None, series[0], one, autojunk=False).ratio() > 0.95
        assert one[1:9] == "12345678"


def test_pixels_and_digits_are_in_their_ranges_and_nothing_is_missing(both):
    for part in both:
        assert set(part[TARGET]) == set(range(DIGITS))
        assert part[FEATURES].to_numpy().min() == 0
        assert part[FEATURES].to_numpy().max() == INK
        assert not part.isna().to_numpy().any()
