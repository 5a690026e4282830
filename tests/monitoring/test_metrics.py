import math

import numpy as np
import polars as pl
import pytest
from policies import LAPSE, lapses
from sklearn import metrics as sklearn

from monitoring import metrics
from monitoring.metrics import METRICS, NotMeasurableError
from monitoring.schema import Schema, Task
from monitoring.spread import standard_error

VISITS = Schema(features=(), task=Task.COUNT, prediction="p", target="y")
COLOURS = Schema(
    features=(),
    task=Task.MULTICLASS,
    prediction="p",
    target="y",
    scores=(("red", "r"), ("green", "g"), ("blue", "b")),
)


def visits(rows=500, **change):
    r = np.random.default_rng(0)
    rate = r.gamma(2, 1, rows) + 0.1
    return pl.DataFrame({"p": rate, "y": r.poisson(rate)}).with_columns(**change)


def colours(rows=600):
    r = np.random.default_rng(0)
    scores = r.dirichlet([1, 1, 1], rows)
    names = np.array(["red", "green", "blue"])
    truth = [r.choice(names, p=row) for row in scores]
    told = names[scores.argmax(axis=1)]
    return pl.DataFrame(
        {"p": told, "y": truth, "r": scores[:, 0], "g": scores[:, 1], "b": scores[:, 2]}
    )


def of(name, rows, schema):
    return METRICS[name].of(metrics.labelled(rows, schema))


def test_binary_metrics_are_those_of_scikit_learn():
    rows = lapses(700)
    truth, told = rows["lapsed"] == "yes", rows["predicted"] == "yes"
    for name, wanted in {
        "accuracy": sklearn.accuracy_score(truth, told),
        "f1": sklearn.f1_score(truth, told),
        "recall": sklearn.recall_score(truth, told),
        "precision": sklearn.precision_score(truth, told),
        "roc_auc": sklearn.roc_auc_score(truth, rows["score"]),
        "log_loss": sklearn.log_loss(truth, rows["score"]),
        "brier": sklearn.brier_score_loss(truth, rows["score"]),
    }.items():
        assert of(name, rows, LAPSE) == pytest.approx(wanted, rel=1e-12)


def test_metrics_of_three_classes_are_those_of_scikit_learn():
    rows, classes = colours(), ["blue", "green", "red"]
    scores = rows.select("b", "g", "r").to_numpy()
    for name, wanted in {
        "f1": sklearn.f1_score(rows["y"], rows["p"], average="macro"),
        "roc_auc": sklearn.roc_auc_score(
            rows["y"], scores, multi_class="ovr", average="macro", labels=classes
        ),
        "log_loss": sklearn.log_loss(rows["y"], scores, labels=classes),
    }.items():
        assert of(name, rows, COLOURS) == pytest.approx(wanted, rel=1e-12)


def test_metrics_of_counts_are_those_of_scikit_learn():
    rows = visits()
    for name, wanted in {
        "mae": sklearn.mean_absolute_error(rows["y"], rows["p"]),
        "rmse": math.sqrt(sklearn.mean_squared_error(rows["y"], rows["p"])),
        "poisson_deviance": sklearn.mean_poisson_deviance(rows["y"], rows["p"]),
    }.items():
        assert of(name, rows, VISITS) == pytest.approx(wanted, rel=1e-12)


def test_rows_whose_label_has_not_arrived_are_left_out():
    rows = lapses(400)
    late = rows.with_columns(lapsed=pl.when(pl.int_range(400) < 150).then("lapsed"))
    found = metrics.labelled(late, LAPSE)
    assert len(found.truth) == 150
    assert METRICS["accuracy"].of(found) == of("accuracy", rows.head(150), LAPSE)


@pytest.mark.parametrize("dtype", [pl.Int64, pl.Float64, pl.String])
def test_classes_are_the_same_as_number_and_text(dtype):
    schema = Schema(features=(), task=Task.BINARY, prediction="p", target="y", positive="1")
    rows = pl.DataFrame({"p": [1, 0] * 100, "y": [1, 0] * 100}).with_columns(
        pl.col("y").cast(dtype)
    )
    if dtype == pl.String:
        rows = rows.with_columns(y=pl.Series(["1", "0"] * 100))
    assert of("f1", rows, schema) == 1


@pytest.mark.parametrize(
    ("name", "rows", "schema", "words"),
    [
        ("mae", lapses(200), LAPSE, "no metric of a binary"),
        ("f1", visits(), VISITS, "no metric of a count"),
        ("f1", lapses(99), LAPSE, "99 labelled rows"),
        ("f1", lapses(300).filter(pl.col("lapsed") == "no"), LAPSE, "0 labelled rows of yes"),
        (
            "roc_auc",
            lapses(300).filter(pl.col("lapsed") == "yes"),
            LAPSE,
            "0 labelled rows of the others",
        ),
        ("f1", colours().filter(pl.col("y") != "red"), COLOURS, "0 labelled rows of red"),
        ("accuracy", lapses(200).drop("lapsed"), LAPSE, "'lapsed' is not in the window"),
        ("poisson_deviance", visits(p=pl.lit(0.0)), VISITS, "above 0"),
        ("poisson_deviance", visits(y=pl.lit(-1.0)), VISITS, "from 0 up"),
    ],
)
def test_what_cannot_be_measured_says_why(name, rows, schema, words):
    with pytest.raises(NotMeasurableError, match=words):
        of(name, rows, schema)


def test_scores_that_are_not_there_are_missed():
    schema = Schema(
        features=(), task=Task.BINARY, prediction="predicted", target="lapsed", positive="yes"
    )
    with pytest.raises(NotMeasurableError, match="needs the class probabilities"):
        of("roc_auc", lapses(300), schema)


@pytest.mark.parametrize(
    ("name", "baseline", "worse", "better"),
    [("accuracy", 0.9, 0.8499, 0.8501), ("mae", 10.0, 11.001, 10.999)],
)
def test_the_bound_is_the_baseline_less_what_is_tolerated(name, baseline, worse, better):
    metric = METRICS[name]
    assert metric.fails(worse, metric.bound(baseline))
    assert not metric.fails(better, metric.bound(baseline))


def test_the_standard_error_is_that_of_theory_and_the_same_each_time():
    r = np.random.default_rng(0)
    for rows in (400, 40_000):
        right = r.random(rows) < 0.8
        found = standard_error(rows, lambda places, right=right: right[places].mean())
        assert found == pytest.approx(math.sqrt(0.16 / rows), rel=0.3)
        assert found == standard_error(rows, lambda places, right=right: right[places].mean())
