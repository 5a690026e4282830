import json

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
    with pytest.raises(RegistryUnavailableError, match="MLflow does not answer"):
        await away.evaluation("claims-frequency", 1)
    with pytest.raises(RegistryUnavailableError, match="MLflow does not answer"):
        await away.mark_live("claims-frequency", 1, "production", "demo-claims-production")


async def test_health_and_links(registry):
    assert await registry.healthy()
    url = registry.version_url("claims-frequency", 3)
    assert url == "https://mlflow.example/#/models/claims-frequency/versions/3"


EVALUATION = {
    "holdout_sha256": "c" * 64,
    "rows": 900,
    "metrics": {"gini": 0.31, "mae": 2.0},
    "slices": [
        {"column": "health", "value": "poor", "rows": 70, "gini": 0.2},
        {"column": "children", "value": 2.0, "rows": 80, "metrics": {"gini": 0.4}},
    ],
    "latency_ms": 3.5,
    "size_bytes": 120_000,
    "verdict": "passed",
    "digest": "sha256:1",
    "checks": [{"metric": "gini", "value": 0.31, "bound": "at least 0.3", "passed": True}],
}


@pytest.fixture(scope="session")
def evaluated(platform, tmp_path_factory):
    """Registers a version whose run keeps this text as `evaluation.json`; its number."""
    from mlflow import MlflowClient

    client = MlflowClient(platform.mlflow, platform.mlflow)
    client.create_registered_model("evaluated")
    experiment = client.create_experiment("evaluated")

    def make(text, folder=None):
        run = client.create_run(experiment).info
        client.log_param(run.run_id, "max_leaf_nodes", 12)
        file = tmp_path_factory.mktemp("evaluation") / "evaluation.json"
        if text is not None:
            file.write_text(text)
            client.log_artifact(run.run_id, str(file), folder)
        return int(client.create_model_version("evaluated", "s3://b/x", run_id=run.run_id).version)

    return make


async def test_stored_evaluation_comes_back_whole(registry, evaluated):
    version = evaluated(json.dumps(EVALUATION))
    found = await registry.evaluation("evaluated", version)
    assert (found.holdout, found.rows, found.verdict) == ("c" * 64, 900, "passed")
    assert found.metrics == {"gini": 0.31, "mae": 2.0}
    [check] = found.checks
    assert (check.metric, check.bound, check.passed) == ("gini", "at least 0.3", True)
    slices = [(part.column, part.value, part.rows, part.metrics) for part in found.slices]
    assert slices == [("health", "poor", 70, {"gini": 0.2}), ("children", "2", 80, {"gini": 0.4})]
    assert (found.latency_ms, found.size_bytes, found.digest) == (3.5, 120_000, "sha256:1")
    assert (await registry.version("evaluated", version)).params == {"max_leaf_nodes": "12"}


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "[]",
        "{not json",
        json.dumps({**EVALUATION, "rows": "many"}),
        json.dumps({**EVALUATION, "slices": ["poor"]}),
        json.dumps({**EVALUATION, "checks": [{"metric": "gini"}]}),
        json.dumps({key: value for key, value in EVALUATION.items() if key != "holdout_sha256"}),
    ],
)
async def test_evaluation_that_is_missing_or_broken_is_none(registry, evaluated, text):
    assert await registry.evaluation("evaluated", evaluated(text)) is None


async def test_evaluation_elsewhere_in_the_run_is_not_taken_for_it(registry, evaluated):
    version = evaluated(json.dumps(EVALUATION), folder="model")
    assert await registry.evaluation("evaluated", version) is None


async def test_metric_that_is_no_number_is_left_out(registry, evaluated):
    odd = {**EVALUATION, "metrics": {"gini": 0.3, "nan": float("nan"), "on": True, "word": "x"}}
    found = await registry.evaluation("evaluated", evaluated(json.dumps(odd)))
    assert found.metrics == {"gini": 0.3}


async def test_version_without_a_run_or_that_does_not_exist_has_no_evaluation(registry, model):
    assert await registry.evaluation(model, 4) is None
    assert await registry.evaluation(model, 99) is None
    assert await registry.evaluation("no-such-model", 1) is None


@pytest.fixture
def served(platform, request):
    """A model of three versions, the first of which was live in production; its name."""
    from mlflow import MlflowClient

    client = MlflowClient(platform.mlflow, platform.mlflow)
    name = f"served-{abs(hash(request.node.name))}"
    client.create_registered_model(name)
    for _ in range(3):
        client.create_model_version(name, "s3://b/x")
    client.set_model_version_tag(name, "1", "cooper.endpoint.production", "demo-p")
    client.set_registered_model_alias(name, "champion", "1")
    return name


async def live(registry, name):
    """Which versions are tagged as live in production, and the champion."""
    versions = await registry.versions(name)
    tagged = [v.version for v in versions if "cooper.endpoint.production" in v.tags]
    return tagged, [v.version for v in versions if "champion" in v.aliases]


async def test_what_serves_in_production_is_champion_and_alone(registry, served):
    for _ in range(2):
        await registry.mark_live(served, 3, "production", "demo-p")
        assert await live(registry, served) == ([3], [3])


async def test_what_serves_in_staging_leaves_the_champion_alone(registry, served):
    await registry.mark_live(served, 2, "staging", "demo-s")
    assert await live(registry, served) == ([1], [1])
    assert (await registry.version(served, 2)).tags["cooper.endpoint.staging"] == "demo-s"


@pytest.mark.parametrize("version", [None, 99])
async def test_where_nothing_known_serves_nothing_is_champion(registry, served, version):
    for _ in range(2):
        await registry.mark_live(served, version, "production", "demo-p")
        assert await live(registry, served) == ([], [])


async def test_marking_a_model_that_does_not_exist_changes_nothing(registry):
    await registry.mark_live("no-such-model", 1, "production", "demo-p")
    assert await registry.versions("no-such-model") == []
