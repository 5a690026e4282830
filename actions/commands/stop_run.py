"""`stop_run`: ends a DAG run and the cloud job behind it."""

from actions import parameters as p
from actions.answers import Refusal
from actions.context import Context, Params
from actions.requests import Line, Plan, Request, State
from actions.runs import find_run
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="stop_run",
    title="Stop a run",
    summary="Stop a run and the cloud job behind it.",
    risk=Risk.CHANGE,
    uses=(Use(p.RUN, required=True, unless="project"), Use(p.PROJECT)),
    examples=(
        "stop [R42](run)",
        "kill [run 42](run)",
        "abort the training of [fraud](project)",
        "please stop [r7](run)",
        "terminate [#12](run) now",
        "halt the [churn](project) run",
    ),
    aliases=("stop",),
)


STOPPABLE = (State.QUEUED, State.RUNNING)


async def plan(context: Context, params: Params) -> Plan:
    """The end of a run that is under way."""
    target = await _target(context, params)
    context.permit(SPEC.name, target.project, target.plan.environment)
    if target.state not in STOPPABLE:
        raise Refusal(f"{target.id} {target.state.clause}; there is nothing to stop.")
    return Plan(
        title=f"Stop {target.id}",
        lines=(
            Line(label="Run", value=f"{target.id}: {target.plan.title}"),
            Line(label="Asked by", value=target.requester_name),
        ),
        price_note="What the job has cost so far stays; nothing of it is kept as a model.",
        target=target.id,
        environment=target.plan.environment,
    )


async def _target(context: Context, params: Params) -> Request:
    if "run" in params:
        return await find_run(context, params["run"])
    project = context.project(params["project"])
    running = await context.tx.requests(project=project.slug, states=STOPPABLE)
    if not running:
        raise Refusal(f"Nothing of {project.slug} is running.")
    if len(running) > 1:
        names = ", ".join(request.id for request in running)
        raise Refusal(f"Several runs of {project.slug} are under way: {names}. Which one?")
    return running[0]
