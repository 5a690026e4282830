"""`show_drift`: how far the data has moved."""

import asyncio

from actions import parameters as p
from actions.answers import Answer, Distribution, Distributions, Link, Refusal, Table
from actions.context import Context, Params
from actions.digests.periods import Window, window
from actions.drift import Finding, KeptReport, Report, Shares
from actions.incidents.moments import spoken
from actions.serving import visible_environments
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="show_drift",
    title="Show drift",
    summary="Drift and quality of a deployed model's data, with charts.",
    risk=Risk.READ,
    uses=(
        Use(p.PROJECT, required=True),
        Use(p.ENVIRONMENT),
        Use(p.PERIOD),
    ),
    examples=(
        "show drift of [claims-frequency](project)",
        "has [fraud](project) drifted in the [last 7 days](period)",
        "drift report for [churn](project) in [production](environment)",
        "data quality of [pricing](project) [this month](period)",
        "is the input of [lapse-risk](project) shifting",
    ),
    aliases=("drift",),
)

_RECENT = "P7D"
_ROWS, _PANELS = 8, 4
_CHECKS = {
    "data_drift": "data drift",
    "prediction_drift": "prediction drift",
    "label_drift": "label drift",
    "multivariate_drift": "drift of all columns",
    "concept_drift": "concept drift",
    "estimated_performance": "estimated performance",
}


async def answer(context: Context, params: Params) -> Answer:
    """The newest look at what serves, with the columns that moved most and their histograms."""
    project = context.project(params["project"]).slug
    context.permit(SPEC.name, project, params.get("environment"))
    asked = params.get("environment")
    names = [asked] if asked else list(visible_environments(context, SPEC.name, project))
    looked_back = window(params.get("period", _RECENT), context.now, context.who.timezone)
    kept = await _newest(context, project, names, looked_back)
    if not kept:
        raise Refusal(_nothing(project, asked, params.get("period")))
    worst = max(kept, key=lambda each: (len(each.report.alerts), _farthest(each.report)))
    return _drawn(project, worst, [each for each in kept if each is not worst])


async def _newest(
    context: Context, project: str, environments: list[str], looked_back: Window
) -> list[KeptReport]:
    drift = context.world.drift
    endpoints = [context.endpoint_name(project, name) for name in environments]
    found = await asyncio.gather(*(drift.newest(project, each, looked_back) for each in endpoints))
    return [each for each in found if each is not None]


def _drawn(project: str, kept: KeptReport, others: list[KeptReport]) -> Answer:
    report = kept.report
    top = sorted(
        (each for each in report.findings if each.verdict != "no_data"),
        key=lambda each: (each.verdict != "alert", -each.share),
    )[:_ROWS]
    links = [Link(text=f"Report of {report.environment} in MLflow", url=kept.url)]
    links += [Link(text=f"of {each.report.environment}", url=each.url) for each in others]
    return Answer(
        title=f"Drift of {project} v{report.model_version} in {report.environment}",
        text=" ".join([_summed_up(report), *(_beside(each.report) for each in others)]),
        tone="warning" if report.alerts else "info",
        table=Table(
            columns=("What", "Check", "Value", "Alerts from", "p", ""),
            rows=tuple(_row(each) for each in top),
        ),
        chart=_chart(report),
        links=tuple(links),
        command=SPEC.name,
    )


def _summed_up(report: Report) -> str:
    judged = len(report.findings) - len(report.unjudged)
    alerts = f"{len(report.alerts)} of {judged} checks alert." if judged else ""
    seen = (
        f"{report.rows:,} rows from {spoken(report.start)} to {spoken(report.end)}, against "
        f"{report.reference_rows:,} of the training."
    )
    unjudged = report.unjudged
    left = ""
    if unjudged:
        why = unjudged[0].reason or "there was too little data."
        left = f"{len(unjudged)} could not be judged: {why}"
    return " ".join(part for part in (alerts, seen, left) if part)


def _beside(report: Report) -> str:
    count = len(report.alerts)
    found = ("nothing alerts", "1 check alerts")[count] if count < 2 else f"{count} checks alert"
    return f"In {report.environment} {found}."


def _row(finding: Finding) -> tuple[str, ...]:
    return (
        finding.about,
        _CHECKS.get(finding.check, finding.check.replace("_", " ")),
        _figure(finding.value),
        _figure(finding.threshold),
        "–" if finding.p_value is None else _chance(finding.p_value),
        "⚠️" if finding.verdict == "alert" else "",
    )


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"


def _chance(p_value: float) -> str:
    return "< 0.001" if p_value < 0.001 else f"{p_value:.2g}"


def _farthest(report: Report) -> float:
    return max((each.share for each in report.findings), default=0.0)


def _chart(report: Report) -> Distributions | None:
    panels = tuple(_panel(each) for each in report.histograms[:_PANELS])
    if not panels:
        return None
    return Distributions(
        title=f"What moved most, v{report.model_version} in {report.environment}",
        subtitle="Shares of the rows",
        before="training",
        now="now",
        panels=panels,
    )


def _panel(shares: Shares) -> Distribution:
    return Distribution(
        name=shares.column, labels=shares.labels, before=shares.reference, now=shares.current
    )


def _nothing(project: str, environment: str | None, period: str | None) -> str:
    where = f" in {environment}" if environment else ""
    when = "in that time" if period else "in the last 7 days"
    return (
        f"There is no report of {project}{where} {when}. The monitor looks at what serves, every "
        "few minutes, once it has been deployed and has answered requests."
    )
