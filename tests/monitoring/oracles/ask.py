"""Asks Evidently or NannyML for statistics: `python ask.py TOOL FILE`, in their environment.

FILE is an .npz with `<pair>.reference.<column>` and `<pair>.current.<column>`; text columns are
categories. Prints one JSON object with an answer for each pair. Nothing of Cooper is imported here.
"""

from __future__ import annotations

import json
import sys
import warnings

import numpy as np
import pandas as pd

warnings.filterwarnings("ignore")


def pairs(path):
    """Reference and current by the pair's name."""
    found = {}
    with np.load(path) as arrays:
        for name in arrays.files:
            pair, side, column = name.split(".", 2)
            found.setdefault(pair, {}).setdefault(side, {})[column] = arrays[name]
    return {
        pair: (pd.DataFrame(sides["reference"]), pd.DataFrame(sides["current"]))
        for pair, sides in found.items()
    }


def columns_of(frame):
    numbers = list(frame.select_dtypes("number"))
    return numbers, [name for name in frame if name not in numbers]


def evidently(reference, current):
    """`ValueDrift` by column and method: p-values of tests, distances of the others."""
    from evidently import DataDefinition, Dataset, Report
    from evidently.metrics import ValueDrift

    numbers, words = columns_of(reference)
    definition = DataDefinition(numerical_columns=numbers, categorical_columns=words)
    sides = [Dataset.from_pandas(side, data_definition=definition) for side in (current, reference)]
    asked = [(name, method) for name in numbers for method in ("ks", "psi")]
    asked += [(name, method) for name in words for method in ("chisquare", "psi", "jensenshannon")]
    report = Report([ValueDrift(column=name, method=method) for name, method in asked])
    metrics = report.run(*sides).dict()["metrics"]
    found: dict[str, dict[str, float]] = {}
    for (name, method), metric in zip(asked, metrics, strict=True):
        found.setdefault(name, {})[method] = float(metric["value"])
    return found


def nannyml(reference, current):
    """Univariate drift by column and method, and CBPE where there are `score`, `predicted`, `label`."""
    import nannyml as nml

    numbers, words = columns_of(reference)
    calculator = nml.UnivariateDriftCalculator(
        column_names=[*numbers, *words],
        treat_as_categorical=words,
        continuous_methods=["kolmogorov_smirnov", "jensen_shannon"],
        categorical_methods=["chi2", "jensen_shannon"],
        chunk_size=len(current),
    )
    drift = calculator.fit(reference).calculate(current).filter(period="analysis").to_df()
    found = {
        name: {method: float(drift[name, method, "value"].iloc[0]) for method in methods}
        for methods, names in (
            (("kolmogorov_smirnov", "jensen_shannon"), numbers),
            (("chi2", "jensen_shannon"), words),
        )
        for name in names
    }
    if "score" in reference:
        found["estimated"] = _estimated(nml, reference, current)
    return found


def _estimated(nml, reference, current):
    metrics = ["accuracy", "precision", "recall", "f1", "roc_auc"]
    estimator = nml.CBPE(
        metrics=metrics,
        y_pred="predicted",
        y_pred_proba="score",
        y_true="label",
        problem_type="classification_binary",
        chunk_size=len(current),
    )
    found = estimator.fit(reference).estimate(current).filter(period="analysis").to_df()
    return {name: float(found[name, "value"].iloc[0]) for name in metrics}


if __name__ == "__main__":
    tool, path = sys.argv[1:]
    answer = {"evidently": evidently, "nannyml": nannyml}[tool]
    sys.stdout.write(json.dumps({name: answer(*sides) for name, sides in pairs(path).items()}))
