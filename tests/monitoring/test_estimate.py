import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from policies import lapses
from sklearn import metrics as sklearn

from monitoring.estimate import estimate, expected_auc
from monitoring.metrics import NotMeasurableError
from monitoring.schema import Task

ROWS = 200_000


def binary(shift):
    rows = lapses(ROWS, seed=5, shift=shift)
    return rows["score"].to_numpy(), rows["predicted"].to_numpy(), rows["lapsed"].to_numpy()


@pytest.mark.parametrize("shift", [0.0, 0.7, -1.5])
def test_binary_estimates_are_what_is_realised_while_scores_are_calibrated(shift):
    score, told, truth = binary(shift)
    found = estimate(Task.BINARY, score[:, None], told.astype(str), ("yes",))
    for name, wanted in {
        "accuracy": sklearn.accuracy_score(truth, told),
        "precision": sklearn.precision_score(truth, told, pos_label="yes"),
        "recall": sklearn.recall_score(truth, told, pos_label="yes"),
        "f1": sklearn.f1_score(truth, told, pos_label="yes"),
        "roc_auc": sklearn.roc_auc_score(truth == "yes", score),
    }.items():
        assert found.metrics[name] == pytest.approx(wanted, abs=0.006), name
    assert found.metrics["accuracy"] == pytest.approx(
        np.mean(np.maximum(score, 1 - score)), abs=1e-12
    )
    assert abs(found.metrics["accuracy"] - np.mean(truth == told)) < 4 * found.accuracy_error


def test_estimates_of_three_classes_are_what_is_realised():
    r = np.random.default_rng(1)
    scores = r.dirichlet([0.5, 1, 2], ROWS)
    names = np.array(["red", "green", "blue"])
    truth = names[(scores.cumsum(axis=1) < r.random((ROWS, 1))).sum(axis=1)]
    told = names[scores.argmax(axis=1)]
    found = estimate(Task.MULTICLASS, scores, told, tuple(names))
    assert found.metrics["accuracy"] == pytest.approx(np.mean(truth == told), abs=0.005)
    assert found.metrics["f1"] == pytest.approx(
        sklearn.f1_score(truth, told, average="macro"), abs=0.005
    )
    of_each = [sklearn.roc_auc_score(truth == name, scores[:, i]) for i, name in enumerate(names)]
    assert found.metrics["roc_auc"] == pytest.approx(np.mean(of_each), abs=0.005)


def test_a_change_of_the_concept_is_not_seen_and_that_is_its_limit():
    rows = lapses(ROWS, flipped=0.4)
    told, score = rows["predicted"].to_numpy().astype(str), rows["score"].to_numpy()
    found = estimate(Task.BINARY, score[:, None], told, ("yes",))
    assert found.metrics["accuracy"] - np.mean(rows["lapsed"].to_numpy() == told) > 0.2


@given(st.lists(st.integers(0, 100), min_size=2, max_size=40))
def test_the_expected_auc_is_the_sum_over_all_pairs(hundredths):
    scores = np.array(hundredths) / 100
    right = pairs = 0.0
    for i, a in enumerate(scores):
        for j, b in enumerate(scores):
            if i != j:
                pairs += a * (1 - b)
                right += a * (1 - b) * ((a > b) + (a == b) / 2)
    if pairs < 1e-9:
        return
    assert expected_auc(scores) == pytest.approx(right / pairs, abs=1e-9)


@pytest.mark.parametrize("scores", [np.ones(10), np.zeros(10)])
def test_scores_without_doubt_have_no_auc(scores):
    with pytest.raises(NotMeasurableError, match="no doubt"):
        expected_auc(scores)


@pytest.mark.parametrize(
    ("task", "scores", "words"),
    [
        (Task.BINARY, [[1.2], [0.1]], "from 0 to 1"),
        (Task.BINARY, [[-0.2], [0.1]], "from 0 to 1"),
        (Task.MULTICLASS, [[0.5, 0.2, 0.1]] * 2, "add up to 1"),
    ],
)
def test_scores_that_are_no_probabilities_are_refused(task, scores, words):
    with pytest.raises(NotMeasurableError, match=words):
        estimate(task, np.array(scores), np.array(["a", "b"]), ("a", "b", "c")[: len(scores[0])])
