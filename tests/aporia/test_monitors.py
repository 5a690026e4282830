"""Which of Aporia's monitors stands for which of ours, and what stays with our own."""

import pytest
from states import DAY, monitor, state

FOUND = {
    "data_drift": ("data_drift", "APORIA_DRIFT_SCORE", "TRAINING"),
    "prediction_drift": ("prediction_drift", "APORIA_DRIFT_SCORE", "TRAINING"),
    "new_values": ("new_values", "VALUES_RANGE", "TRAINING"),
    "activity": ("model_activity", "RATIO", "SERVING"),
    "missing_values": ("missing_values", "RANGE", None),
    "staleness": ("model_staleness", "MODEL_STALENESS", None),
}
OWN = (
    *("label_drift", "multivariate_drift", "concept_drift", "estimated_performance"),
    *("class_imbalance", "bias", "value_types"),
)


def test_every_check_has_its_counterpart_or_is_told_to_have_none(aporia, register):
    columns = {"missing_values": ["age"]}
    monitors = [
        monitor(check.replace("_", "-"), check, columns=columns.get(check, []))
        for check in (*FOUND, *OWN)
    ]
    outcome = register(state(monitors=monitors))
    there = {each["name"].replace("-", "_"): parts(each) for each in aporia.all("monitors")}
    assert there == FOUND
    assert outcome["left"] == [
        f"monitor {check.replace('_', '-')}: Aporia has nothing like {check}" for check in OWN
    ]


def parts(found):
    configuration = found["configuration"]["configuration"]
    (logic,) = configuration["logicEvaluations"]
    return found["type"], logic["name"], configuration.get("baseline", {}).get("source")


def logic_of(aporia, name):
    configuration = aporia.named("monitors", name)["configuration"]["configuration"]
    return configuration["logicEvaluations"][0]


def test_thresholds_windows_and_severities_are_carried_over(aporia, register):
    monitors = [
        monitor("hours", "activity", threshold=0.5, window=6 * 3600, severity="low"),
        monitor("days", "missing_values", columns=["age"], threshold=0.05, window=2 * DAY),
        monitor("weeks", "prediction_drift", threshold=0.2, window=14 * DAY, severity="high"),
        monitor("new", "new_values", threshold=0.01),
        monitor("stale", "staleness", threshold=30.5),
    ]
    assert register(state(monitors=monitors))["left"] == []
    assert logic_of(aporia, "hours") == {"name": "RATIO", "min": 0.5}
    assert logic_of(aporia, "days") == {"name": "RANGE", "max": 0.05}
    assert logic_of(aporia, "weeks")["thresholds"] == {"numeric": 0.2, "categorical": 0.2}
    assert logic_of(aporia, "new")["new_values_ratio_threshold"] == 0.01
    assert logic_of(aporia, "stale") == {"name": "MODEL_STALENESS", "max": "31d"}
    periods, severities = {}, {}
    for each in aporia.all("monitors"):
        configuration = each["configuration"]["configuration"]
        periods[each["name"]] = configuration["focal"].get("timePeriod")
        severities[each["name"]] = configuration["actions"][0]["severity"]
    assert periods == {"hours": "6h", "days": "2d", "weeks": "2w", "new": "1d", "stale": None}
    assert (severities["hours"], severities["days"], severities["weeks"]) == (
        "LOW",
        "MEDIUM",
        "HIGH",
    )
    baseline = aporia.named("monitors", "hours")["configuration"]["configuration"]["baseline"]
    assert baseline == {"source": "SERVING", "timePeriod": "6h", "skipPeriod": "6h"}


def test_columns_are_those_named_or_all_that_fit(aporia, register):
    monitors = [
        monitor("all", "data_drift"),
        monitor("one", "data_drift", columns=["health"]),
        monitor("new", "new_values"),
        monitor("predictions", "prediction_drift"),
    ]
    register(state(monitors=monitors))
    looked = {
        each["name"]: each["configuration"]["identification"] for each in aporia.all("monitors")
    }
    assert looked["all"]["features"] == ["age", "health"]
    assert looked["one"]["features"] == ["health"]
    assert looked["new"]["features"] == ["health"]
    assert looked["predictions"]["predictions"] == ["prediction"]


def test_performance_is_bound_from_the_side_that_is_worse(aporia, register):
    monitors = [monitor("error", "performance", metric="rmse", threshold=1.5)]
    register(state(monitors=monitors))
    assert logic_of(aporia, "error") == {"name": "RANGE", "max": 1.5}
    found = aporia.named("monitors", "error")["configuration"]
    assert found["configuration"]["metric"] == {"type": "rmse"}
    assert found["identification"]["predictions"] == ["prediction"]


def test_a_mean_over_classes_is_aporias_macro_average(aporia, register):
    monitors = [
        monitor("f1", "performance", metric="f1", threshold=0.8),
        monitor("accuracy", "performance", metric="accuracy", threshold=0.9),
    ]
    kinds = {
        "task": "multiclass",
        "predictions": {"prediction": "categorical"},
        "target": {"name": "digit", "kind": "categorical", "prediction": "prediction"},
    }
    register(state(monitors=monitors, **kinds))
    metrics = {
        each["name"]: each["configuration"]["configuration"]["metric"]
        for each in aporia.all("monitors")
    }
    assert metrics == {
        "f1": {"type": "f1", "average": "macro"},
        "accuracy": {"type": "accuracy"},
    }
    assert logic_of(aporia, "f1") == {"name": "RANGE", "min": 0.8}


@pytest.mark.parametrize(
    ("changes", "settings", "reason"),
    [
        ({"check": "data_drift", "statistic": "psi"}, {}, "Aporia's drift score is not psi"),
        ({"check": "data_drift"}, {"training": None}, "no training data to compare with"),
        ({"check": "data_drift", "threshold": None}, {}, "it has no threshold"),
        ({"check": "data_drift", "columns": ["gone"]}, {}, "gone is no profiled feature"),
        ({"check": "new_values", "columns": ["age"]}, {}, "age is no categorical feature"),
        ({"check": "values_range"}, {}, "Aporia's looks at the extremes"),
        ({"check": "activity", "window": 5400}, {}, "Aporia looks back whole hours"),
        ({"check": "missing_values"}, {}, "values of health were missing in training"),
        ({"check": "performance", "metric": "f1"}, {}, "Aporia's f1 is another"),
        ({"check": "performance", "metric": None}, {}, "Aporia's metric is another"),
        ({"check": "staleness", "metric": "prediction"}, {}, "the age of the version"),
    ],
)
def test_what_would_mean_something_else_in_aporia_stays_with_our_own(
    aporia, register, changes, settings, reason
):
    outcome = register(state(monitors=[monitor("it", **changes)]), **settings)
    assert aporia.all("monitors") == []
    (left,) = outcome["left"]
    assert left.startswith("monitor it: ")
    assert reason in left


@pytest.mark.parametrize("check", ["prediction_drift", "performance"])
def test_a_profile_without_predictions_has_no_monitors_of_them(aporia, register, check):
    monitors = [monitor("it", check, metric="rmse" if check == "performance" else None)]
    outcome = register(state(monitors=monitors, predictions={}, target=None))
    assert aporia.all("monitors") == []
    assert len(outcome["left"]) == 1


def test_a_profile_without_categories_has_no_new_values(aporia, register):
    features = [{"name": "age", "kind": "numeric", "missing": 0.0}]
    outcome = register(state(features=features, monitors=[monitor("it", "new_values")]))
    assert outcome["left"] == ["monitor it: there is no categorical feature"]
