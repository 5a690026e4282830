"""`list_models`: the registered model versions."""

from actions import parameters as p
from actions.answers import Answer, Table
from actions.context import Context, Params
from actions.ports import ModelVersion
from actions.runs import number
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="list_models",
    title="List models",
    summary="Registered models with their versions, champion and challenger marked.",
    risk=Risk.READ,
    uses=(Use(p.PROJECT),),
    examples=(
        "list models",
        "which models do we have",
        "list versions of [fraud](project)",
        "show me all versions of [claims-frequency](project)",
        "what models are registered for [churn](project)",
    ),
    aliases=("models",),
)


_VERSIONS_EACH = 10


async def answer(context: Context, params: Params) -> Answer:
    """The versions of one project, or of every project that the speaker may see."""
    asked = [context.project(params["project"]).slug] if "project" in params else None
    context.permit(SPEC.name, asked[0] if asked else None, None)
    slugs = asked or [slug for slug in context.projects if context.may_see(SPEC.name, slug)]
    rows = [
        _row(version)
        for slug in slugs
        for version in (await context.world.registry.versions(slug))[:_VERSIONS_EACH]
    ]
    if not rows:
        text = f"No model is registered for {', '.join(slugs) or 'any project of yours'} yet."
        return Answer(text=text, command=SPEC.name)
    return Answer(
        title="Models",
        text="Newest version first; times in UTC.",
        table=Table(
            columns=("Model", "Version", "Alias", "Metrics", "Since", "Run"), rows=tuple(rows)
        ),
        command=SPEC.name,
    )


def _row(version: ModelVersion) -> tuple[str, ...]:
    metrics = " ".join(
        f"{name}={number(value)}" for name, value in list(version.metrics.items())[:3]
    )
    return (
        version.name,
        f"v{version.version}",
        ", ".join(version.aliases) or "–",
        metrics or "–",
        version.created.strftime("%Y-%m-%d %H:%M"),
        version.request or "–",
    )
