"""`extend_notebook`: moves a notebook's end."""

from actions import parameters as p
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="extend_notebook",
    title="Extend a notebook",
    summary="Move the time at which a notebook stops by itself.",
    risk=Risk.CHANGE,
    uses=(
        Use(p.NOTEBOOK),
        Use(p.DURATION, required=True),
    ),
    examples=(
        "extend my notebook by [2 hours](duration)",
        "keep [claims-eda](notebook) running for [another 3 hours](duration)",
        "extend the notebook [fraud-lab](notebook) by [90 min](duration)",
        "give my notebook [one more hour](duration)",
        "extend my notebook",
    ),
    aliases=("extend",),
    available=False,
)
