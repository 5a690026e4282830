"""MLflow: runs and model versions, each made once for a run."""

import os
from pathlib import Path
from typing import Any

from cooper_dags.conf import Run
from cooper_dags.errors import RefusedError
from cooper_dags.history import Point

RUN_TAG = "cooper.run"
ARTIFACT_TAG = "cooper.artifact"
EVALUATION_TAG = "cooper.evaluation"
VERDICT_TAG = "cooper.verdict"
PROFILE_TAG = "cooper.profile.uri"
PROFILE_HASH_TAG = "cooper.profile.sha256"
_MODEL_FOLDER = "model"
_METRICS_A_CALL = 1000
"""MLflow takes no more in one call."""


def client() -> Any:
    """A client of the server that `MLFLOW_TRACKING_URI` names."""
    if not os.environ.get("MLFLOW_TRACKING_URI"):
        raise RefusedError("MLFLOW_TRACKING_URI is not set for Airflow's workers.")
    from mlflow import MlflowClient

    return MlflowClient()


def _found(call: Any) -> Any | None:
    """What `call` answers, or None where MLflow has no such thing."""
    from mlflow.exceptions import MlflowException

    try:
        return call()
    except MlflowException as error:
        # An alias that nothing holds is INVALID_PARAMETER_VALUE in some stores.
        absent = error.error_code == "RESOURCE_DOES_NOT_EXIST" or "not found" in str(error)
        if absent:
            return None
        raise


def champion(model: str) -> tuple[int, str] | None:
    """Version and `model.tar.gz` of the model's champion, or None."""
    mlflow = client()
    version = _found(lambda: mlflow.get_model_version_by_alias(model, "champion"))
    if version is None or ARTIFACT_TAG not in version.tags:
        return None
    return int(version.version), str(version.tags[ARTIFACT_TAG])


def alias_version(model: str, alias: str) -> int | None:
    """The version that the alias names, or None."""
    mlflow = client()
    found = _found(lambda: mlflow.get_model_version_by_alias(model, alias))
    return None if found is None else int(found.version)


def tag_of(model: str, version: int, tag: str) -> str | None:
    """The tag of a version; None where either is not there."""
    found = version_of(model, version)
    return None if found is None else found.tags.get(tag)


def version_of(model: str, version: int) -> Any | None:
    """The model version, or None."""
    mlflow = client()
    return _found(lambda: mlflow.get_model_version(model, str(version)))


def lineage(run: Run) -> dict[str, str]:
    """Tags that say what a run and its model were made of."""
    plan = run.plan
    return {
        RUN_TAG: run.id,
        "cooper.request": plan["request"],
        "cooper.installation": plan["installation"],
        "cooper.project": plan["project"],
        "cooper.requested-by": plan["requested_by"]["id"],
        "cooper.requested-by.name": plan["requested_by"]["name"],
        "cooper.plan-digest": run.digest,
        "cooper.source.sha256": plan["source"]["sha256"],
        "cooper.data.sha256": plan["data"]["sha256"],
        "cooper.holdout.sha256": plan["holdout"]["sha256"],
    }


def experiment(mlflow: Any, name: str) -> str:
    """The id of the experiment, made where there is none."""
    from mlflow.exceptions import MlflowException

    found = mlflow.get_experiment_by_name(name)
    if found is None:
        try:
            return str(mlflow.create_experiment(name))
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
            found = mlflow.get_experiment_by_name(name)
    return str(found.experiment_id)


def log_run(
    run: Run,
    metrics: dict[str, float],
    history: list[Point],
    params: dict[str, Any],
    tags: dict[str, str],
) -> str:
    """The MLflow run of this training, with its figures and lineage; its id.

    Safe to repeat: values with the same time and step are kept once.

    Args:
        run: The training run.
        metrics: Values at the end.
        history: Values on the way.
        params: What the training was given.
        tags: Beside the lineage.
    """
    from mlflow.entities import Metric, Param, RunTag

    mlflow = client()
    found_in = experiment(mlflow, run.plan["project"])
    found = mlflow.search_runs([found_in], f"tags.`{RUN_TAG}` = '{run.id}'", max_results=1)
    if found:
        info = found[0].info
    else:
        info = mlflow.create_run(found_in, tags={RUN_TAG: run.id}, run_name=run.id).info
    mlflow.log_batch(
        info.run_id,
        metrics=[Metric(name, value, info.start_time, 0) for name, value in metrics.items()],
        params=[Param(name, str(value)) for name, value in params.items()],
        tags=[RunTag(name, value) for name, value in {**lineage(run), **tags}.items()],
    )
    values = [Metric(one.name, one.value, one.timestamp, one.step) for one in history]
    for start in range(0, len(values), _METRICS_A_CALL):
        mlflow.log_batch(info.run_id, metrics=values[start : start + _METRICS_A_CALL])
    return str(info.run_id)


def log_files(mlflow_run: str, model: Path, documents: dict[str, Any]) -> None:
    """Keep the model's folder, and each document as JSON at the root; then the run is over."""
    mlflow = client()
    mlflow.log_artifacts(mlflow_run, str(model), _MODEL_FOLDER)
    for name, document in documents.items():
        mlflow.log_dict(mlflow_run, document, name)
    mlflow.set_terminated(mlflow_run, "FINISHED")


def register(run: Run, mlflow_run: str, tags: dict[str, str]) -> int:
    """The version of the run in the registry, made at most once; its number."""
    from mlflow.exceptions import MlflowException

    mlflow, name = client(), run.plan["model_name"]
    try:
        mlflow.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    all_tags = {**lineage(run), **tags}
    found = mlflow.search_model_versions(f"name = '{name}' and run_id = '{mlflow_run}'")
    ours = [version for version in found if version.tags.get(RUN_TAG) == run.id]
    if ours:
        for key, value in all_tags.items():
            mlflow.set_model_version_tag(name, ours[0].version, key, value)
        return int(ours[0].version)
    artifacts = mlflow.get_run(mlflow_run).info.artifact_uri
    made = mlflow.create_model_version(
        name, f"{artifacts}/{_MODEL_FOLDER}", run_id=mlflow_run, tags=all_tags
    )
    return int(made.version)


def set_alias(model: str, alias: str, version: int) -> None:
    """Let `alias` name the version, and no other."""
    client().set_registered_model_alias(model, alias, str(version))


def delete_alias(model: str, alias: str) -> None:
    """Let `alias` name no version."""
    mlflow = client()
    _found(lambda: mlflow.delete_registered_model_alias(model, alias))


def mark_live(model: str, version: int | None, tag: str, value: str) -> None:
    """Set the tag on the version that serves now, and take it from the others; None: from all."""
    mlflow = client()
    for other in mlflow.search_model_versions(f"name = '{model}'"):
        if tag in other.tags and int(other.version) != version:
            mlflow.delete_model_version_tag(model, other.version, tag)
    if version is not None:
        mlflow.set_model_version_tag(model, str(version), tag, value)
