"""`stop_notebook`: ends notebooks."""

from actions import parameters as p
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="stop_notebook",
    title="Stop a notebook",
    summary="Stop your notebook, the named one or all.",
    risk=Risk.CHANGE,
    uses=(Use(p.NOTEBOOK),),
    examples=(
        "stop my notebook",
        "shut down the notebook [claims-eda](notebook)",
        "stop [all notebooks](notebook)",
        "turn off my jupyter",
        "close notebook [fraud-lab](notebook)",
        "kill the [pricing-scratch](notebook) notebook",
    ),
    aliases=("stop-notebook",),
    available=False,
)
