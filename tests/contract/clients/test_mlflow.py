import pytest

from actions.ports import RegistryUnavailableError
from infra.clients.mlflow import MlflowRegistry


@pytest.fixture(scope="session")
def registry(platform):
    return MlflowRegistry(platform.mlflow, "https://mlflow.example")


@pytest.fixture(scope="session")
def model(platform):
    """A model of three versions; the second is champion, the third challenger."""
    from mlflow import MlflowClient

    client = MlflowClient(platform.mlflow, platform.mlflow)
    name = "claims-frequency"
    client.create_registered_model(name)
    experiment = client.create_experiment(name)
    for number in (1, 2, 3):
        run = client.create_run(experiment).info
        client.log_metric(run.run_id, "gini", number / 10)
        client.log_metric(run.run_id, "training/loss", 9.0)
        tags = {"cooper.artifact": f"s3://b/{number}.tar.gz", "cooper.request": f"R{number}"}
        client.create_model_version(name, f"s3://b/{number}", run_id=run.run_id, tags=tags)
    client.set_registered_model_alias(name, "champion", "2")
    client.set_registered_model_alias(name, "challenger", "3")
    client.create_model_version(name, "s3://b/by-hand")
    return name


async def test_versions_come_newest_first_with_aliases_and_metrics(registry, model):
    found = await registry.versions(model)
    assert [version.version for version in found] == [4, 3, 2, 1]
    aliases = [version.aliases for version in found]
    assert aliases == [(), ("challenger",), ("champion",), ()]
    assert found[1].metrics == {"gini": 0.3}
    assert found[1].artifact == "s3://b/3.tar.gz"
    assert found[1].request == "R3"
    assert found[1].created.tzinfo is not None


async def test_version_made_by_hand_has_no_artifact_and_no_metrics(registry, model):
    found = await registry.version(model, "latest")
    assert (found.version, found.artifact, found.metrics) == (4, None, {})


@pytest.mark.parametrize(
    ("asked", "number"), [(1, 1), ("1", 1), ("champion", 2), ("challenger", 3), ("latest", 4)]
)
async def test_version_by_number_or_alias(registry, model, asked, number):
    assert (await registry.version(model, asked)).version == number


@pytest.mark.parametrize("asked", [99, "shadow", 0])
async def test_version_that_does_not_exist_is_none(registry, model, asked):
    assert await registry.version(model, asked) is None


@pytest.mark.parametrize("name", ["no-such-model", "o'hara"])
@pytest.mark.parametrize("asked", [1, "champion", "latest"])
async def test_model_that_does_not_exist_is_none(registry, platform, name, asked):
    assert await registry.versions(name) == []
    assert await registry.version(name, asked) is None


async def test_server_that_is_away_is_said(platform):
    away = MlflowRegistry(f"http://127.0.0.1:{platform.services.free_port()}")
    assert not await away.healthy()
    with pytest.raises(RegistryUnavailableError, match="MLflow does not answer"):
        await away.versions("claims-frequency")


async def test_health_and_links(registry):
    assert await registry.healthy()
    url = registry.version_url("claims-frequency", 3)
    assert url == "https://mlflow.example/#/models/claims-frequency/versions/3"
