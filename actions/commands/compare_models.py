"""`compare_models`: two versions side by side on the same holdout."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from actions import comparing
from actions import parameters as p
from actions.answers import Answer, Chart, Field, Link, Refusal, Series, Table
from actions.comparing import Compared
from actions.context import Context, Params
from actions.ports import Evaluation, ModelVersion
from actions.registration import RegisteredProject
from actions.runs import number
from actions.spec import Command, Risk, Use
from actions.versions import first_of, lasting, named, no_model, size, titled

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

_METRICS_SHOWN, _DRAWN, _SLICES_SHOWN = 12, 6, 3
# A bound further off than this would press the bars together.
_BOUND_WITHIN = 1.5


@dataclass(frozen=True, slots=True)
class _Side:
    version: ModelVersion
    found: Evaluation

    @property
    def name(self) -> str:
        return f"v{self.version.version}"


async def answer(context: Context, params: Params) -> Answer:
    """The newer version against the older, whichever was named first."""
    project = context.project(params["project"])
    context.permit(SPEC.name, project.slug, None)
    older, newer, note = await _chosen(context, project, params)
    before, after = await asyncio.gather(
        _evaluated(context, project, older), _evaluated(context, project, newer)
    )
    if before.found.holdout != after.found.holdout:
        return _apart(context, project, before, after, note)
    compared = comparing.metrics(project.spec, before.found, after.found)
    figures = [*compared[:_METRICS_SHOWN], *comparing.costs(before.found, after.found)]
    return Answer(
        title=_title(project, before, after),
        text=f"{note}{_verdict(compared, before, after)}",
        fields=_slices(project, before, after),
        table=Table(
            columns=("Figure", titled(before.version), titled(after.version), "Change", "Better"),
            rows=tuple(_row(each, before, after) for each in figures),
        ),
        chart=_chart(project, compared, before, after),
        links=_links(context, before, after),
        command=SPEC.name,
    )


async def _chosen(
    context: Context, project: RegisteredProject, params: Params
) -> tuple[ModelVersion, ModelVersion, str]:
    """The older and the newer version, and what was not said but taken."""
    said, other_said = params.get("version"), params.get("other_version")
    taken = []
    if said is None:
        version = await first_of(context, project, "challenger", "latest")
        if version is None:
            raise no_model(project)
        taken.append(titled(version))
    else:
        version = await named(context, project, said)
    if other_said is None:
        other = await _usual_other(context, project, version)
        taken.append(titled(other))
    else:
        other = await named(context, project, other_said)
    if version.version == other.version:
        raise Refusal(
            f"Both are {project.slug} {titled(version)}, so there is nothing to compare. "
            "Name another version."
        )
    note = f"You did not say which, so I took {' and '.join(taken)}. " if taken else ""
    older, newer = sorted((version, other), key=lambda one: one.version)
    return older, newer, note


async def _usual_other(
    context: Context, project: RegisteredProject, version: ModelVersion
) -> ModelVersion:
    """The champion; where it is the version itself or there is none, the one before."""
    champion = await first_of(context, project, "champion")
    if champion is not None and champion.version != version.version:
        return champion
    versions = await context.world.registry.versions(project.slug)
    before = next((one for one in versions if one.version < version.version), None)
    if before is None:
        lack = "" if champion is not None else ", and there is no champion yet"
        raise Refusal(
            f"{project.slug} has no version before v{version.version}{lack}, so there is nothing "
            f"to compare it with. Name another, or train one: “train {project.slug}”."
        )
    return before


async def _evaluated(context: Context, project: RegisteredProject, version: ModelVersion) -> _Side:
    found = await context.world.registry.evaluation(project.slug, version.version)
    if found is None:
        raise Refusal(
            f"No evaluation is kept with {project.slug} v{version.version}, so I cannot compare "
            "it. Every version that is trained through me from now on has one."
        )
    return _Side(version, found)


def _apart(
    context: Context, project: RegisteredProject, before: _Side, after: _Side, note: str
) -> Answer:
    """What each reached, and why that says nothing about which is better."""
    compared = comparing.metrics(project.spec, before.found, after.found)
    return Answer(
        title=_title(project, before, after),
        text=f"{note}They were evaluated on different holdouts, so these figures do not say which "
        "is better. Train the older one's settings anew, and both have the same holdout.",
        tone="warning",
        fields=tuple(
            Field(
                label=f"Holdout of {side.name}",
                value=f"{side.found.holdout} · {side.found.rows:,} rows",
            )
            for side in (before, after)
        ),
        table=Table(
            columns=("Figure", titled(before.version), titled(after.version)),
            rows=tuple(
                (each.name, _value(each, each.before), _value(each, each.after))
                for each in compared[:_METRICS_SHOWN]
            ),
        ),
        links=_links(context, before, after),
        command=SPEC.name,
    )


def _title(project: RegisteredProject, before: _Side, after: _Side) -> str:
    return f"{project.slug}: {after.name} against {before.name}"


def _verdict(compared: Sequence[Compared], before: _Side, after: _Side) -> str:
    """By the metric that leads; how the others stand; whether each passed its own checks."""
    rows = f"On the same holdout of {after.found.rows:,} rows: "
    judged = [each for each in compared if each.gain is not None]
    if not judged:
        return f"{rows}no metric of theirs has a goal in project.yaml, so neither is better."
    leading, others = judged[0], judged[1:]
    if leading.gain == 0:
        text = f"{rows}the same {leading.name}, which leads."
    else:
        better, worse = (after, before) if leading.gain == 1 else (before, after)
        text = (
            f"{rows}{better.name} is better than {worse.name} by {leading.name}, which leads: "
            f"{_value(leading, leading.before)} became {_value(leading, leading.after)}."
        )
    text += comparing.spoken(others, before.name, after.name)
    failed = [side.name for side in (before, after) if side.found.verdict == "failed"]
    return f"{text} {' and '.join(failed)} did not pass the project's checks." if failed else text


def _row(each: Compared, before: _Side, after: _Side) -> tuple[str, ...]:
    better = {1: after.name, -1: before.name, 0: "the same", None: "–"}[each.gain]
    values = (_value(each, each.before), _value(each, each.after))
    return (each.name, *values, _change(each), better)


def _value(each: Compared, value: float | None) -> str:
    if value is None:
        return "–"
    if each.name == comparing.LATENCY:
        return lasting(value)
    return size(int(value)) if each.name == comparing.SIZE else number(value)


def _change(each: Compared) -> str:
    if each.change is None:
        return "–"
    if each.change == 0:
        return "none"
    share = f"{each.change / abs(each.before):+.1%}" if each.before else None
    if each.name in {comparing.LATENCY, comparing.SIZE}:
        return share or "–"
    return f"{each.change:+.4g}" + (f" ({share})" if share else "")


def _slices(project: RegisteredProject, before: _Side, after: _Side) -> tuple[Field, ...]:
    words = {1: "better", -1: "worse", 0: "the same", None: ""}
    return tuple(
        Field(
            label=f"{part.column} = {part.value} ({part.rows:,} rows)",
            value=f"{part.figure.name} {_value(part.figure, part.figure.before)} → "
            f"{_value(part.figure, part.figure.after)}, {words[part.figure.gain]}",
        )
        for part in comparing.slices(project.spec, before.found, after.found, _SLICES_SHOWN)
    )


def _chart(
    project: RegisteredProject, compared: Sequence[Compared], before: _Side, after: _Side
) -> Chart | None:
    """What both have and the project has a goal for; None where there is nothing of the kind."""
    drawn = [each for each in compared if each.gain is not None][:_DRAWN]
    if not drawn:
        return None
    bounds = comparing.bounds(project.spec)
    lines = tuple(_bound(each, bounds.get(each.name)) for each in drawn)
    has_lines = any(line is not None for line in lines)
    return Chart(
        title=_title(project, before, after),
        subtitle=f"On the same holdout of {after.found.rows:,} rows",
        labels=tuple(
            f"{each.name} · {'more' if each.more else 'less'} is better" for each in drawn
        ),
        series=(
            Series(name=titled(before.version), values=tuple(each.before for each in drawn)),
            Series(name=titled(after.version), values=tuple(each.after for each in drawn)),
        ),
        reference=Series(name="what the project asks for", values=lines) if has_lines else None,
    )


def _bound(each: Compared, bound: float | None) -> float | None:
    if bound is None or each.before is None or each.after is None:
        return None
    return bound if abs(bound) <= _BOUND_WITHIN * max(abs(each.before), abs(each.after)) else None


def _links(context: Context, *sides: _Side) -> tuple[Link, ...]:
    return tuple(
        Link(
            text=f"MLflow {side.name}",
            url=context.world.registry.version_url(side.version.name, side.version.version),
        )
        for side in sides
    )
