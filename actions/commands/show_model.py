"""`show_model`: one model version with its metrics and lineage."""

import asyncio
from collections.abc import Iterable, Iterator

from actions import parameters as p
from actions.answers import Answer, Field, Link
from actions.context import Context, Params
from actions.ports import EndpointState, Evaluation, ModelVersion, Unavailable
from actions.registration import RegisteredProject
from actions.requests import Request, State
from actions.runs import SERVING, number
from actions.serving import served_version, visible_environments
from actions.spec import Command, Risk, Use
from actions.versions import (
    first_of,
    lasting,
    leading_first,
    named,
    no_model,
    short_hash,
    size,
    titled,
    worst_slices,
)

SPEC = Command(
    name="show_model",
    title="Show a model",
    summary="Metrics, lineage, where a version is deployed and who approved it.",
    risk=Risk.READ,
    uses=(
        Use(p.PROJECT, required=True),
        Use(p.VERSION),
    ),
    examples=(
        "show [claims-frequency](project) [v3](version)",
        "show me the [fraud](project) model",
        "details of [the champion](version) of [churn](project)",
        "how good is [pricing](project) [v7](version)",
        "where does [v4](version) of [fraud](project) come from",
        "who approved [churn](project) [v2](version)",
    ),
    aliases=("model",),
)

_METRICS_SHOWN, _SLICES_SHOWN, _PARAMS_SHOWN = 8, 2, 15
_TAG = "cooper.endpoint"


async def answer(context: Context, params: Params) -> Answer:
    """What the version is worth, what it was made of, where it serves and by whose leave."""
    project = context.project(params["project"])
    context.permit(SPEC.name, project.slug, None)
    said = params.get("version")
    version = await (_usual(context, project) if said is None else named(context, project, said))
    evaluation, states = await asyncio.gather(
        context.world.registry.evaluation(project.slug, version.version),
        _endpoints(context, project),
    )
    fields = [
        *_metrics(project, version, evaluation),
        *_verdict(version, evaluation),
        *_figures(evaluation),
        *_slices(project, evaluation),
        *await _lineage(context, project, version),
        *_hyperparameters(version),
        Field(label="Deployed", value=await _deployed(context, version, states)),
        Field(label="Approved by", value=await _approved(context, project, version)),
    ]
    return Answer(
        title=f"{project.slug} {titled(version)}",
        text="" if said is not None else _why(version),
        tone="warning" if _failed(version, evaluation) else "info",
        fields=tuple(fields),
        links=(
            Link(
                text=f"MLflow v{version.version}",
                url=context.world.registry.version_url(project.slug, version.version),
            ),
        ),
        command=SPEC.name,
    )


async def _usual(context: Context, project: RegisteredProject) -> ModelVersion:
    found = await first_of(context, project, "champion", "challenger", "latest")
    if found is None:
        raise no_model(project)
    return found


def _why(version: ModelVersion) -> str:
    if "champion" in version.aliases:
        return "The champion, since you named no version."
    if "challenger" in version.aliases:
        return "The challenger, since you named no version and there is no champion yet."
    return "The latest, since you named no version and there is no champion or challenger yet."


def _metrics(
    project: RegisteredProject, version: ModelVersion, evaluation: Evaluation | None
) -> Iterator[Field]:
    found = evaluation.metrics if evaluation is not None else version.metrics
    for name in leading_first(project.spec, found)[:_METRICS_SHOWN]:
        yield Field(label=name, value=number(found[name]))


def _failed(version: ModelVersion, evaluation: Evaluation | None) -> bool:
    verdict = evaluation.verdict if evaluation is not None else version.tags.get("cooper.verdict")
    return verdict == "failed"


def _verdict(version: ModelVersion, evaluation: Evaluation | None) -> Iterator[Field]:
    if evaluation is None:
        verdict = version.tags.get("cooper.verdict")
        kept = "none is kept with this version"
        yield Field(label="Evaluation", value=f"{verdict}; {kept}" if verdict else kept)
        return
    failed = "; ".join(
        f"{check.metric} is {number(check.value)}, needs {check.bound}"
        for check in evaluation.checks
        if not check.passed
    )
    words = (
        "passed" if evaluation.verdict == "passed" else f"did not pass: {failed or 'see MLflow'}"
    )
    yield Field(label="Evaluation", value=f"{words}, on {evaluation.rows} rows")


def _figures(evaluation: Evaluation | None) -> Iterator[Field]:
    if evaluation is None:
        return
    if evaluation.latency_ms is not None:
        yield Field(label="Latency", value=f"{lasting(evaluation.latency_ms)} a prediction")
    if evaluation.size_bytes is not None:
        yield Field(label="Size", value=size(evaluation.size_bytes))


