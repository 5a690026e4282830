"""Write data/digits.csv and data/holdout.csv from scikit-learn's handwritten digits.

The data (1,797 images of 8×8 pixels) are a part of UCI's "Optical Recognition of Handwritten Digits":
https://scikit-learn.org/stable/datasets/toy_dataset.html#optical-recognition-of-handwritten-digits-dataset

People wrote the same series of some 130 digits on a form, and the images are in the order of the
sheets. One hand on both sides of a split would flatter the model, so a sheet is never divided.
"""

import argparse
from pathlib import Path

import pandas as pd
from columns import FEATURES, SHEET, TARGET
from sklearn.datasets import load_digits

# The rows where the series begins anew; no column says so.
FIRST_ROWS = [0, 130, 256, 386, 516, 646, 776, 905, 1029, 1157, 1287, 1415, 1545, 1667]
HELD_OUT_SHEETS = 3


def load() -> pd.DataFrame:
    """All images, each with its digit and the number of its sheet, from 1."""
    raw = load_digits()
    digits = pd.DataFrame(raw.data.astype(int), columns=FEATURES)
    digits[TARGET] = raw.target
    begins = pd.Series(0, index=digits.index)
    begins[FIRST_ROWS] = 1
    digits[SHEET] = begins.cumsum()
    return digits


def split(digits: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows to train on, and the last three sheets."""
    held_out = digits[SHEET] > len(FIRST_ROWS) - HELD_OUT_SHEETS
    return digits[~held_out], digits[held_out]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output-dir", type=Path, default=Path(__file__).parent / "data")
    args = parser.parse_args()
    args.output_dir.mkdir(parents=True, exist_ok=True)
    for name, rows in zip(("digits", "holdout"), split(load()), strict=True):
        path = args.output_dir / f"{name}.csv"
        rows.to_csv(path, index=False, lineterminator="\n")
        print(f"{path}: {len(rows)} images on {rows[SHEET].nunique()} sheets")


if __name__ == "__main__":
    main()
