"""`list_runs`: the runs, newest first."""

from actions import parameters as p
from actions.answers import Answer, Table
from actions.context import Context, Params
from actions.requests import Request, State
from actions.runs import RUNS
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="list_runs",
    title="List runs",
    summary="Trainings and deployments, newest first.",
    risk=Risk.READ,
    uses=(Use(p.PROJECT), Use(p.STATE), Use(p.USER)),
    examples=(
        "list [my](user) runs",
        "list runs",
        "what is [running](state) right now",
        "show [failed](state) runs of [fraud](project)",
        "which jobs [succeeded](state) for [churn](project)",
        "show all trainings",
        "what did <@UANA00001> train",
        "any runs [in progress](state)?",
    ),
    aliases=("runs",),
)


_STATES = {
    "running": (State.QUEUED, State.RUNNING, State.STOPPING),
    "failed": (State.FAILED, State.STOPPED),
    "succeeded": (State.SUCCEEDED,),
    "waiting": (State.AWAITING_CONFIRMATION, State.AWAITING_APPROVAL),
}
_SHOWN = 15


async def answer(context: Context, params: Params) -> Answer:
    """The latest runs that the speaker may see."""
    project = context.project(params["project"]).slug if "project" in params else None
    context.permit(SPEC.name, project, None)
    said = params.get("user")
    found = await context.tx.requests(
        project=project,
        states=_STATES.get(params.get("state", ""), ()),
        user=context.who.id if said == "me" else said,
        commands=RUNS,
        limit=200,
    )
    visible = [r for r in found if r.project and context.may_see(SPEC.name, r.project)][:_SHOWN]
    if not visible:
        return Answer(text="No runs match.", command=SPEC.name)
    return Answer(
        title="Runs",
        text="Newest first; times in UTC.",
        table=Table(
            columns=("Run", "What", "State", "By", "Since"),
            rows=tuple(_row(request) for request in visible),
        ),
        command=SPEC.name,
    )


def _row(request: Request) -> tuple[str, ...]:
    return (
        request.id,
        request.plan.title,
        request.state.words,
        request.requester_name,
        request.created.strftime("%Y-%m-%d %H:%M"),
    )
