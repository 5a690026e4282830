"""`show_run`: where a run stands."""

from actions import parameters as p
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="show_run",
    title="Show a run",
    summary="Stage, progress, metrics and links of one run.",
    risk=Risk.READ,
    uses=(Use(p.RUN), Use(p.PROJECT)),
    examples=(
        "show [R42](run)",
        "how far is [run 42](run)",
        "status of [r7](run)",
        "how is the training of [claims-frequency](project) going",
        "what's the progress of [#12](run)",
        "is the [fraud](project) run done yet",
        "what is [run 3](run) doing",
    ),
    aliases=("run", "status"),
)
