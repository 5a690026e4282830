"""`list_endpoints`: what serves where."""

import asyncio
from dataclasses import dataclass

from actions import parameters as p
from actions.answers import Answer, Table
from actions.context import Context, Params
from actions.ports import EndpointState, Unavailable, Variant
from actions.serving import served_version, visible_environments
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="list_endpoints",
    title="List endpoints",
    summary="All endpoints with version, traffic and health.",
    risk=Risk.READ,
    uses=(Use(p.ENVIRONMENT),),
    examples=(
        "list endpoints",
        "which endpoints are up",
        "show all endpoints in [production](environment)",
        "what is deployed on [staging](environment)",
        "what do we serve in [prod](environment)",
        "which models are live",
    ),
    aliases=("endpoints",),
)

# So that a hundred projects do not call AWS two hundred times at once.
_AT_ONCE = 10
_COLUMNS = ("Project", "Environment", "Version", "Status", "Instances", "Traffic", "Since")


@dataclass(frozen=True, slots=True)
class _Found:
    project: str
    environment: str
    state: EndpointState | Unavailable


async def answer(context: Context, params: Params) -> Answer:
    """Every endpoint that the speaker may see; one that cannot be read hides no other."""
    asked = params.get("environment")
    context.permit(SPEC.name, None, asked)
    if asked is not None:
        context.environment(asked)
    found = await _look(context, asked)
    lost = [one.state for one in found if isinstance(one.state, Unavailable)]
    if lost and len(lost) == len(found):
        raise lost[0]
    if not found:
        where = f" in {asked}" if asked else ""
        text = f"Nothing serves{where}. “deploy … to staging” makes an endpoint."
        return Answer(text=text, command=SPEC.name)
    rows = [row for one in found for row in await _rows(context, one)]
    healthy = all(
        isinstance(one.state, EndpointState) and one.state.status == "InService" for one in found
    )
    unread = f" {len(lost)} could not be read: {lost[0]}" if lost else ""
    state = "All are in service." if healthy else "Not everything is in service."
    return Answer(
        title="Endpoints",
        text=f"{state}{unread} Times in UTC.",
        tone="success" if healthy else "warning",
        table=Table(columns=_COLUMNS, rows=tuple(rows)),
        command=SPEC.name,
    )


async def _look(context: Context, asked: str | None) -> list[_Found]:
    few = asyncio.Semaphore(_AT_ONCE)

    async def one(project: str, environment: str) -> _Found | None:
        async with few:
            try:
                name = context.endpoint_name(project, environment)
                state = await context.world.cloud.endpoint(name)
            except Unavailable as away:
                return _Found(project, environment, away)
        return None if state is None else _Found(project, environment, state)

    looks = [
        one(project, environment)
        for project in sorted(context.projects)
        for environment in visible_environments(context, SPEC.name, project)
        if asked in {None, environment}
    ]
    return [found for found in await asyncio.gather(*looks) if found is not None]


async def _rows(context: Context, one: _Found) -> list[tuple[str, ...]]:
    if isinstance(one.state, Unavailable):
        return [(one.project, one.environment, "–", "not known now", "–", "–", "–")]
    state = one.state
    version = await served_version(context.tx, state)
    since = state.changed.strftime("%Y-%m-%d %H:%M") if state.changed is not None else "–"
    served = f"v{version}" if version else state.config
    return [
        (one.project, one.environment, served, state.status, *_described(variant), since)
        for variant in state.variants or (None,)
    ]


def _described(variant: Variant | None) -> tuple[str, str]:
    if variant is None:
        return "–", "–"
    return f"{variant.instance_count} × {variant.instance_type}", f"{variant.weight:.0%}"
