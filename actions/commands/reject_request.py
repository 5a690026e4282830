"""`reject_request`: decides against a request."""

from actions import parameters as p
from actions.answers import Answer
from actions.behaviour import Acting
from actions.context import Params
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="reject_request",
    title="Reject a request",
    summary="Decide against a request, with a reason if you like.",
    risk=Risk.DIRECT,
    uses=(
        Use(p.REQUEST, required=True),
        Use(p.REASON),
    ),
    examples=(
        "reject [R42](request)",
        "reject [request 42](request) because [it is too expensive](reason)",
        "decline [r7](request) - [too expensive](reason)",
        "no to [R12](request), reason: [we freeze production this week](reason)",
        "deny [#12](request)",
    ),
    aliases=("reject",),
)


async def act(acting: Acting, params: Params) -> Answer:
    """The speaker's vote against the plan, which ends the request."""
    number = int(params["request"].removeprefix("R"))
    reason = params.get("reason")
    who, decide = acting.context.who, acting.decisions.vote
    request = await decide(who, number, None, approve=False, reason=reason)
    return Answer(
        text=f"You rejected {request.id}, “{request.plan.title}”; nothing of it starts.",
        command=SPEC.name,
    )
