"""What deployments, promotions and rollbacks have in common: the endpoint's next configuration."""

from dataclasses import dataclass, replace
from typing import Literal

from actions import budgets
from actions.agreement import Agreement, agreement
from actions.answers import Refusal
from actions.capacity import checked_instance, hourly, spoken_seconds
from actions.context import Context, Params
from actions.plans import (
    Artifact,
    Basis,
    DeploymentPlan,
    EnvironmentRef,
    Image,
    ModelRef,
    Money,
    Monitoring,
    Resources,
)
from actions.ports import EndpointState, ModelVersion
from actions.registration import RegisteredProject
from actions.requests import Line, Plan
from actions.serving import served_version

_HOURS_A_MONTH = 730
Strategy = Literal["all-at-once", "canary", "linear"]


@dataclass(frozen=True, slots=True)
class Change:
    """An endpoint's next configuration, resolved."""

    command: Literal["deploy_model", "promote_model", "rollback_model"]
    project: RegisteredProject
    environment: str
    version: ModelVersion
    live: EndpointState | None
    resources: Resources
    image: Image
    sample: dict[str, object]
    latency_ms: int
    strategy: Strategy = "all-at-once"
    percent: int | None = None
    restores: str | None = None
    chosen: frozenset[str] = frozenset()
    """Parameters that somebody said; what is not among them is a default."""


async def fresh(
    context: Context,
    command: Literal["deploy_model", "promote_model"],
    project: RegisteredProject,
    environment: str,
    version: ModelVersion,
    params: Params,
) -> Change:
    """A change to a version under the project's present settings and what the person said."""
    live = await context.world.cloud.endpoint(context.endpoint_name(project.slug, environment))
    return Change(
        command=command,
        project=project,
        environment=environment,
        version=version,
        live=live,
        resources=_resources(context, project, live, params),
        image=Image(uri=context.serving_image(project)),
        sample=project.sample,
        latency_ms=project.spec.serving.max_latency_ms,
        chosen=frozenset(params),
    )


async def planned(context: Context, title: str, change: Change) -> Plan:
    """The plan of a change: who must agree, what it costs, what it replaces."""
    project, environment = change.project, change.environment
    # What runs until somebody ends it has no highest price; every limit is below it.
    asked = agreement(context, change.command, change.project.slug, environment, None)
    price, note = _price(change.resources)
    place = context.environment(environment)
    conf = DeploymentPlan(
        command=change.command,
        installation=context.world.policy.installation,
        request=context.request,
        requested_by=context.requested_by,
        policy=context.world.policy.digest,
        project=project.slug,
        environment=place,
        price=price,
        tags=context.tags(project.slug, environment),
        model=reference(change.version),
        endpoint=context.endpoint_name(project.slug, environment),
        image=change.image,
        resources=change.resources,
        strategy=change.strategy,
        percent=change.percent,
        bake_seconds=_bake_seconds(context, change),
        restores=change.restores,
        basis=await basis(context, project, change.live, change.version) if asked.needs else None,
        sample=change.sample,
        latency_ms=change.latency_ms,
        monitoring=monitoring(project, change.version, place),
    )
    made = Plan(
        title=title,
        lines=await _lines(context, change, asked),
        price=price,
        price_note=note,
        needs=asked.needs,
        approval_seconds=asked.seconds,
        dag="deploy_model",
        conf=conf.model_dump(mode="json"),
        environment=environment,
        hourly=True,
    )
    if change.restores is not None:  # going back is never a question of money
        return made
    return await budgets.budgeted(context, project, made)


async def basis(
    context: Context,
    project: RegisteredProject,
    live: EndpointState | None,
    version: ModelVersion | None,
) -> Basis:
    """What people's votes rest on, as it is now."""
    champion = await context.world.registry.version(project.slug, "champion")
    return Basis(
        live_config=live.config if live is not None else None,
        champion=champion.version if champion is not None else None,
        evaluation=version.evaluation if version is not None else None,
    )


def monitoring(
    project: RegisteredProject, version: ModelVersion, place: EnvironmentRef
) -> Monitoring:
    """How the version is watched: by the project's monitors as they are now, against its profile."""
    uri, sha256 = (version.tags.get(f"cooper.profile.{part}") for part in ("uri", "sha256"))
    return Monitoring(
        monitors=project.spec.monitors,
        profile=Artifact(uri=uri, sha256=sha256) if uri and sha256 else None,
        target=project.spec.data.target,
        capture=f"s3://{place.bucket}/capture",
    )


def reference(version: ModelVersion) -> ModelRef:
    """The version as plans carry it; a refusal where Cooper has no model file of it."""
    if version.artifact is None:
        raise Refusal(
            f"{version.name} v{version.version} has no model file of ours, so I cannot deploy it. "
            "Train it through me, and it will have one."
        )
    return ModelRef(
        name=version.name,
        version=version.version,
        artifact=version.artifact,
        evaluation=version.evaluation,
    )