def _slices(project: RegisteredProject, evaluation: Evaluation | None) -> Iterator[Field]:
    if evaluation is None:
        return
    name, worst = worst_slices(project.spec, evaluation, _SLICES_SHOWN)
    if name is not None:
        value = "; ".join(
            f"{part.column} = {part.value}: {number(part.metrics[name])} on {part.rows} rows"
            for part in worst
        )
        yield Field(label=f"Worst {name}", value=value)


async def _lineage(
    context: Context, project: RegisteredProject, version: ModelVersion
) -> list[Field]:
    tags = version.tags
    parts = {
        "Trained": await _origin(context, version),
        "Code": _code(project, version),
        "Data": short_hash(tags, "cooper.data.sha256"),
        "Holdout": short_hash(tags, "cooper.holdout.sha256"),
    }
    return [Field(label=label, value=value) for label, value in parts.items() if value]


def _code(project: RegisteredProject, version: ModelVersion) -> str | None:
    """The package's hash, and the commit where the project is still registered from the same."""
    package = short_hash(version.tags, "cooper.source.sha256")
    same = version.tags.get("cooper.source.sha256") == project.source.sha256
    if package is not None and same and project.revision is not None:
        return f"{package}, commit {project.revision[:12]}"
    return package


async def _origin(context: Context, version: ModelVersion) -> str:
    at = version.created.strftime("%Y-%m-%d %H:%M UTC")
    if version.request is None:
        return f"{at}, not through me"
    return f"{at}, {version.request}, asked by {await _asked_by(context, version)}"


async def _asked_by(context: Context, version: ModelVersion) -> str:
    tags = version.tags
    named_in_tags = tags.get("cooper.requested-by.name") or tags.get("cooper.requested-by")
    if tags.get("cooper.installation") == context.world.policy.installation:
        digits = str(version.request).removeprefix("R")
        request = await context.tx.request(int(digits)) if digits.isdecimal() else None
        if request is not None:
            return request.requester_name
    return named_in_tags or "somebody unknown to me"


def _hyperparameters(version: ModelVersion) -> Iterator[Field]:
    shown = list(version.params.items())[:_PARAMS_SHOWN]
    if shown:
        more = len(version.params) - len(shown)
        text = " ".join(f"{name}={value}" for name, value in shown)
        yield Field(label="Hyperparameters", value=f"{text} and {more} more" if more else text)


async def _endpoints(
    context: Context, project: RegisteredProject
) -> dict[str, EndpointState | Unavailable | None]:
    """By environment; that AWS does not answer hides nothing else."""

    async def look(environment: str) -> EndpointState | Unavailable | None:
        try:
            name = context.endpoint_name(project.slug, environment)
            return await context.world.cloud.endpoint(name)
        except Unavailable as away:
            return away

    names = visible_environments(context, SPEC.name, project.slug)
    return dict(zip(names, await asyncio.gather(*map(look, names)), strict=True))


async def _deployed(
    context: Context,
    version: ModelVersion,
    states: dict[str, EndpointState | Unavailable | None],
) -> str:
    found = []
    for environment, state in states.items():
        tagged = f"{_TAG}.{environment}" in version.tags
        if isinstance(state, Unavailable):
            if tagged:
                found.append(f"{environment}, by MLflow's tag ({state})")
            continue
        live = await served_version(context.tx, state) if state is not None else None
        if state is not None and live == version.version:
            found.append(f"{environment} ({state.status})")
        elif tagged:
            now = f"v{live} serves there now" if live else "nothing of ours serves there now"
            found.append(f"{environment} by MLflow's tag, but {now}")
    away = [state for state in states.values() if isinstance(state, Unavailable)]
    if found:
        return "; ".join(found)
    return f"unknown: {away[0]}" if away else "nowhere now"


async def _approved(context: Context, project: RegisteredProject, version: ModelVersion) -> str:
    """Who agreed to the changes that let this version serve."""
    changes = await context.tx.requests(
        project=project.slug, commands=SERVING, states=(State.SUCCEEDED, State.RUNNING), limit=200
    )
    parts = [
        f"{' and '.join(voters)} ({change.id}, {change.plan.environment})"
        for change in changes
        if _is_about(change, version) and (voters := await _voters(context, change))
    ]
    return "; ".join(parts) or "nobody: it went nowhere that needs an approval"


def _is_about(change: Request, version: ModelVersion) -> bool:
    model = (change.plan.conf or {}).get("model") or {}
    return bool(model.get("version") == version.version)


async def _voters(context: Context, change: Request) -> Iterable[str]:
    votes = await context.tx.votes(change.number)
    mine = (vote for vote in votes if vote.approve and vote.plan_digest == change.plan.digest)
    return list(dict.fromkeys(vote.voter_name for vote in mine))
