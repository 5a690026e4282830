"""`show_endpoint`: what serves, and how it is doing."""

from actions import parameters as p
from actions.answers import Answer, Field, Refusal
from actions.context import Context, Params
from actions.ports import EndpointState
from actions.registration import RegisteredProject
from actions.serving import served_version, visible_environments
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="show_endpoint",
    title="Show an endpoint",
    summary="Version, traffic, instances and health of an endpoint.",
    risk=Risk.READ,
    uses=(Use(p.PROJECT, required=True), Use(p.ENVIRONMENT)),
    examples=(
        "show the [claims-frequency](project) endpoint",
        "what is deployed for [fraud](project) in [prod](environment)",
        "which version of [churn](project) serves in [staging](environment)",
        "endpoint of [pricing](project)",
        "is the [fraud](project) endpoint healthy",
    ),
    aliases=("endpoint",),
)


async def answer(context: Context, params: Params) -> Answer:
    """What serves for the project, in the named environment or in all."""
    project = context.project(params["project"])
    found = await live_endpoints(context, SPEC.name, project, params.get("environment"))
    if not found:
        raise Refusal(
            f"{project.slug} has no endpoint{_where(params)}. “deploy {project.slug}” makes one."
        )
    healthy = all(state.status == "InService" for state in found.values())
    fields = [
        Field(
            label=environment.capitalize(),
            value=_described(state, await served_version(context.tx, state)),
        )
        for environment, state in found.items()
    ]
    return Answer(
        title=f"Endpoint of {project.slug}",
        text="Healthy." if healthy else "Not everything is in service.",
        tone="success" if healthy else "warning",
        fields=tuple(fields),
        command=SPEC.name,
    )


async def live_endpoints(
    context: Context, command: str, project: RegisteredProject, environment: str | None
) -> dict[str, EndpointState]:
    """The project's endpoints by environment, as far as the speaker may use `command` there."""
    context.permit(command, project.slug, environment)
    names = [environment] if environment else visible_environments(context, command, project.slug)
    found = {}
    for name in names:
        state = await context.world.cloud.endpoint(context.endpoint_name(project.slug, name))
        if state is not None:
            found[name] = state
    return found


def _where(params: Params) -> str:
    return f" in {params['environment']}" if "environment" in params else ""


def _described(state: EndpointState, version: int | None) -> str:
    variants = ", ".join(
        f"{variant.instance_count} × {variant.instance_type}, {variant.weight:.0%} of traffic"
        for variant in state.variants
    )
    parts = [state.status, f"v{version}" if version else state.config, variants]
    if state.failure:
        parts.append(state.failure)
    return " · ".join(part for part in parts if part)
