"""What the attempts of one request share: the time of its plan, and the checkpoints."""

from typing import Any

from cooper_dags import aws, failures
from cooper_dags.conf import Run
from cooper_dags.errors import RefusedError

_LEAST_SECONDS = 60
"""SageMaker starts no shorter training in earnest."""


def remaining_seconds(run: Run, sagemaker: Any) -> int:
    """Seconds of the plan's training time that the earlier attempts have not used up.

    Raises:
        RefusedError: Less than a minute is left.
    """
    planned = int(run.plan["resources"]["max_runtime_seconds"])
    earlier = run.attempts[:-1]
    used = sum(_billed_seconds(sagemaker, name) for name in earlier)
    left = planned - used
    if left < _LEAST_SECONDS:
        raise RefusedError(
            f"No time left within the plan: {len(earlier)} earlier attempts used {used} of "
            f"{planned} s.",
            failures.TIME_LIMIT,
        )
    return left


def checkpoints_uri(run: Run) -> str:
    """Where every attempt keeps its checkpoints and finds those of the one before."""
    return f"{run.request_prefix}/checkpoints"


def _billed_seconds(sagemaker: Any, name: str) -> int:
    job = aws.describe_or_none(lambda: sagemaker.describe_training_job(TrainingJobName=name))
    if job is None:
        return 0
    return int(job.get("BillableTimeInSeconds") or job.get("TrainingTimeInSeconds") or 0)
