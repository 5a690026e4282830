"""`compare_models`: two versions side by side on the same holdout."""

from actions import parameters as p
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="compare_models",
    title="Compare two versions",
    summary="Metrics of two versions side by side on the same holdout, with a chart.",
    risk=Risk.READ,
    uses=(
        Use(p.PROJECT, required=True),
        Use(p.VERSION),
        Use(p.OTHER_VERSION),
    ),
    examples=(
        "compare [claims-frequency](project) [v3](version) with [v4](other_version)",
        "compare the [fraud](project) models",
        "is [v5](version) of [churn](project) better than [v4](other_version)",
        "[pricing](project) [v2](version) vs [the champion](other_version)",
        "how does [the challenger](version) of [fraud](project) compare to [the champion](other_version)",
    ),
    aliases=("compare",),
)
