import json
import re
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
import train
from columns import FEATURES, TARGET
from mlflow.pyfunc.scoring_server import invocations

PROJECT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def model(model_dir):
    return mlflow.pyfunc.load_model(str(model_dir))


@pytest.fixture
def rows():
    return pd.read_csv(PROJECT / "data/holdout.csv")[FEATURES].head(200)


def test_each_epoch_prints_a_deviance_that_falls(trained):
    found = re.findall(r"epoch=(\d+); .*validation_deviance=([0-9.]+)", trained[1])
    assert [int(epoch) for epoch, _ in found] == [1, 2, 3, 4]
    assert float(found[-1][1]) < float(found[0][1])


def test_the_same_seed_gives_the_same_model(tmp_path, rows, model):
    train.main(
        [
            *("--train", str(PROJECT / "data"), "--model-dir", str(tmp_path / "again")),
            *("--output-dir", str(tmp_path / "output"), "--folds", "2"),
            *("--max_rounds", "40", "--lr", "0.1"),
        ]
    )
    again = mlflow.pyfunc.load_model(str(tmp_path / "again"))
    np.testing.assert_array_equal(again.predict(rows), model.predict(rows))


def test_the_scoring_server_answers_the_sample_with_a_frequency(model):
    answer = invocations(
        (PROJECT / "sample.json").read_text(),
        "application/json",
        model,
        model.metadata.get_input_schema(),
    )
    assert answer.status == 200
    (frequency,) = json.loads(answer.response)["predictions"]
    assert 0.1 < frequency < 30


def test_more_coinsurance_never_means_more_visits(model, rows):
    levels = np.linspace(0, 4.6, 8)
    predicted = [model.predict(rows.assign(log_coinsurance=level)) for level in levels]
    assert (np.diff(predicted, axis=0) <= 1e-9).all()


def test_an_unknown_word_and_a_missing_number_are_predicted(model, rows):
    odd = rows.head(2).assign(self_rated_health="splendid", chronic_diseases=np.nan)
    assert np.isfinite(model.predict(odd)).all()


def test_a_request_without_a_column_is_refused(model, rows):
    with pytest.raises(mlflow.exceptions.MlflowException, match="chronic_diseases"):
        model.predict(rows.drop(columns="chronic_diseases"))


@pytest.mark.parametrize(
    "given",
    [["--lr", "0.2", "--learning_rate", "0.05"], ["--learning_rate", "0.05", "--lr", "0.2"]],
)
def test_the_short_learning_rate_wins_over_the_projects_default(given):
    assert train.parse_args(given).learning_rate == 0.2


def test_an_empty_channel_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="no CSV file"):
        train.read_claims(tmp_path)


def test_missing_columns_are_named(tmp_path):
    pd.DataFrame({TARGET: [1]}).to_csv(tmp_path / "claims.csv", index=False)
    with pytest.raises(ValueError, match="lacks the columns chronic_diseases"):
        train.read_claims(tmp_path)


@pytest.mark.parametrize("bad", [-1, None])
def test_a_target_that_is_no_count_is_refused(tmp_path, bad):
    claims = pd.read_csv(PROJECT / "data/holdout.csv").head(3).astype({TARGET: "float"})
    claims.loc[1, TARGET] = bad
    claims.to_csv(tmp_path / "claims.csv", index=False)
    with pytest.raises(ValueError, match="should be a count"):
        train.read_claims(tmp_path)


@pytest.mark.parametrize("argument", ["--folds=1", "--max_rounds=0", "--learning_rate=fast"])
def test_a_wrong_hyperparameter_ends_the_training(argument, capsys):
    with pytest.raises(SystemExit):
        train.parse_args([argument])
    assert "error" in capsys.readouterr().err
