"""`rollback_model`: goes back to the previous good configuration."""

import json
from collections.abc import Sequence

from actions import parameters as p
from actions.answers import Refusal
from actions.commands.show_endpoint import live_endpoints
from actions.context import Context, Params
from actions.deploying import Change, planned
from actions.plans import DeploymentPlan
from actions.ports import EndpointState
from actions.registration import RegisteredProject
from actions.requests import Plan
from actions.spec import Command, Risk, Use
from actions.store import Deployment

SPEC = Command(
    name="rollback_model",
    title="Roll back",
    summary="Go back to the endpoint configuration that served well before.",
    risk=Risk.GUARDED,
    uses=(
        Use(p.PROJECT, required=True),
        Use(p.ENVIRONMENT),
    ),
    examples=(
        "roll back [claims-frequency](project)",
        "rollback [fraud](project) in [production](environment)",
        "revert [churn](project) on [staging](environment)",
        "go back to the previous version of [pricing](project) in [prod](environment)",
        "undo the last deployment of [fraud](project)",
    ),
    dag="deploy_model",
    aliases=("rollback",),
)


async def plan(context: Context, params: Params) -> Plan:
    """The endpoint runs the configuration again that served well before this one."""
    project = context.project(params["project"])
    environment, live = await _where(context, project, params.get("environment"))
    context.permit(SPEC.name, project.slug, environment)
    served = await context.tx.deployments((project.slug,), environment)
    before = previous_good(served, live.config)
    if before is None:
        raise Refusal(
            f"{project.slug} in {environment} has no earlier good configuration to go back to: "
            f"it runs {live.config}."
        )
    earlier = await _earlier(context, before)
    version = await context.world.registry.version(project.slug, before.model_version)
    if version is None:
        raise Refusal(
            f"{project.slug} v{before.model_version}, which served before, was deleted from MLflow."
        )
    change = Change(
        command="rollback_model",
        project=project,
        environment=environment,
        version=version,
        live=live,
        resources=earlier.resources,
        image=earlier.image,
        sample=earlier.sample,
        latency_ms=earlier.latency_ms,
        restores=before.endpoint_config,
        chosen=frozenset(params),
    )
    title = f"Roll back {project.slug} in {environment} to v{version.version}"
    return await planned(context, title, change)


def previous_good(served: Sequence[Deployment], live_config: str) -> Deployment | None:
    """The configuration that served well before the live one; newest first in `served`.

    Nobody is taken back to a configuration that somebody already went back from.
    """
    at = next((i for i, one in enumerate(served) if one.endpoint_config == live_config), -1)
    earlier = served[at + 1 :]
    return next(
        (one for one in earlier if not one.bad and one.endpoint_config != live_config), None
    )


async def _where(
    context: Context, project: RegisteredProject, said: str | None
) -> tuple[str, EndpointState]:
    found = await live_endpoints(context, SPEC.name, project, said)
    if not found:
        where = f" in {said}" if said else ""
        raise Refusal(
            f"Nothing of {project.slug} serves{where}, so there is nothing to go back from."
        )
    if len(found) > 1:
        raise Refusal(
            f"{project.slug} serves in {' and '.join(found)}. Where shall I roll back?",
            nearest=tuple(found),
            parameter="environment",
        )
    return next(iter(found.items()))


async def _earlier(context: Context, before: Deployment) -> DeploymentPlan:
    request = await context.tx.request(before.request)
    if request is None or request.plan.conf is None:
        raise Refusal(f"I no longer know how {before.endpoint_config} was made.")
    return DeploymentPlan.model_validate_json(json.dumps(request.plan.conf))
