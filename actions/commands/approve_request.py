"""`approve_request`: agrees to a request."""

from actions import parameters as p
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
