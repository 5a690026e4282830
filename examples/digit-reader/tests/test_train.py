import json
import re
import shutil
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
import train
from columns import FEATURES
from mlflow.pyfunc.scoring_server import invocations

PROJECT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def model(model_dir):
    return mlflow.pyfunc.load_model(str(model_dir))


@pytest.fixture
def rows():
    return pd.read_csv(PROJECT / "data/holdout.csv").head(50).astype("float64")


def test_each_epoch_prints_an_accuracy_that_rises(trained):
    found = re.findall(r"epoch=(\d+); .*validation_accuracy=([0-9.]+)", trained[1])
    assert [int(epoch) for epoch, _ in found] == [1, 2, 3, 4, 5, 6]
    assert float(found[-1][1]) > max(0.9, float(found[0][1]))


def answer(model, body):
    return invocations(
        json.dumps(body), "application/json", model, model.metadata.get_input_schema()
    )


def test_the_scoring_server_answers_the_sample_with_its_digit(model):
    sample = json.loads((PROJECT / "sample.json").read_text())
    answered = answer(model, sample)
    assert answered.status == 200
    assert json.loads(answered.response)["predictions"] == [5]


def test_with_probabilities_it_answers_one_a_digit(model):
    sample = json.loads((PROJECT / "sample.json").read_text())
    answered = answer(model, {**sample, "params": {"probabilities": True}})
    ((*probabilities,),) = json.loads(answered.response)["predictions"]
    assert len(probabilities) == 10
    assert sum(probabilities) == pytest.approx(1)
    assert int(np.argmax(probabilities)) == 5


@pytest.mark.parametrize("ink", [17, -1, None])
def test_a_request_with_impossible_ink_is_the_callers_fault(model, ink):
    sample = json.loads((PROJECT / "sample.json").read_text())
    sample["dataframe_split"]["data"][0][27] = ink
    with pytest.raises(mlflow.exceptions.MlflowException, match="from 0 to 16") as caught:
        answer(model, sample)
    assert caught.value.get_http_status_code() == 400


def test_a_request_without_a_column_is_refused(model, rows):
    with pytest.raises(mlflow.exceptions.MlflowException, match="pixel_3_3"):
        model.predict(rows[FEATURES].drop(columns="pixel_3_3"))


def test_columns_in_another_order_are_the_same_image(model, rows):
    np.testing.assert_array_equal(
        model.predict(rows[FEATURES[::-1]]), model.predict(rows[FEATURES])
    )


def test_versions_with_different_networks_are_loaded_side_by_side(model, model_dir, rows, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(model_dir, other)
    code = (other / "artifacts/network.py").read_text()
    assert "return self.layers(images)" in code
    (other / "artifacts/network.py").write_text(
        code.replace("return self.layers(images)", "return -self.layers(images)")
    )
    reversed_model = mlflow.pyfunc.load_model(str(other))
    best = model.predict(rows[FEATURES], params={"probabilities": True}).argmax(axis=1)
    worst = reversed_model.predict(rows[FEATURES], params={"probabilities": True}).argmin(axis=1)
    np.testing.assert_array_equal(best, worst)


def test_nothing_of_the_model_is_pickled_code(model_dir):
    assert not list(model_dir.rglob("*.pkl"))
    pinned = (model_dir / "requirements.txt").read_text()
    assert re.search(r"^torch==[0-9.]+$", pinned, flags=re.MULTILINE)


@pytest.mark.parametrize(
    "given",
    [["--lr", "0.2", "--learning_rate", "0.05"], ["--learning_rate", "0.05", "--lr", "0.2"]],
)
def test_the_short_learning_rate_wins_over_the_projects_default(given):
    assert train.parse_args(given).learning_rate == 0.2


@pytest.mark.parametrize(
    "argument",
    [
        *("--epochs=0", "--batch_size=0", "--checkpoint_every=0", "--processes=0"),
        *("--processes=33", "--dropout=1", "--shift=8", "--learning_rate=fast"),
    ],
)
def test_a_wrong_hyperparameter_ends_the_training(argument, capsys):
    with pytest.raises(SystemExit):
        train.parse_args([argument])
    assert "error" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        ({}, "checkpoints"),
        ({"SM_MODEL_DIR": "/opt/ml/model"}, "/opt/ml/checkpoints"),
        ({"SM_MODEL_DIR": "/j/ml/model", "SAGEMAKER_BASE_DIR": "/j/ml"}, "/j/ml/checkpoints"),
        ({"SM_MODEL_DIR": "/opt/ml/model", "SM_CHECKPOINT_DIR": "/scratch"}, "/scratch"),
    ],
)
def test_checkpoints_are_where_sagemaker_copies_them_from(monkeypatch, variables, folder):
    for name in ("SM_MODEL_DIR", "SAGEMAKER_BASE_DIR", "SM_CHECKPOINT_DIR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert train.parse_args([]).checkpoint_dir == Path(folder)
