"""`train_model`: a SageMaker training, evaluated and registered in MLflow."""

from datetime import timedelta
from typing import Any

from actions import budgets
from actions import parameters as p
from actions.agreement import agreement
from actions.answers import Refusal
from actions.capacity import Capacity, spoken, training_capacity
from actions.context import Context, Params
from actions.plans import Image, Metric, Threshold, TrainingPlan
from actions.registration import RegisteredProject
from actions.requests import Line, Plan
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="train_model",
    title="Train a model",
    summary="Train, evaluate and register a new version of a project's model.",
    risk=Risk.GUARDED,
    uses=(
        Use(p.PROJECT, required=True),
        Use(p.INSTANCE_TYPE),
        Use(p.GPU_COUNT),
        Use(p.INSTANCE_COUNT),
        Use(p.DATASET_VERSION),
        Use(p.HYPERPARAMETERS),
        Use(p.SPOT),
        Use(p.MAX_RUNTIME),
    ),
    examples=(
        "train [claims-frequency](project) on [2 gpus](gpu_count)",
        "train [fraud](project)",
        "retrain [the churn model](project) please",
        "can you kick off a training of [lapse-risk](project)",
        "train [fraud](project) on [ml.g5.2xlarge](instance_type) for [4 hours](max_runtime)",
        "train [churn](project) with [lr=0.01](hyperparameters) [on spot](spot)",
        "start a training run for [pricing](project) with data from [2026-10-01](dataset_version)",
        "fit [claims severity](project) again on [two gpus](gpu_count)",
        "train [fraud](project) with [max depth 8](hyperparameters) on [3 instances](instance_count)",
    ),
    dag="train_model",
    aliases=("train", "retrain"),
)


# Trainings run beside staging: production holds what was approved for it and nothing else.
ENVIRONMENT = "staging"
ATTEMPTS = 3
"""When capacity is lacking or taken back; together they stay within the plan's time and price."""


async def plan(context: Context, params: Params) -> Plan:
    """A training of the project's registered code on its registered data."""
    project = context.project(params["project"])
    context.permit(SPEC.name, project.slug, ENVIRONMENT)
    _registered_data(project, params)
    capacity = training_capacity(context, project, params)
    hyperparameters = {**project.spec.hyperparameters, **params.get("hyperparameters", {})}
    asked = agreement(context, SPEC.name, project.slug, ENVIRONMENT, capacity.usd)
    made = Plan(
        title=f"Train {project.slug}",
        lines=_lines(project, params, capacity, hyperparameters),
        price=capacity.money,
        price_note=_price_note(capacity),
        needs=asked.needs,
        approval_seconds=asked.seconds,
        dag=SPEC.dag,
        conf=_conf(context, project, capacity, hyperparameters).model_dump(mode="json"),
        environment=ENVIRONMENT,
    )
    return await budgets.budgeted(context, project, made)


def _registered_data(project: RegisteredProject, params: Params) -> None:
    asked = params.get("dataset_version")
    if asked is not None and not project.data.sha256.startswith(asked):
        raise Refusal(
            f"{project.slug} has one version of its data, {project.data.sha256[:12]}, "
            f"and “{asked}” is not it. Register the project again to change its data."
        )


def _lines(
    project: RegisteredProject, params: Params, capacity: Capacity, hyperparameters: dict[str, Any]
) -> tuple[Line, ...]:
    image = project.spec.image
    shown = ", ".join(f"{name}={value}" for name, value in sorted(hyperparameters.items()))
    return (
        *capacity.lines,
        Line(label="Code", value=f"{project.spec.entry_points.train} @ {_revision(project)}"),
        Line(label="Data", value=f"{project.spec.data.train} @ {project.data.sha256[:12]}"),
        Line(label="Image", value=image.uri or f"{image.framework} {image.version}"),
        Line(
            label="Hyperparameters",
            value=shown or "the script's own",
            default="hyperparameters" not in params,
        ),
    )


def _revision(project: RegisteredProject) -> str:
    return project.revision[:12] if project.revision else project.source.sha256[:12]


def _price_note(capacity: Capacity) -> str:
    if capacity.highest is None:
        return f"The price of {capacity.resources.instance_type} is unknown to me."
    price = capacity.highest.price
    return (
        f"${price.usd_per_hour}/h for each instance, if it takes the whole "
        f"{spoken(timedelta(seconds=capacity.resources.max_runtime_seconds))}. "
        f"Estimate, prices as of {price.as_of} ({price.source})."
    )


def _conf(
    context: Context,
    project: RegisteredProject,
    capacity: Capacity,
    hyperparameters: dict[str, Any],
) -> TrainingPlan:
    spec = project.spec
    return TrainingPlan(
        installation=context.world.policy.installation,
        request=context.request,
        requested_by=context.requested_by,
        policy=context.world.policy.digest,
        project=project.slug,
        environment=context.environment(ENVIRONMENT),
        price=capacity.money,
        tags=context.tags(project.slug, ENVIRONMENT),
        source=project.source,
        data=project.data,
        holdout=project.holdout,
        image=Image(framework=spec.image.framework, version=spec.image.version, uri=spec.image.uri),
        train_entry_point=spec.entry_points.train,
        evaluate_entry_point=spec.entry_points.evaluate,
        resources=capacity.resources,
        hyperparameters=hyperparameters,
        metrics=tuple(
            Metric(
                name=metric.name,
                regex=metric.regex,
                goal=metric.goal,
                threshold=Threshold(**metric.thresholds.model_dump())
                if metric.thresholds
                else None,
            )
            for metric in spec.metrics
        ),
        model_name=project.slug,
        target=spec.data.target,
        data_format=spec.data.format,
        latency_ms=spec.serving.max_latency_ms,
        size_bytes=_size_bytes(spec.serving.max_size_mb),
        attempts=ATTEMPTS,
    )


def _size_bytes(megabytes: float | None) -> int | None:
    return None if megabytes is None else int(megabytes * 1_000_000)
