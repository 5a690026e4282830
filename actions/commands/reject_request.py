"""`reject_request`: decides against a request."""

from actions import parameters as p
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
        "reject [request 42](request) because [the holdout leaks](reason)",
        "decline [r7](request) - [too expensive](reason)",
        "no to [R12](request), reason: [we freeze production this week](reason)",
        "deny [#12](request)",
    ),
    aliases=("reject",),
)
