"""`undeploy_model`: deletes an endpoint."""

from actions import parameters as p
from actions.agreement import agreement
from actions.answers import Refusal
from actions.capacity import hourly
from actions.context import Context, Params
from actions.deploying import basis
from actions.plans import UndeploymentPlan
from actions.ports import EndpointState
from actions.requests import Line, Plan
from actions.serving import served_version
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="undeploy_model",
    title="Take a model down",
    summary="Delete an endpoint; the model stays registered.",
    risk=Risk.GUARDED,
    uses=(
        Use(p.PROJECT, required=True),
        Use(p.ENVIRONMENT, required=True),
    ),
    examples=(
        "undeploy [claims-frequency](project) from [staging](environment)",
        "take down [fraud](project) in [prod](environment)",
        "delete the [churn](project) endpoint in [staging](environment)",
        "shut down the [staging](environment) endpoint of [pricing](project)",
        "remove [lapse-risk](project) from [production](environment)",
    ),
    dag="undeploy_model",
    aliases=("undeploy",),
)


async def plan(context: Context, params: Params) -> Plan:
    """The endpoint's end."""
    project, environment = context.project(params["project"]), params["environment"]
    context.permit(SPEC.name, project.slug, environment)
    endpoint = context.endpoint_name(project.slug, environment)
    live = await context.world.cloud.endpoint(endpoint)
    if live is None:
        raise Refusal(f"Nothing of {project.slug} serves in {environment}; nothing to take down.")
    version = await served_version(context.tx, live)
    asked = agreement(context, SPEC.name, project.slug, environment, None)
    conf = UndeploymentPlan(
        installation=context.world.policy.installation,
        request=context.request,
        requested_by=context.requested_by,
        policy=context.world.policy.digest,
        project=project.slug,
        environment=context.environment(environment),
        price=None,
        tags=context.tags(project.slug, environment),
        model_name=project.slug,
        endpoint=endpoint,
        basis=await basis(context, project, live, None) if asked.needs else None,
    )
    return Plan(
        title=f"Take {project.slug} down in {environment}",
        lines=(
            Line(label="Endpoint", value=f"{endpoint} ({live.status})"),
            Line(label="Serves now", value=f"v{version}" if version else live.config),
            Line(label="Then", value="requests to it fail; the model stays registered"),
        ),
        price_note=_saved(live),
        needs=asked.needs,
        approval_seconds=asked.seconds,
        dag=SPEC.dag,
        conf=conf.model_dump(mode="json"),
        environment=environment,
    )


def _saved(live: EndpointState) -> str | None:
    found = [hourly(v.instance_type, v.instance_count) for v in live.variants if v.instance_type]
    known = [price for price in found if price is not None]
    if not known:
        return None
    row, usd = known[0][0], sum(usd for _, usd in known)
    return f"Saves ${usd} an hour. Estimate, prices as of {row.as_of} ({row.source})."
