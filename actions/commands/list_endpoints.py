"""`list_endpoints`: what serves where."""

from actions import parameters as p
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="list_endpoints",
    title="List endpoints",
    summary="All endpoints with version, traffic and health.",
    risk=Risk.READ,
    uses=(Use(p.ENVIRONMENT),),
    examples=(
        "list endpoints",
        "which endpoints are up",
        "show all endpoints in [production](environment)",
        "what is deployed on [staging](environment)",
        "what do we serve in [prod](environment)",
        "which models are live",
    ),
    aliases=("endpoints",),
)
