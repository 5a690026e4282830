"""`promote_model`: puts what staging serves into production."""

from actions import parameters as p
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="promote_model",
    title="Promote to production",
    summary="Put the version that staging serves into production.",
    risk=Risk.GUARDED,
    uses=(
        Use(p.PROJECT, required=True),
        Use(p.VERSION),
    ),
    examples=(
        "promote [claims-frequency](project)",
        "promote [fraud](project) to production",
        "promote [v4](version) of [churn](project)",
        "take [pricing](project) from staging to production",
        "make the staging version of [fraud](project) the champion",
    ),
    dag="deploy_model",
    aliases=("promote",),
)
