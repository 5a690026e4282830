"""What the stage `register` keeps of a training: its figures, its model, its evaluation."""

from pathlib import Path
from typing import Any

from cooper_dags import aws, history, logs, objects, registry, verdict
from cooper_dags.conf import Run
from cooper_dags.errors import RefusedError

_EVALUATION_FILE = "evaluation.json"


def register(
    run: Run, trained: dict[str, Any], evaluated: dict[str, Any], profiled: dict[str, Any]
) -> dict[str, Any]:
    """The model version in MLflow; `challenger` when its verdict passed."""
    points = _points(run)
    with objects.workspace() as folder:
        model = _model_folder(_downloaded(run, trained["model_uri"], Path(folder)))
        documents = {_EVALUATION_FILE: verdict.document(run, evaluated)}
        tags = {
            registry.EVALUATION_TAG: evaluated["digest"],
            registry.VERDICT_TAG: evaluated["verdict"],
        }
        metrics = {**_final(trained, points), **evaluated["metrics"]}
        mlflow_run = registry.log_run(run, metrics, points, _params(run), tags)
        registry.log_files(mlflow_run, model, documents)
    tags[registry.ARTIFACT_TAG] = trained["model_uri"]
    if profiled["uri"] is not None:
        tags[registry.PROFILE_TAG] = profiled["uri"]
        tags[registry.PROFILE_HASH_TAG] = profiled["sha256"]
    version = registry.register(run, mlflow_run, tags)
    name, alias = run.plan["model_name"], None
    if evaluated["verdict"] == "passed":
        alias = "challenger"
        registry.set_alias(name, alias, version)
    return {
        "stage": "register",
        "headline": f"Registered {name} v{version}" + (f" as {alias}." if alias else "."),
        "model": name,
        "version": version,
        "mlflow_run": mlflow_run,
        "alias": alias,
    }


def _points(run: Run) -> list[history.Point]:
    """The values that the training logged, over all attempts of the request."""
    client = aws.client(run, "logs")
    lines: list[logs.Line] = []
    for job in run.attempts:
        lines += logs.read(client, logs.TRAINING, f"{job}/", limit=logs.MAX_LINES - len(lines))
    found = history.points(lines, run.plan["metrics"])
    return [
        history.Point(f"training/{one.name}", one.value, one.timestamp, one.step) for one in found
    ]


def _final(trained: dict[str, Any], points: list[history.Point]) -> dict[str, float]:
    """The job's last values of metrics that its log no longer tells."""
    known = {point.name for point in points}
    final = {f"training/{name}": value for name, value in trained["metrics"].items()}
    return {name: value for name, value in final.items() if name not in known}


def _params(run: Run) -> dict[str, Any]:
    resources = run.plan["resources"]
    return {
        **run.plan["hyperparameters"],
        "instance_type": resources["instance_type"],
        "instance_count": resources["instance_count"],
        "spot": resources["spot"],
    }


def _downloaded(run: Run, uri: str, folder: Path) -> Path:
    bucket, key = objects.split(uri)
    archive = folder / "model.tar.gz"
    aws.client(run, "s3").download_file(bucket, key, str(archive))
    return objects.extracted(archive, folder / "model")


def _model_folder(extracted: Path) -> Path:
    """The MLflow model (the folder of `MLmodel`) nearest to the top of the archive."""
    found = sorted(extracted.rglob("MLmodel"), key=lambda path: (len(path.parts), str(path)))
    if not found:
        raise RefusedError(
            "model.tar.gz holds no MLflow model: the training code must write one into "
            "SM_MODEL_DIR, for example with mlflow.sklearn.save_model."
        )
    return found[0].parent
