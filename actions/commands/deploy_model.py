"""`deploy_model`: puts a model version behind an endpoint."""

from actions import parameters as p
from actions.answers import Refusal
from actions.capacity import checked_instance, hourly
from actions.context import Context, Params
from actions.plans import DeploymentPlan, Image, ModelRef, Money, Resources
from actions.policy import approvals_needed
from actions.ports import ModelVersion
from actions.registration import RegisteredProject
from actions.requests import ApprovalNeed, Line, Plan
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="deploy_model",
    title="Deploy a model",
    summary="Create or update an endpoint that serves a model version.",
    risk=Risk.GUARDED,
    uses=(
        Use(p.PROJECT, required=True),
        Use(p.VERSION),
        Use(p.ENVIRONMENT, required=True),
        Use(p.STRATEGY),
        Use(p.PERCENT),
        Use(p.INSTANCE_TYPE),
        Use(p.INSTANCE_COUNT),
    ),
    examples=(
        "deploy [claims-frequency](project) to [staging](environment)",
        "deploy it to [staging](environment)",
        "put [fraud](project) [v7](version) on [prod](environment)",
        "ship [the latest](version) [churn](project) to [stage](environment)",
        "roll out [pricing](project) [v3](version) in [prod](environment) [as a canary](strategy)",
        "canary [churn](project) at [10%](percent) in [production](environment)",
        "release [lapse-risk](project) to [live](environment) on [2 instances](instance_count)",
        "deploy [the challenger](version) of [fraud](project)",
    ),
    dag="deploy_model",
    aliases=("deploy",),
)


_HOURS_A_MONTH = 730


async def plan(context: Context, params: Params) -> Plan:
    """An endpoint that serves the version: created, or moved to it."""
    project = context.project(params["project"])
    environment = params["environment"]
    context.permit(SPEC.name, project.slug, environment)
    _only_all_at_once(params)
    version = await chosen_version(context, project, params.get("version"))
    _passed_for_production(version, environment)
    resources = _resources(context, project, params)
    price, note = _price(resources)
    endpoint = context.endpoint_name(project.slug, environment)
    live = await context.world.cloud.endpoint(endpoint)
    # What runs for ever has no highest price; the month is what people compare with a limit.
    needs = approvals_needed(context.world.policy, SPEC.name, environment, None)
    default = "version" not in params
    return Plan(
        title=f"Deploy {project.slug} v{version.version} to {environment}",
        lines=(
            Line(label="Model", value=_described(version), default=default),
            Line(label="Endpoint", value=f"{endpoint} ({'updated' if live else 'new'})"),
            Line(
                label="Runs on",
                value=f"{resources.instance_count} × {resources.instance_type}",
                default=not {"instance_type", "instance_count"} & set(params),
            ),
            Line(label="Strategy", value="all at once", default="strategy" not in params),
        ),
        price=price,
        price_note=note,
        needs=tuple(ApprovalNeed(count=need.count, role=need.role) for need in needs),
        dag=SPEC.dag,
        conf=DeploymentPlan(
            installation=context.world.policy.installation,
            request=context.request,
            requested_by=context.requested_by,
            policy=context.world.policy.digest,
            project=project.slug,
            environment=context.environment(environment),
            price=price,
            tags=context.tags(project.slug, environment),
            model=_reference(version),
            endpoint=endpoint,
            image=Image(uri=context.world.serving_image),
            resources=resources,
            sample=project.sample,
            latency_ms=project.spec.serving.max_latency_ms,
        ).model_dump(mode="json"),
        environment=environment,
    )


async def chosen_version(
    context: Context, project: RegisteredProject, said: int | str | None
) -> ModelVersion:
    """The version that was said; the challenger, else the latest, where none was."""
    registry = context.world.registry
    if said is None:
        found = await registry.version(project.slug, "challenger") or await registry.version(
            project.slug, "latest"
        )
    else:
        found = await registry.version(project.slug, said)
    if found is not None:
        return found
    known = [f"v{version.version}" for version in await registry.versions(project.slug)]
    if not known:
        raise Refusal(f"{project.slug} has no model yet. Train it first: “train {project.slug}”.")
    wanted = f"v{said}" if isinstance(said, int) else f"“{said}”"
    raise Refusal(f"{project.slug} has no version {wanted}. There is {', '.join(known[:10])}.")


def _passed_for_production(version: ModelVersion, environment: str) -> None:
    if environment == "production" and version.tags.get("cooper.verdict") != "passed":
        raise Refusal(
            f"{version.name} v{version.version} did not pass its evaluation, so it may serve in "
            "staging only."
        )


def _only_all_at_once(params: Params) -> None:
    strategy = params.get("strategy", "all-at-once")
    if strategy != "all-at-once" or "percent" in params:
        raise Refusal(
            "I can deploy all at once here: the old version serves until the new one answers. "
            "Canary, linear and shadow deployments are not available."
        )


def _resources(context: Context, project: RegisteredProject, params: Params) -> Resources:
    serving = project.spec.serving
    instance = params.get("instance_type", serving.instance)
    count = params.get("instance_count", serving.count)
    if not 1 <= count <= project.spec.instance.max_count:
        raise Refusal(
            f"{project.slug} serves on 1 to {project.spec.instance.max_count} instances, "
            f"not {count}."
        )
    return Resources(
        instance_type=checked_instance(context, instance, ("*",)),
        instance_count=count,
        max_runtime_seconds=3600,
    )


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


def _described(version: ModelVersion) -> str:
    aliases = f" ({', '.join(version.aliases)})" if version.aliases else ""
    return f"v{version.version}{aliases}"


def _reference(version: ModelVersion) -> ModelRef:
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
