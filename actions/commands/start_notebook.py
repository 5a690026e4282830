"""`start_notebook`: a notebook with an end."""

from actions import parameters as p
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="start_notebook",
    title="Start a notebook",
    summary="Start a SageMaker notebook that stops by itself.",
    risk=Risk.GUARDED,
    uses=(
        Use(p.INSTANCE_TYPE),
        Use(p.NOTEBOOK),
        Use(p.DURATION),
    ),
    examples=(
        "start a notebook for [4 hours](duration)",
        "start a notebook",
        "give me a jupyter on [ml.t3.medium](instance_type)",
        "spin up the notebook [claims-eda](notebook)",
        "i need a notebook on [ml.g5.xlarge](instance_type) for [two hours](duration)",
        "open notebook [fraud-lab](notebook)",
    ),
    aliases=("notebook",),
    available=False,
)
