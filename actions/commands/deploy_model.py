"""`deploy_model`: puts a model version behind an endpoint."""

from actions import parameters as p
from actions.answers import Refusal
from actions.context import Context, Params
from actions.deploying import fresh, passed_for_production, planned, with_strategy
from actions.ports import ModelVersion
from actions.registration import RegisteredProject
from actions.requests import Plan
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


async def plan(context: Context, params: Params) -> Plan:
    """An endpoint that serves the version: created, or moved to it."""
    project = context.project(params["project"])
    environment = params["environment"]
    context.permit(SPEC.name, project.slug, environment)
    version = await chosen_version(context, project, params.get("version"))
    passed_for_production(version, environment)
    change = await fresh(context, "deploy_model", project, environment, version, params)
    title = f"Deploy {project.slug} v{version.version} to {environment}"
    return await planned(context, title, with_strategy(change, params))


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
