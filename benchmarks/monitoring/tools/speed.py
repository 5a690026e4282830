"""`speed.py TOOL ROWS REPEATS`: measures one tool and prints its figures as JSON.

Each tool gets its own kind of frame, made before the clock starts. Steps are named by what they do.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import clock
import columns

Steps = dict[str, Callable[[], Any]]
Distances = Callable[[], dict[str, float]]
warnings.filterwarnings("ignore")


def cooper(rows: int) -> tuple[Steps, Distances]:
    """Through the front door; PSI, Jensen-Shannon and chi-squared are told by every check."""
    import polars as pl

    from monitoring import profile
    from monitoring.evaluate import evaluate
    from monitoring.monitors import Monitor
    from monitoring.schema import Schema, Task
    from monitoring.window import Window

    reference, current = (
        pl.DataFrame(columns.table(rows, is_reference=side)) for side in (True, False)
    )
    schema = Schema(features=tuple(reference.columns), task=Task.REGRESSION)
    now = datetime(2026, 1, 2, tzinfo=UTC)
    window = Window(current, now - timedelta(days=1), now)
    tests = (
        Monitor("ks", "data_drift", columns=columns.NUMBERS, statistic="ks"),
        Monitor("chi", "data_drift", columns=columns.WORDS),
    )
    kept: dict[str, Any] = {}

    def build() -> None:
        kept.clear()  # A profile is not built while an older one is held.
        kept["profile"] = profile.build(schema, reference, kept_values=None)

    def check(*monitors: Monitor) -> None:
        kept["report"] = evaluate(monitors, kept["profile"], window)

    def distances() -> dict[str, float]:
        check(*tests)
        found = kept["report"].findings
        return {f.column: f.value if f.monitor == "ks" else f.detail["chi_squared"] for f in found}

    steps = {
        "reference": build,
        "tests": lambda: check(*tests),
        "psi": lambda: check(Monitor("psi", "data_drift")),
    }
    return steps, distances


def scipy(rows: int) -> tuple[Steps, Distances]:
    """By hand: scipy's tests, and polars to count."""
    import numpy as np
    import polars as pl
    from scipy import stats

    reference, current = (
        pl.DataFrame(columns.table(rows, is_reference=side)) for side in (True, False)
    )

    def tests() -> dict[str, float]:
        found = {}
        for name in columns.NUMBERS:
            sides = reference[name].to_numpy(), current[name].to_numpy()
            found[name] = float(stats.ks_2samp(*sides, method="asymp").statistic)
        for name in columns.WORDS:
            tables = [side[name].value_counts() for side in (reference, current)]
            both = tables[0].join(tables[1], on=name, how="full", suffix="_now").fill_null(0)
            counts = both.select("count", "count_now").to_numpy().T
            found[name] = float(stats.chi2_contingency(counts, correction=False).statistic)
        return found

    def psi() -> None:
        for name in columns.NUMBERS:
            before, now = reference[name].to_numpy(), current[name].to_numpy()
            edges = np.unique(np.quantile(before, np.arange(1, 10) / 10))
            p, q = (
                np.bincount(np.searchsorted(edges, side), minlength=len(edges) + 1) / len(side)
                for side in (before, now)
            )
            np.sum((q - p) * np.log(np.maximum(q, 1e-4) / np.maximum(p, 1e-4)))

    return {"tests": tests, "psi": psi}, tests


def evidently(rows: int) -> tuple[Steps, Distances]:
    import pandas as pd
    from evidently import DataDefinition, Dataset, Report
    from evidently.metrics import ValueDrift

    definition = DataDefinition(
        numerical_columns=list(columns.NUMBERS), categorical_columns=list(columns.WORDS)
    )
    reference, current = (
        Dataset.from_pandas(
            pd.DataFrame(columns.table(rows, is_reference=side)), data_definition=definition
        )
        for side in (True, False)
    )

    def run(numbers: str, words: str) -> None:
        asked = [ValueDrift(column=name, method=numbers) for name in columns.NUMBERS]
        asked += [ValueDrift(column=name, method=words) for name in columns.WORDS]
        Report(asked).run(current, reference)

    return {"tests": lambda: run("ks", "chisquare"), "psi": lambda: run("psi", "psi")}, dict


def nannyml(rows: int) -> tuple[Steps, Distances]:
    import nannyml as nml
    import pandas as pd

    reference, current = (
        pd.DataFrame(columns.table(rows, is_reference=side)) for side in (True, False)
    )
    kept: dict[str, Any] = {}

    def fit() -> None:
        kept["calculator"] = nml.UnivariateDriftCalculator(
            column_names=[*columns.NUMBERS, *columns.WORDS],
            continuous_methods=["kolmogorov_smirnov"],
            categorical_methods=["chi2"],
            chunk_size=rows,
        ).fit(reference)

    def tests() -> None:
        kept["result"] = kept["calculator"].calculate(current)

    def distances() -> dict[str, float]:
        found = kept["result"].filter(period="analysis").to_df()
        methods = dict.fromkeys(columns.NUMBERS, "kolmogorov_smirnov")
        methods |= dict.fromkeys(columns.WORDS, "chi2")
        return {name: float(found[name, each, "value"].iloc[0]) for name, each in methods.items()}

    return {"reference": fit, "tests": tests}, distances


def main() -> None:
    tool, rows, repeats = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    measured = {"cooper": cooper, "scipy": scipy, "evidently": evidently, "nannyml": nannyml}[tool]
    # A small table first: what the libraries take when they are loaded and first used is no data.
    for call in measured(1_000)[0].values():
        call()
    bare = clock.settled()
    steps, distances = measured(rows)
    found: dict[str, Any] = {"data": clock.settled() - bare, "steps": {}}
    for name, call in steps.items():
        most = clock.peak(call) - bare
        wall, cpu = clock.seconds(call, repeats)
        found["steps"][name] = {"peak": most, "wall": wall, "cpu": cpu}
    found["distances"] = distances()
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
