"""`show_feature`: one feature closely."""

from actions import parameters as p
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="show_feature",
    title="Show a feature",
    summary="A feature's definition, statistics, freshness and models.",
    risk=Risk.READ,
    uses=(Use(p.FEATURE, required=True),),
    examples=(
        "show feature [claim_amount](feature)",
        "what is the feature [vehicle_age](feature)",
        "which models use [driver_age](feature)",
        "how fresh is [days_since_last_claim](feature)",
        "describe [postcode_risk](feature)",
        "show me a feature",
    ),
    aliases=("feature",),
    available=False,
)
