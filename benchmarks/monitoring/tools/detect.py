"""`detect.py TOOL ROWS REPEATS`: the share of repetitions in which a tool alerts, by scenario.

Each tool judges as it does by default. Prints `{scenario: {way: share, or null where not judged}}`.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import scenarios

Found = dict[str, float | None]
Table = dict[str, scenarios.Column]
warnings.filterwarnings("ignore")
_SEED = 11


def cooper(reference: Table, current: Table) -> Found:
    """The default monitors of a column; drift by each statistic, and ADWIN, for themselves."""
    import polars as pl

    from monitoring import profile
    from monitoring.evaluate import evaluate
    from monitoring.findings import Finding, Verdict
    from monitoring.monitors import Monitor
    from monitoring.schema import Schema, Task
    from monitoring.window import Window

    before, after = pl.DataFrame(reference), pl.DataFrame(current)
    names = tuple(before.columns)
    is_number = before[names[0]].dtype.is_numeric()
    now = datetime(2026, 1, 2, tzinfo=UTC)
    monitors = [
        Monitor("drift", "data_drift"),
        Monitor("psi", "data_drift", statistic="psi"),
        Monitor("range" if is_number else "new", "values_range" if is_number else "new_values"),
    ]
    if is_number:
        monitors.append(Monitor("ks", "data_drift", statistic="ks"))
        monitors.append(Monitor("adwin", "concept_drift", columns=names))
    report = evaluate(
        monitors,
        profile.build(Schema(features=names, task=Task.REGRESSION), before, kept_rows=0),
        Window(after, now - timedelta(days=1), now),
    )

    def share(*wanted: str) -> float | None:
        found: dict[str | None, list[Finding]] = {}
        for finding in report.findings:
            if finding.monitor in wanted and finding.verdict is not Verdict.NO_DATA:
                found.setdefault(finding.column, []).append(finding)
        if not found:
            return None
        return sum(any(f.verdict is Verdict.ALERT for f in each) for each in found.values()) / len(
            names
        )

    return {
        "Cooper": share("drift", "range", "new"),
        "drift alone": share("drift"),
        "PSI": share("psi"),
        "KS D": share("ks"),
        "ADWIN": share("adwin"),
    }


def evidently(reference: Table, current: Table) -> Found:
    import pandas as pd
    from evidently import DataDefinition, Dataset, Report
    from evidently.metrics import ValueDrift

    before, after = pd.DataFrame(reference), pd.DataFrame(current)
    numbers = list(before.select_dtypes("number"))
    definition = DataDefinition(
        numerical_columns=numbers,
        categorical_columns=[name for name in before if name not in numbers],
    )
    sides = [Dataset.from_pandas(side, data_definition=definition) for side in (after, before)]
    found = Report([ValueDrift(column=name) for name in before]).run(*sides).dict()["metrics"]
    return {"Evidently": _share([_evidently_alerts(metric) for metric in found])}


def _evidently_alerts(metric: dict) -> bool:
    """A distance alerts from its threshold on; a p-value below it."""
    method, value = metric["config"]["method"], float(metric["value"])
    is_distance = "distance" in method.lower()
    return value >= metric["config"]["threshold"] if is_distance else value < 0.05


def nannyml(reference: Table, current: Table) -> Found:
    import nannyml as nml
    import pandas as pd

    before, after = pd.DataFrame(reference), pd.DataFrame(current)
    calculator = nml.UnivariateDriftCalculator(column_names=list(before), chunk_size=len(after))
    drift = calculator.fit(before).calculate(after).filter(period="analysis").to_df()
    return {"NannyML": _share([bool(drift[n, "jensen_shannon", "alert"].iloc[0]) for n in before])}


def _share(alerts: Sequence[bool]) -> float:
    return sum(alerts) / len(alerts)


def main() -> None:
    tool, rows, repeats = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    answer = {"cooper": cooper, "evidently": evidently, "nannyml": nannyml}[tool]
    found = {
        scenario.name: answer(*scenarios.tables(scenario, rows, repeats, _SEED))
        for scenario in scenarios.SCENARIOS
    }
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
