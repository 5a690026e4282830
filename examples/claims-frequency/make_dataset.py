"""Write data/claims.csv and data/holdout.csv from the RAND Health Insurance Experiment.

The data (20,190 person-years, public domain) come with statsmodels:
https://www.statsmodels.org/stable/datasets/generated/randhie.html

A person is in the data for up to five years and there is no column that names them. Rows split at
random would put the same person on both sides, so rows with the same features stay together.
"""

import argparse
import hashlib
from pathlib import Path

import pandas as pd
from columns import FEATURES, TARGET
from statsmodels.datasets import randhie

HOLDOUT_SHARE = 0.2

NAMES = {
    "mdvis": TARGET,
    "lncoins": "log_coinsurance",
    "idp": "individual_deductible",
    "lpi": "log_participation_incentive",
    "fmde": "log_max_deductible",
    "physlm": "physical_limitation",
    "disea": "chronic_diseases",
}


def load() -> pd.DataFrame:
    """The experiment with readable names and health as one column instead of three flags."""
    raw = randhie.load_pandas().data
    claims = raw.rename(columns=NAMES)
    claims["self_rated_health"] = "excellent"
    for flag, word in (("hlthg", "good"), ("hlthf", "fair"), ("hlthp", "poor")):
        claims.loc[raw[flag] == 1, "self_rated_health"] = word
    return claims[[*FEATURES, TARGET]]


def share_of(row: tuple) -> float:
    """A number in [0, 1) that depends on the row's features only, the same on every machine."""
    digest = hashlib.sha256(repr(row).encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def split(claims: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Training rows and holdout rows; no combination of features is in both."""
    rounded = claims[FEATURES].round(6)
    shares = pd.Series([share_of(row) for row in rounded.itertuples(index=False, name=None)])
    held_out = shares.to_numpy() < HOLDOUT_SHARE
    return claims[~held_out], claims[held_out]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output-dir", type=Path, default=Path(__file__).parent / "data")
    args = parser.parse_args()
    args.output_dir.mkdir(parents=True, exist_ok=True)
    for name, rows in zip(("claims", "holdout"), split(load()), strict=True):
        path = args.output_dir / f"{name}.csv"
        rows.to_csv(path, index=False, float_format="%.6g", lineterminator="\n")
        print(f"{path}: {len(rows)} rows, {rows[TARGET].mean():.3f} visits a person-year")


if __name__ == "__main__":
    main()