def passed_for_production(version: ModelVersion, environment: str) -> None:
    """Refuse a model in production that its evaluation did not pass."""
    if environment == "production" and version.tags.get("cooper.verdict") != "passed":
        raise Refusal(
            f"{version.name} v{version.version} did not pass its evaluation, so it may serve in "
            f"staging only. “show {version.name} v{version.version}” has its figures."
        )


def _resources(
    context: Context, project: RegisteredProject, live: EndpointState | None, params: Params
) -> Resources:
    """What was said, else what serves now, else the project's: a deployment must not scale down."""
    serving, most = project.spec.serving, project.spec.instance.max_count
    now = live.variants[0] if live is not None and live.variants else None
    count = params.get("instance_count", now.instance_count if now else serving.count)
    instance = params.get("instance_type", now.instance_type if now else serving.instance)
    if "instance_count" in params and not 1 <= count <= most:
        spoken = "one instance" if most == 1 else f"1 to {most} instances"
        raise Refusal(f"{project.slug} serves on {spoken}, not {count}.")
    return Resources(
        instance_type=checked_instance(context, instance or serving.instance, ("*",)),
        instance_count=max(1, count),
        max_runtime_seconds=3600,
    )


def _bake_seconds(context: Context, change: Change) -> int:
    if change.live is None:
        return 0
    watched = context.bake_seconds(change.environment)
    # Traffic that is shifted in steps and not watched in between might as well not be.
    return max(watched, 0 if change.strategy == "all-at-once" else 60)


async def _lines(context: Context, change: Change, asked: Agreement) -> tuple[Line, ...]:
    version, resources = change.version, change.resources
    lines = [
        Line(
            label="Model",
            value=_described(version),
            default=change.command == "deploy_model" and "version" not in change.chosen,
        ),
        Line(label="Replaces", value=await _replaced(context, change)),
        Line(
            label="Runs on",
            value=f"{resources.instance_count} × {resources.instance_type}",
            default=not {"instance_type", "instance_count"} & change.chosen,
        ),
        Line(
            label="Strategy",
            value=_strategy(context, change),
            default="strategy" not in change.chosen,
        ),
    ]
    if asked.needs:
        lines.append(Line(label="Evaluation", value=await _evaluation(context, change)))
    return tuple(lines)


async def _replaced(context: Context, change: Change) -> str:
    if change.live is None:
        return f"nothing: {context.endpoint_name(change.project.slug, change.environment)} is new"
    version = await served_version(context.tx, change.live)
    return f"v{version} ({change.live.config})" if version else change.live.config


def _strategy(context: Context, change: Change) -> str:
    if change.live is None:
        return "new endpoint"
    seconds = _bake_seconds(context, change)
    words = {
        "all-at-once": "all at once, blue/green",
        "canary": f"canary, {change.percent} % first",
        "linear": f"linear, {change.percent} % at a time",
    }[change.strategy]
    return f"{words}; alarms watched for {spoken_seconds(seconds)}" if seconds else words


async def _evaluation(context: Context, change: Change) -> str:
    verdict = change.version.tags.get("cooper.verdict", "none kept")
    champion = await context.world.registry.version(change.project.slug, "champion")
    beside = f"champion is v{champion.version}" if champion is not None else "no champion yet"
    return f"{verdict}; {beside}"


def _described(version: ModelVersion) -> str:
    aliases = f" ({', '.join(version.aliases)})" if version.aliases else ""
    return f"v{version.version}{aliases}"


def _price(resources: Resources) -> tuple[Money | None, str]:
    found = hourly(resources.instance_type, resources.instance_count)
    if found is None:
        return None, f"The price of {resources.instance_type} is unknown to me."
    price, usd = found
    note = (
        f"An hour, about ${usd * _HOURS_A_MONTH:,.0f} a month, until somebody takes it down. "
        f"Estimate, prices as of {price.as_of} ({price.source})."
    )
    return Money(amount=str(usd), as_of=price.as_of, source=price.source), note


def with_strategy(change: Change, params: Params) -> Change:
    """The change as people want the traffic to move; a refusal for what cannot be."""
    strategy = params.get("strategy", "canary" if "percent" in params else "all-at-once")
    percent = params.get("percent")
    if strategy == "shadow":
        raise Refusal("I cannot shadow a model. I can deploy all at once, as a canary or linear.")
    if strategy == "all-at-once":
        if percent is not None:
            raise Refusal("All at once has no percentage; say canary or linear with it.")
        return change
    least, most, usual = (1, 50, 10) if strategy == "canary" else (10, 50, 25)
    percent = usual if percent is None else percent
    if not least <= percent <= most:
        raise Refusal(f"A {strategy} deployment moves {least} to {most} % at a time.")
    if change.live is None:
        raise Refusal(
            f"There is no endpoint yet whose traffic could move step by step. "
            f"“deploy {change.project.slug} to {change.environment}” makes one."
        )
    return replace(change, strategy=strategy, percent=percent)
