"""`explain_model`: which features a model goes by."""

from actions import parameters as p
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="explain_model",
    title="Explain a model",
    summary="Feature attributions of a model version, with a picture.",
    risk=Risk.READ,
    uses=(
        Use(p.PROJECT, required=True),
        Use(p.VERSION),
    ),
    examples=(
        "explain [claims-frequency](project)",
        "explain [fraud](project) [v7](version)",
        "which features matter most for [churn](project)",
        "show the shap values of [pricing](project)",
        "why does [lapse-risk](project) predict what it predicts",
        "feature importance of [the champion](version) of [fraud](project)",
    ),
    aliases=("explain",),
    available=False,
)
