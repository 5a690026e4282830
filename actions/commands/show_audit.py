"""`show_audit`: who did what."""

from actions import parameters as p
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="show_audit",
    title="Show the audit log",
    summary="Who did what, when, and on whose approval.",
    risk=Risk.READ,
    uses=(
        Use(p.PROJECT, required=True, unless="request"),
        Use(p.REQUEST),
        Use(p.USER),
        Use(p.PERIOD),
    ),
    examples=(
        "show the audit log of [fraud](project)",
        "who approved [R42](request)",
        "who did what on [churn](project) [last week](period)",
        "audit trail of [request 7](request)",
        "who deployed [pricing](project)",
        "what did <@UANA00001> change on [lapse-risk](project)",
    ),
    aliases=("audit",),
    available=False,
)
