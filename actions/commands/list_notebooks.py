"""`list_notebooks`: who has which notebook."""

from actions import parameters as p
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="list_notebooks",
    title="List notebooks",
    summary="Notebooks with state, owner, cost so far and stop time.",
    risk=Risk.READ,
    uses=(Use(p.USER),),
    examples=(
        "list notebooks",
        "list [my](user) notebooks",
        "which notebooks are running",
        "show the notebooks of <@UANA00001>",
        "who has a notebook open",
        "what notebooks do [I](user) have",
    ),
    aliases=("notebooks",),
    available=False,
)
