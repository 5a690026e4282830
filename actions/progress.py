"""What a run looks like now, put together from Airflow and SageMaker."""

from actions.context import World
from actions.ports import Failure, TaskState
from actions.requests import RunProgress, StageProgress

_JOB_STAGES = {"train"}
_WAITS_FOR_PEOPLE = "awaiting_input"
_WITHOUT_REPORT = {"approve"}
_ALSO_SKIPPED = {"aporia"}
"""Stages that say why where they gave up."""
_ENDED = {"success", "failed", "upstream_failed", "skipped", "removed"}


async def observed(world: World, known: RunProgress) -> RunProgress:
    """`known` brought up to date; reports that are there are not read again.

    Raises:
        Unavailable: Airflow or SageMaker does not answer.
    """
    run = await world.orchestrator.run(known.dag, known.run_id)
    if run is None:
        return known.model_copy(update={"state": "failed"})
    tasks = {task.task_id: task for task in await world.orchestrator.tasks(known.dag, known.run_id)}
    reports = dict(known.reports)
    for stage in known.stages:
        task = tasks.get(stage.name)
        wanted = stage.name not in reports and stage.name not in _WITHOUT_REPORT
        if task is not None and wanted and _may_report(task):
            report = await world.orchestrator.report(known.dag, known.run_id, stage.name)
            if report is not None:
                reports[stage.name] = report
    stages = tuple(_stage(stage, tasks.get(stage.name), reports) for stage in known.stages)
    failure = await _failure(world, known, stages)
    seen = known.model_copy(
        update={
            "state": run.state,
            "stages": stages,
            "reports": reports,
            "started": run.started,
            "ended": run.ended,
            "phase": None,
            "failure": failure.reason if failure is not None else None,
            "failure_kind": failure.kind if failure is not None else None,
            "parked": any(task.state == _WAITS_FOR_PEOPLE for task in tasks.values()),
        }
    )
    return await _with_job(world, seen)


def _may_report(task: TaskState) -> bool:
    return task.state == "success" or (task.state == "skipped" and task.task_id in _ALSO_SKIPPED)


async def _failure(
    world: World, known: RunProgress, stages: tuple[StageProgress, ...]
) -> Failure | None:
    """What the failed stage says of itself; the job's own reason is part of it."""
    failed = next((stage for stage in stages if stage.state == "failed"), None)
    if failed is None:
        return None
    if known.failure is not None and known.failure_kind is not None:
        return Failure(known.failure, known.failure_kind)
    return await world.orchestrator.failure(known.dag, known.run_id, failed.name)


def _stage(
    stage: StageProgress, task: TaskState | None, reports: dict[str, dict[str, object]]
) -> StageProgress:
    if task is None:
        return stage
    headline = reports.get(stage.name, {}).get("headline")
    return StageProgress(
        name=stage.name,
        state=task.state,
        headline=str(headline) if headline else None,
        started=task.started,
        ended=task.ended if task.state in _ENDED else None,
    )


async def _with_job(world: World, seen: RunProgress) -> RunProgress:
    """The training job's phase, metrics and cost, while its stage runs and once at its end."""
    stage = next((s for s in seen.stages if s.name in _JOB_STAGES), None)
    if stage is None or stage.started is None:
        return seen
    if stage.state == "success" and seen.billable_seconds is not None:
        return seen
    job = await world.cloud.training(seen.run_id)
    if job is None:
        return seen
    return seen.model_copy(
        update={
            "phase": job.phase if job.status == "InProgress" else None,
            "metrics": job.metrics,
            "billable_seconds": job.billable_seconds,
            "failure": seen.failure or job.failure,
        }
    )
