"""The report of an evaluation: what was measured, which checks it passed, and its digest."""

import json
from typing import Any

from cooper_dags import aws, evaluation, objects, requests
from cooper_dags.conf import Run, digest
from cooper_dags.errors import RefusedError


def written(run: Run) -> evaluation.Evaluation:
    """What the project's evaluation wrote.

    Raises:
        RefusedError: It wrote nothing, or not what it should.
    """
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
        found = evaluation.parse(json.loads(body))
    except ValueError as error:
        raise RefusedError(f"evaluation.json is no JSON: {error}.") from error
    planned = run.plan["holdout"]["sha256"]
    if found.holdout_sha256 not in {None, planned}:
        raise RefusedError(
            f"The evaluation was made on another holdout: its SHA-256 is "
            f"{found.holdout_sha256[:12]}…, the plan's is {planned[:12]}…."
        )
    return found


def report(run: Run, job: dict[str, Any]) -> dict[str, Any]:
    """The report of an evaluation job that completed."""
    plan, found = run.plan, written(run)
    checks = evaluation.checks(plan["metrics"], found, plan["latency_ms"], plan["size_bytes"])
    failed = [check for check in checks if not check["passed"]]
    champion = (job.get("Environment") or {}).get("COOPER_CHAMPION_VERSION")
    return {
        "stage": "evaluate",
        "headline": _headline(found, checks, failed)[:300],
        "job": run.id,
        "uri": f"{requests.evaluation_uri(run)}/evaluation.json",
        "holdout_sha256": plan["holdout"]["sha256"],
        "rows": found.rows,
        "metrics": found.metrics,
        "champion_metrics": found.champion,
        "champion_version": int(champion) if champion and found.champion else None,
        "worst_slices": [
            evaluation.worst_slice(metric, found).document()
            for metric in plan["metrics"]
            if metric["threshold"] and metric["threshold"]["worst_slice"] is not None
        ],
        "latency_ms": found.latency_ms,
        "size_bytes": found.size_bytes,
        "checks": checks,
        "verdict": "failed" if failed else "passed",
        "digest": digest(_judged(run, job, found)),
    }


def document(run: Run, evaluated: dict[str, Any]) -> dict[str, Any]:
    """The whole evaluation, as it is kept with the version: the report and every slice."""
    found = written(run)
    return {
        **{key: value for key, value in evaluated.items() if key not in {"stage", "headline"}},
        "slices": [part.flat() for part in found.slices],
        "champion_slices": [part.flat() for part in found.champion_slices],
    }


def _headline(
    found: evaluation.Evaluation, checks: list[dict[str, Any]], failed: list[dict[str, Any]]
) -> str:
    if not failed:
        return f"Evaluated on {found.rows:,} rows; {len(checks)} of {len(checks)} checks passed."
    first, more = failed[0], f" {len(failed) - 1} more failed." if failed[1:] else ""
    return f"{first['metric']} is {first['value']:.4g}, must be {first['bound']}.{more}"


def _judged(run: Run, job: dict[str, Any], found: evaluation.Evaluation) -> dict[str, Any]:
    """What a decision rests on. Latency is another at each measurement; only its bound counts."""
    plan = run.plan
    return {
        "model": _model_identity(run, job),
        "holdout": plan["holdout"]["sha256"],
        "metrics": found.metrics,
        "champion": found.champion,
        "slices": [part.document() for part in found.slices],
        "thresholds": {metric["name"]: metric["threshold"] for metric in plan["metrics"]},
        "bounds": {"latency_ms": plan["latency_ms"], "size_bytes": plan["size_bytes"]},
    }


def _model_identity(run: Run, job: dict[str, Any]) -> dict[str, str]:
    uri = next(
        item["S3Input"]["S3Uri"] for item in job["ProcessingInputs"] if item["InputName"] == "model"
    )
    bucket, key = objects.split(uri)
    head = aws.client(run, "s3").head_object(Bucket=bucket, Key=key)
    return {"uri": uri, "etag": head["ETag"].strip('"')}
