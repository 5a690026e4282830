"""`stop_run`: ends a DAG run and the cloud job behind it."""

from actions import parameters as p
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="stop_run",
    title="Stop a run",
    summary="Stop a run and the cloud job behind it.",
    risk=Risk.CHANGE,
    uses=(Use(p.RUN, required=True), Use(p.PROJECT)),
    examples=(
        "stop [R42](run)",
        "kill [run 42](run)",
        "abort the training of [fraud](project)",
        "please stop [r7](run)",
        "terminate [#12](run) now",
        "halt the [churn](project) run",
    ),
    aliases=("stop",),
)
