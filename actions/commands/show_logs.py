"""`show_logs`: why a run failed, and the tail of its log."""

from collections.abc import Sequence

from actions import parameters as p
from actions.answers import Answer, Link, Refusal, Tone
from actions.context import Context, Params
from actions.failures import WORDS
from actions.outcomes import failure_reason
from actions.ports import Unavailable
from actions.reports import STAGE_NAMES
from actions.requests import Request, RunProgress, State
from actions.runs import RUNS, find_run
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="show_logs",
    title="Show the log of a run",
    summary="The reason of a failure first, then the log's last lines.",
    risk=Risk.READ,
    uses=(
        Use(p.RUN, required=True, unless="project"),
        Use(p.PROJECT),
    ),
    examples=(
        "show the logs of [R42](run)",
        "logs of [run 42](run)",
        "why did [r7](run) fail",
        "what went wrong with the [fraud](project) training",
        "give me the log of [#12](run)",
        "what does the log of [churn](project) say",
    ),
    aliases=(
        "logs",
        "log",
    ),
)

_LINES, _LINE_LENGTH = 25, 300
_UNDER_WAY = {State.RUNNING, State.STOPPING}


async def answer(context: Context, params: Params) -> Answer:
    """The reason first where the run failed, else where it stands; then its log's last lines."""
    request = await _request(context, params)
    context.permit(SPEC.name, request.project, request.plan.environment)
    progress = await context.tx.run(request.number)
    if progress is None:
        why = f" {request.note}" if request.note else ""
        raise Refusal(
            f"{request.id} {request.state.clause} and has not run, so it has no log.{why}"
        )
    text, tone = _standing(request, progress)
    lines, missing = await _tail(context, request, progress)
    return Answer(
        title=f"{request.id} · {request.plan.title}",
        text=f"{text} {missing}".strip(),
        tone=tone,
        code="\n".join(_capped(line) for line in lines) or None,
        links=_links(context, progress),
        command=SPEC.name,
    )


async def _request(context: Context, params: Params) -> Request:
    if "run" in params:
        request = await find_run(context, params["run"])
        if request.command not in RUNS:
            raise Refusal(f"{request.id} ({request.plan.title}) is no run, so it has no log.")
        return request
    project = context.project(params["project"])
    context.permit(SPEC.name, project.slug, None)
    latest = await context.tx.requests(project=project.slug, commands=RUNS, limit=50)
    for request in latest:
        # What nobody confirmed yet has no log to ask for.
        if await context.tx.run(request.number) is not None:
            return request
    raise Refusal(f"{project.slug} has no run yet, so there is no log.")


def _standing(request: Request, progress: RunProgress) -> tuple[str, Tone]:
    if request.state is State.FAILED or progress.state == "failed":
        return _failure(request, progress), "error"
    if request.state in _UNDER_WAY:
        stage = _stage(progress)
        phase = f" ({progress.phase})" if progress.phase else ""
        where = f" It is at “{stage}”{phase}." if stage else ""
        return f"{request.id} {request.state.clause}.{where}", "info"
    note = f" {request.note}" if request.note else ""
    return f"{request.id} {request.state.clause}{note}.", "info"


def _failure(request: Request, progress: RunProgress) -> str:
    reason = failure_reason(progress) if progress.state == "failed" else request.note or ""
    kind = WORDS.get(progress.failure_kind or "")
    if kind is None or reason.startswith(kind):
        return reason
    return f"{kind}: {reason}"


def _stage(progress: RunProgress) -> str | None:
    under_way = [stage for stage in progress.stages if stage.started and not stage.ended]
    return STAGE_NAMES.get(under_way[-1].name, under_way[-1].name) if under_way else None


async def _tail(
    context: Context, request: Request, progress: RunProgress
) -> tuple[Sequence[str], str]:
    """The log's last lines, or what to say in their place."""
    endpoint = (request.plan.conf or {}).get("endpoint")
    cloud = context.world.cloud
    try:
        if endpoint is not None:
            lines = await cloud.endpoint_log(endpoint, _LINES)
        else:
            lines = await cloud.log_tail(progress.run_id, _LINES)
    except Unavailable as away:
        return (), f"Its log cannot be read now: {away}"
    what = "The endpoint" if endpoint is not None else "Its job"
    return lines, "" if lines else f"{what} has written no log yet."


def _capped(line: str) -> str:
    return line if len(line) <= _LINE_LENGTH else line[: _LINE_LENGTH - 1] + "…"


def _links(context: Context, progress: RunProgress) -> tuple[Link, ...]:
    airflow = context.world.orchestrator.run_url(progress.dag, progress.run_id)
    links = [Link(text="Airflow", url=airflow)]
    registered = progress.reports.get("register")
    if registered is not None:
        url = context.world.registry.version_url(registered["model"], registered["version"])
        links.append(Link(text=f"MLflow v{registered['version']}", url=url))
    return tuple(links)
