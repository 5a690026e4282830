"""`list_approvals`: what waits for whose decision."""

from actions import parameters as p
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="list_approvals",
    title="List approvals",
    summary="Requests that wait for a decision, and whose.",
    risk=Risk.READ,
    uses=(Use(p.USER),),
    examples=(
        "list approvals",
        "what waits for [my](user) approval",
        "pending approvals",
        "is anything waiting for <@UBEN00001>",
        "which requests need approval",
        "what do [I](user) have to approve",
    ),
    aliases=("approvals",),
)
