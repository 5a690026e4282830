"""`list_alerts`: the open incidents."""

from actions import parameters as p
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="list_alerts",
    title="List alerts",
    summary="Open incidents.",
    risk=Risk.READ,
    uses=(
        Use(p.PROJECT),
        Use(p.SEVERITY),
        Use(p.INCIDENT_STATE),
    ),
    examples=(
        "list alerts",
        "which alerts are [firing](state)",
        "[high](severity) severity alerts of [fraud](project)",
        "any open incidents for [churn](project)",
        "show [snoozed](state) alerts",
        "what is on fire",
    ),
    aliases=("alerts",),
    available=False,
)
