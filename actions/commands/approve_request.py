"""`approve_request`: agrees to a request."""

from actions import parameters as p
from actions.answers import Answer
from actions.behaviour import Acting
from actions.context import Params
from actions.requests import State
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="approve_request",
    title="Approve a request",
    summary="Agree to a request's plan; the same as its button.",
    risk=Risk.DIRECT,
    uses=(Use(p.REQUEST, required=True),),
    examples=(
        "approve [R42](request)",
        "i approve [request 42](request)",
        "[R7](request) is approved",
        "lgtm for [r12](request)",
        "approved [#12](request)",
        "yes to [R42](request) from me",
    ),
    aliases=("approve",),
)


async def act(acting: Acting, params: Params) -> Answer:
    """The speaker's vote for the plan as it is now."""
    number = int(params["request"].removeprefix("R"))
    request = await acting.decisions.vote(acting.context.who, number, None, approve=True)
    waiting = request.state is State.AWAITING_APPROVAL
    then = "It still waits for others." if waiting else "That was the last one it needed."
    return Answer(
        text=f"You approved {request.id}, “{request.plan.title}”. {then}",
        tone="success",
        command=SPEC.name,
    )
