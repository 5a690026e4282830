"""`show_run`: where a run stands."""

from actions import parameters as p
from actions.answers import Answer, Field, Link, Refusal
from actions.context import Context, Params
from actions.reports import STAGE_NAMES
from actions.requests import Request, RunProgress
from actions.runs import RUNS, find_run, number
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="show_run",
    title="Show a run",
    summary="Stage, progress, metrics and links of one run.",
    risk=Risk.READ,
    uses=(Use(p.RUN), Use(p.PROJECT, required=True, unless="run")),
    examples=(
        "show [R42](run)",
        "how far is [run 42](run)",
        "status of [r7](run)",
        "how is the training of [claims-frequency](project) going",
        "what's the progress of [#12](run)",
        "is the [fraud](project) run done yet",
        "what is [run 3](run) doing",
    ),
    aliases=("run", "status"),
)


# Airflow's states; what is not here is under way: queued, scheduled, deferred and the like.
_STATES = {
    "": "not yet",
    "success": "done",
    "failed": "failed",
    "upstream_failed": "not reached",
    "skipped": "not needed",
}


async def answer(context: Context, params: Params) -> Answer:
    """Where the run stands, stage by stage, with its metrics and links."""
    request = await _request(context, params)
    if request.project is not None:
        context.permit(SPEC.name, request.project, None)
    progress = await context.tx.run(request.number)
    fields = [Field(label="Asked by", value=request.requester_name)]
    if progress is not None:
        fields += _stages(progress)
        fields += [Field(label=name, value=number(v)) for name, v in progress.metrics.items()]
    return Answer(
        title=f"{request.id} · {request.plan.title}",
        text=request.state.words.capitalize() + (f": {request.note}" if request.note else "."),
        fields=tuple(fields),
        links=_links(context, progress),
        command=SPEC.name,
    )


async def _request(context: Context, params: Params) -> Request:
    if "run" in params:
        return await find_run(context, params["run"])
    project = context.project(params["project"]).slug
    latest = await context.tx.requests(project=project, commands=RUNS)
    visible = [r for r in latest if r.project and context.may_see(SPEC.name, r.project)]
    if not visible:
        raise Refusal(f"{project} has no runs yet.")
    return visible[0]


def _stages(progress: RunProgress) -> list[Field]:
    return [
        Field(
            label=STAGE_NAMES.get(stage.name, stage.name),
            value=stage.headline or _STATES.get(stage.state or "", "under way"),
        )
        for stage in progress.stages
        if stage.name != "report"
    ]


def _links(context: Context, progress: RunProgress | None) -> tuple[Link, ...]:
    if progress is None:
        return ()
    links = [
        Link(text="Airflow", url=context.world.orchestrator.run_url(progress.dag, progress.run_id))
    ]
    registered = progress.reports.get("register")
    if registered is not None:
        url = context.world.registry.version_url(registered["model"], registered["version"])
        links.append(Link(text=f"MLflow v{registered['version']}", url=url))
    return tuple(links)
