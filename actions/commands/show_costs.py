"""`show_costs`: what was spent."""

from actions import parameters as p
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="show_costs",
    title="Show costs",
    summary="Spending by project and person, with a chart.",
    risk=Risk.READ,
    uses=(
        Use(p.PERIOD),
        Use(p.PROJECT),
        Use(p.USER),
    ),
    examples=(
        "show costs of [this month](period)",
        "how much did [fraud](project) cost [last month](period)",
        "what did we spend in the [last 7 days](period)",
        "[my](user) costs [this month](period)",
        "spend by project",
        "how much money did <@UANA00001> burn",
    ),
    aliases=("costs",),
    available=False,
)
