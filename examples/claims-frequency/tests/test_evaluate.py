import hashlib
import json
import tarfile
from pathlib import Path

import evaluate
import numpy as np
import pandas as pd
import pytest
from columns import TARGET

HOLDOUT = Path(__file__).resolve().parents[1] / "data/holdout.csv"


@pytest.fixture(scope="module")
def output(model_dir, tmp_path_factory):
    """An evaluation as the processing job runs it: archive in, champion beside it."""
    folder = tmp_path_factory.mktemp("processing")
    (folder / "model").mkdir()
    with tarfile.open(folder / "model/model.tar.gz", "w:gz") as archive:
        for path in sorted(model_dir.iterdir()):
            archive.add(path, path.name)
    evaluate.main(
        [
            *("--model-dir", str(folder / "model"), "--holdout", str(HOLDOUT)),
            *("--output-dir", str(folder / "output"), "--baseline-dir", str(model_dir)),
        ]
    )
    return folder / "output"


@pytest.fixture(scope="module")
def report(output):
    return json.loads((output / "evaluation.json").read_text())


@pytest.fixture(scope="module")
def predictions(output):
    return pd.read_csv(output / "predictions.csv")


def test_the_model_is_better_than_the_mean_and_orders_the_risks(report):
    assert report["metrics"]["d2"] > 0.08
    assert report["metrics"]["gini"] > 0.3
    assert report["metrics"]["poisson_deviance"] < 4.3
    assert 0.9 < report["metrics"]["calibration"] < 1.1


def test_the_holdout_is_named_by_its_content(report):
    assert report["rows"] == 4248
    assert report["holdout_sha256"] == hashlib.sha256(HOLDOUT.read_bytes()).hexdigest()


def test_the_candidates_predictions_are_kept_row_by_row(report, predictions):
    assert report["predictions"]["file"] == "predictions.csv"
    told = predictions[report["predictions"]["prediction"]]
    y = pd.read_csv(HOLDOUT)[TARGET].to_numpy(dtype=float)
    assert evaluate.score(y, told.to_numpy())["mae"] == pytest.approx(report["metrics"]["mae"])


def test_the_same_model_as_champion_scores_the_same(report):
    assert report["baseline_metrics"] == report["metrics"]


def test_slices_hold_the_rows_that_are_many_enough(report):
    sizes = {(one["column"], one["value"]): one["rows"] for one in report["slices"]}
    counts = pd.read_csv(HOLDOUT)["self_rated_health"].value_counts()
    assert sizes["self_rated_health", "excellent"] == counts["excellent"]
    assert ("self_rated_health", "poor") not in sizes
    assert counts["poor"] < evaluate.MIN_SLICE_ROWS


def test_latency_and_size_are_measured(report):
    assert 0 < report["latency_ms"] < 1000
    assert 10_000 < report["size_bytes"] < 10_000_000


def test_gini_is_one_for_the_truth_and_turns_with_the_order():
    y = np.array([0.0, 1.0, 2.0, 7.0])
    assert evaluate.gini(y, y) == pytest.approx(1)
    assert evaluate.gini(y, -y) == pytest.approx(-1)


def test_a_folder_without_a_model_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="holds no MLflow model"):
        evaluate.open_model(tmp_path, tmp_path / "unpacked")


def test_two_holdouts_are_refused(tmp_path):
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_bytes(HOLDOUT.read_bytes())
    with pytest.raises(FileNotFoundError, match="should hold one CSV file, holds 2"):
        evaluate.read_holdout(tmp_path)


def test_a_holdout_without_the_target_is_refused(tmp_path):
    pd.read_csv(HOLDOUT).drop(columns=TARGET).to_csv(tmp_path / "holdout.csv", index=False)
    with pytest.raises(ValueError, match=TARGET):
        evaluate.read_holdout(tmp_path)
