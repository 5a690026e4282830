"""What `cooper doctor` finds of the real Airflow, MLflow and the AWS stand-in."""

import pytest

from bot.cli.checks import AmissError, airflow, aws, mlflow
from bot.settings import Settings
from tests.support.projects import ROOT


@pytest.fixture
def settings(platform, tmp_path, monkeypatch):
    services = platform.services
    for name, value in services.AWS_KEYS.items():
        monkeypatch.setenv(name, value)
    configured = (ROOT / "cooper.yaml").read_text()
    assert "bucket: cooper-demo" in configured
    path = tmp_path / "cooper.yaml"
    path.write_text(configured.replace("bucket: cooper-demo", "bucket: cooper-doctor"))

    def made(**changes):
        values = {
            "database_url": "postgresql:///none",
            "slack_bot_token": "xoxb-none",
            "nlu_url": "http://127.0.0.1:9",
            "nlu_token": "none",
            "signing_key_file": tmp_path / "key.pem",
            "config": path,
            "airflow_url": platform.airflow,
            "airflow_username": services.USER,
            "airflow_password": services.PASSWORDS[services.USER],
            "mlflow_tracking_uri": platform.mlflow,
            "aws_endpoint_url": platform.aws,
            "aws_region": services.REGION,
        }
        return Settings(_env_file=None, **(values | changes))

    return made


async def test_airflow_lets_the_user_in_and_has_the_dags(settings):
    assert await airflow(settings()) == "Airflow lets cooper in and has our DAGs."


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"airflow_password": "another"}, "answers 401"),
        ({"airflow_url": "http://127.0.0.1:9"}, "does not answer"),
    ],
)
async def test_an_airflow_that_does_not_let_us_in_is_told(settings, changes, said):
    with pytest.raises(AmissError, match=said):
        await airflow(settings(**changes))


async def test_a_dag_that_is_paused_is_told(settings, platform):
    services = platform.services
    engineer = services.Airflow(platform.airflow)
    paused = "/dags/undeploy_model"
    assert engineer.call("PATCH", paused, {"is_paused": True}).status_code == 200
    try:
        with pytest.raises(AmissError, match="undeploy_model is paused"):
            await airflow(settings())
    finally:
        engineer.call("PATCH", paused, {"is_paused": False})


async def test_mlflow_answers_or_is_told(settings):
    assert await mlflow(settings()) == "MLflow's registry answers."
    with pytest.raises(AmissError, match="does not answer"):
        await mlflow(settings(mlflow_tracking_uri="http://127.0.0.1:9"))


async def test_a_server_that_is_not_mlflow_is_told(settings, platform):
    with pytest.raises(AmissError, match="answers 40"):
        await mlflow(settings(mlflow_tracking_uri=platform.airflow))


async def test_a_bucket_that_is_missing_is_told_and_one_that_is_there_found(settings, platform):
    with pytest.raises(AmissError, match="the bucket cooper-doctor: 404"):
        await aws(settings())
    platform.client("s3").create_bucket(Bucket="cooper-doctor")
    assert "every bucket is there" in await aws(settings())


async def test_without_a_configuration_no_bucket_is_called_there(settings, tmp_path):
    with pytest.raises(AmissError, match="cannot be read"):
        await aws(settings(config=tmp_path / "nowhere.yaml"))


async def test_an_aws_that_does_not_answer_is_told(settings):
    with pytest.raises(AmissError, match="does not tell who we are"):
        await aws(settings(aws_endpoint_url="http://127.0.0.1:9"))
