"""What the stages of the training DAG do, beside its two jobs."""

import json
from pathlib import Path
from typing import Any

from cooper_dags import aws, evaluation, objects, registry, requests
from cooper_dags.conf import Run, digest
from cooper_dags.errors import RefusedError


def validate(run: Run) -> dict[str, Any]:
    """See that everything the plan names exists and is what it was; resolve the image."""
    plan = run.plan
    s3 = aws.client(run, "s3")
    with objects.workspace() as folder:
        source = objects.fetch(s3, plan["source"], Path(folder), "source package")
        entry_points = [plan["train_entry_point"], plan["evaluate_entry_point"]]
        objects.check_source(source.path, entry_points)
        for name in ("data", "holdout"):
            part = Path(folder) / name
            part.mkdir()
            objects.fetch(s3, plan[name], part, name).path.unlink()
    try:
        image = requests.image_uri(plan)
    except ValueError as error:
        raise RefusedError(f"There is no training image for this project: {error}") from error
    return {
        "stage": "validate",
        "headline": "Signed, complete, and everything it names is there.",
        "image_uri": image,
    }


def snapshot(run: Run) -> dict[str, Any]:
    """Copy data and holdout to the run's own folder, by hash."""
    plan = run.plan
    s3 = aws.client(run, "s3")
    report: dict[str, Any] = {}
    for channel, name in (("holdout", "holdout"), ("train", "data")):
        target = requests.snapshot_uri(run, channel, plan[name])
        with objects.workspace() as folder:
            fetched = objects.fetch(s3, plan[name], Path(folder), name)
            rows = objects.count_rows(fetched.path)
        objects.copy(s3, plan[name], target, fetched)
        size = f"{rows:,} rows" if rows is not None else f"{fetched.size:,} bytes"
        report = {
            "stage": "snapshot",
            "headline": f"Kept {size} of data, {plan[name]['sha256'][:12]}.",
            "uri": target,
            "sha256": plan[name]["sha256"],
            "bytes": fetched.size,
            "rows": rows,
        }
    return report


def _written_evaluation(run: Run) -> evaluation.Evaluation:
    from botocore.exceptions import ClientError

    bucket, key = objects.split(f"{requests.evaluation_uri(run)}/evaluation.json")
    try:
        body = aws.client(run, "s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchKey":
            raise
        raise RefusedError(
            f"{run.plan['evaluate_entry_point']} ended well but wrote no evaluation.json into "
            "its --output-dir."
        ) from error
    try:
        return evaluation.parse(json.loads(body))
    except ValueError as error:
        raise RefusedError(f"evaluation.json is no JSON: {error}.") from error


def _model_identity(run: Run, job: dict[str, Any]) -> dict[str, str]:
    uri = next(
        item["S3Input"]["S3Uri"] for item in job["ProcessingInputs"] if item["InputName"] == "model"
    )
    bucket, key = objects.split(uri)
    head = aws.client(run, "s3").head_object(Bucket=bucket, Key=key)
    return {"uri": uri, "etag": head["ETag"].strip('"')}


def evaluation_report(run: Run, job: dict[str, Any]) -> dict[str, Any]:
    """The report of an evaluation job that completed."""
    plan, written = run.plan, _written_evaluation(run)
    found = evaluation.checks(plan["metrics"], written)
    failed = [check for check in found if not check["passed"]]
    champion = (job.get("Environment") or {}).get("COOPER_CHAMPION_VERSION")
    judged = {
        "model": _model_identity(run, job),
        "holdout": plan["holdout"]["sha256"],
        "metrics": written.metrics,
        "champion": written.champion,
        "thresholds": {metric["name"]: metric["threshold"] for metric in plan["metrics"]},
    }
    if failed:
        first = failed[0]
        headline = f"{first['metric']} is {first['value']:.4g}, must be {first['bound']}."
    else:
        headline = (
            f"Evaluated on {written.rows:,} rows; {len(found)} of {len(found)} checks passed."
        )
    return {
        "stage": "evaluate",
        "headline": headline[:300],
        "job": run.id,
        "uri": f"{requests.evaluation_uri(run)}/evaluation.json",
        "holdout_sha256": plan["holdout"]["sha256"],
        "rows": written.rows,
        "metrics": written.metrics,
        "champion_metrics": written.champion,
        "champion_version": int(champion) if champion and written.champion else None,
        "checks": found,
        "verdict": "failed" if failed else "passed",
        "digest": digest(judged),
    }


def _model_folder(extracted: Path) -> Path:
    """The MLflow model (the folder of `MLmodel`) nearest to the top of the archive."""
    found = sorted(extracted.rglob("MLmodel"), key=lambda path: (len(path.parts), str(path)))
    if not found:
        raise RefusedError(
            "model.tar.gz holds no MLflow model: the training code must write one into "
            "SM_MODEL_DIR, for example with mlflow.sklearn.save_model."
        )
    return found[0].parent


def register(run: Run, trained: dict[str, Any], evaluated: dict[str, Any]) -> dict[str, Any]:
    """The model version in MLflow; `challenger` when its verdict passed."""
    plan = run.plan
    bucket, key = objects.split(trained["model_uri"])
    resources = plan["resources"]
    params = {
        **plan["hyperparameters"],
        "instance_type": resources["instance_type"],
        "instance_count": resources["instance_count"],
        "spot": resources["spot"],
    }
    metrics = {f"training/{name}": value for name, value in trained["metrics"].items()}
    with objects.workspace() as folder:
        archive = Path(folder) / "model.tar.gz"
        aws.client(run, "s3").download_file(bucket, key, str(archive))
        model = _model_folder(objects.extracted(archive, Path(folder) / "model"))
        mlflow_run = registry.log_run(run, {**metrics, **evaluated["metrics"]}, params, model)
    version = registry.register(
        run,
        mlflow_run,
        {
            registry.ARTIFACT_TAG: trained["model_uri"],
            registry.EVALUATION_TAG: evaluated["digest"],
            "cooper.verdict": evaluated["verdict"],
        },
    )
    name, alias = plan["model_name"], None
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


def report(
    run: Run, trained: dict[str, Any], evaluated: dict[str, Any], registered: dict[str, Any]
) -> dict[str, Any]:
    """What the card says at the end."""
    facts = {
        "model": f"{registered['model']} v{registered['version']}",
        "verdict": evaluated["verdict"],
        "rows evaluated": f"{evaluated['rows']:,}",
        "billed": f"{trained['billable_seconds']} s on {run.plan['resources']['instance_type']}",
        **{name: f"{value:.6g}" for name, value in evaluated["metrics"].items()},
    }
    if evaluated["champion_version"] is not None:
        facts["champion"] = f"v{evaluated['champion_version']}"
    passed = evaluated["verdict"] == "passed"
    headline = registered["headline"] if passed else f"{registered['headline']} It did not pass."
    return {"stage": "report", "headline": headline, "facts": facts}
