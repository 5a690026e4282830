"""`promote_model`: puts what staging serves into production."""

from actions import parameters as p
from actions.answers import Refusal
from actions.context import Context, Params
from actions.deploying import fresh, passed_for_production, planned
from actions.ports import ModelVersion
from actions.registration import RegisteredProject
from actions.requests import Plan
from actions.serving import served_version
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="promote_model",
    title="Promote to production",
    summary="Put the version that staging serves into production.",
    risk=Risk.GUARDED,
    uses=(
        Use(p.PROJECT, required=True),
        Use(p.VERSION),
    ),
    examples=(
        "promote [claims-frequency](project)",
        "promote [fraud](project) to production",
        "promote [v4](version) of [churn](project)",
        "take [pricing](project) from staging to production",
        "make the staging version of [fraud](project) the champion",
    ),
    dag="deploy_model",
    aliases=("promote",),
)


SOURCE, TARGET = "staging", "production"


async def plan(context: Context, params: Params) -> Plan:
    """Production serves what staging serves."""
    project = context.project(params["project"])
    context.permit(SPEC.name, project.slug, TARGET)
    version = await _in_staging(context, project)
    await _is_meant(context, project, version, params.get("version"))
    passed_for_production(version, TARGET)
    change = await fresh(context, "promote_model", project, TARGET, version, {})
    title = f"Promote {project.slug} v{version.version} to {TARGET}"
    return await planned(context, title, change)


async def _in_staging(context: Context, project: RegisteredProject) -> ModelVersion:
    state = await context.world.cloud.endpoint(context.endpoint_name(project.slug, SOURCE))
    if state is None:
        raise Refusal(
            f"Nothing of {project.slug} serves in staging, so there is nothing to promote. "
            f"“deploy {project.slug} to staging” comes first."
        )
    if state.status != "InService":
        raise Refusal(f"{state.name} is {state.status} now. Ask again when it is in service.")
    number = await served_version(context.tx, state)
    if number is None:
        raise Refusal(
            f"{state.name} runs {state.config}, which I did not make, so I do not know what "
            "it serves."
        )
    version = await context.world.registry.version(project.slug, number)
    if version is None:
        raise Refusal(f"Staging serves {project.slug} v{number}, which was deleted from MLflow.")
    return version


async def _is_meant(
    context: Context, project: RegisteredProject, version: ModelVersion, said: int | str | None
) -> None:
    if said is None or said in {version.version, *version.aliases}:
        return
    what, deployed = f"the {said}", f"the {said}"
    if isinstance(said, int):
        what = deployed = f"v{said}"
    elif said == "latest":
        latest = await context.world.registry.version(project.slug, "latest")
        if latest is None or latest.version == version.version:
            return
        what, deployed = f"the latest, v{latest.version}", f"v{latest.version}"
    raise Refusal(
        f"Staging serves {project.slug} v{version.version}, not {what}. Deploy {deployed} to "
        "staging first."
    )
