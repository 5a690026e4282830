import hashlib
import json
import tarfile
from pathlib import Path

import evaluate
import numpy as np
import pandas as pd
import pytest
from columns import SHEET, TARGET

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


def test_the_model_reads_the_digits_of_hands_it_never_saw(report):
    assert report["metrics"]["accuracy"] > 0.9
    assert report["metrics"]["macro_f1"] > 0.9
    assert report["metrics"]["log_loss"] < 0.4


def test_the_holdout_is_named_by_its_content(report):
    assert report["rows"] == 382
    assert report["holdout_sha256"] == hashlib.sha256(HOLDOUT.read_bytes()).hexdigest()


def test_the_candidates_predictions_are_kept_row_by_row(report, predictions):
    assert report["predictions"]["file"] == "predictions.csv"
    told = predictions[report["predictions"]["prediction"]]
    right = (told == pd.read_csv(HOLDOUT)[TARGET]).mean()
    assert right == pytest.approx(report["metrics"]["accuracy"])


def test_the_same_model_as_champion_scores_the_same(report):
    assert report["baseline_metrics"] == report["metrics"]
    assert report["baseline_slices"] == report["slices"]


def test_there_is_a_slice_for_every_digit_and_every_sheet(report):
    sizes = {(one["column"], one["value"]): one["rows"] for one in report["slices"]}
    rows = pd.read_csv(HOLDOUT)
    assert sizes == {
        (column, value): count
        for column in (TARGET, SHEET)
        for value, count in rows[column].value_counts().items()
    }
    whole = sum(one["accuracy"] * one["rows"] for one in report["slices"] if one["column"] == SHEET)
    assert whole / len(rows) == pytest.approx(report["metrics"]["accuracy"])


def test_a_digit_read_wrong_shows_in_its_slice():
    rows = pd.read_csv(HOLDOUT)
    probabilities = np.eye(10)[rows[TARGET].replace(3, 5)]
    slices = {one["value"]: one for one in evaluate.score_slices(rows, probabilities)}
    assert slices[3]["accuracy"] == 0
    assert slices[4]["accuracy"] == 1


def test_a_part_with_few_rows_is_no_slice():
    rows = pd.read_csv(HOLDOUT).head(evaluate.MIN_SLICE_ROWS - 1)
    assert evaluate.score_slices(rows, np.eye(10)[rows[TARGET]]) == []


def test_latency_and_size_are_measured(report):
    assert 0 < report["latency_ms"] < 1000
    assert 100_000 < report["size_bytes"] < 1_000_000


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
