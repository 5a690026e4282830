"""What the stages of the training DAG do, beside its two jobs."""

from pathlib import Path
from typing import Any

from cooper_dags import aws, objects, requests
from cooper_dags.conf import Run
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
