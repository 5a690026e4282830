"""A digest as one message: a headline of numbers, a section for each thing, one picture."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from actions.answers import Answer, Field, Link, Trend, Trends
from actions.context import World
from actions.decisions import spoken
from actions.digests.digest import Digest, Drift, Idle, Pending
from actions.digests.recurrence import local
from actions.incidents.incident import Incident
from actions.requests import Request
from actions.store import Deployment

T = TypeVar("T")
_LINES = 5
"""So many of each; the rest is counted."""
_LINKS = 8
_WORDS, _NAME = 120, 40
"""Characters of what others wrote, and of what they call somebody or something."""
_PANELS = 8
# What a source sends as a link may be anything.
_WEB = re.compile(r"https?://[^\s<>|]{1,1500}")


def written(digest: Digest, timezone: str, world: World, note: str = "") -> Answer:
    """The message; times are those of `timezone`. `note` stands below the headline."""
    since = local(digest.window.since, timezone)
    until = f" until {local(digest.window.until, timezone)}"
    about = ", ".join(digest.projects) if len(digest.projects) == 1 else "all projects"
    notes = " ".join(filter(None, (note, *digest.unread)))
    if digest.quiet:
        text = f"Nothing to report for {about} since {since}."
        return Answer(text=" ".join(filter(None, (text, notes))), command="send_digest")
    lines = (f"Since {since}{until}.", _headline(digest), notes)
    return Answer(
        title=f"Digest of {about}",
        text="\n".join(filter(None, lines)),
        tone="warning" if digest.firing or digest.failed or digest.drifting else "info",
        chart=_picture(digest.drift),
        fields=tuple(_sections(digest, timezone)),
        links=tuple(_links(digest, world))[:_LINKS],
        command="send_digest",
    )


def _headline(digest: Digest) -> str:
    """The numbers, what needs somebody first; none of nothing."""
    new = f" ({len(digest.new)} new)" if digest.new else ""
    parts = (
        (len(digest.firing), f"{_many(len(digest.firing), 'incident')} open{new}"),
        (len(digest.resolved), f"{_many(len(digest.resolved), 'incident')} resolved"),
        (len(digest.drifting), f"{_many(len(digest.drifting), 'endpoint')} drifting"),
        (len(digest.pending), f"{_many(len(digest.pending), 'request')} waiting for approval"),
        (len(digest.failed), f"{_many(len(digest.failed), 'run')} failed"),
        (len(digest.stopped), f"{_many(len(digest.stopped), 'run')} stopped"),
        (len(digest.succeeded), f"{_many(len(digest.succeeded), 'run')} succeeded"),
        (len(digest.running), f"{_many(len(digest.running), 'run')} under way"),
        (len(digest.deployments), _many(len(digest.deployments), "deployment")),
        (len(digest.idle), _many(len(digest.idle), "idle endpoint")),
    )
    return " · ".join(text for count, text in parts if count)


def _sections(digest: Digest, timezone: str) -> Iterable[Field]:
    worst = sorted(digest.firing, key=lambda one: (-one.severity.rank, one.number))
    yield from _section("Open incidents", worst, lambda one: _firing(one, timezone))
    yield from _section("Resolved incidents", digest.resolved, _resolved)
    yield from _section("Drift", _drifting_first(digest.drift), _drift)
    yield from _section("Waiting for approval", digest.pending, lambda one: _pending(one, timezone))
    yield from _section("Failed runs", digest.failed, _failed)
    yield from _section("Stopped runs", digest.stopped, _ran)
    yield from _section("Successful runs", digest.succeeded, _ran)
    yield from _section("Under way", digest.running, _ran)
    yield from _section("Deployments", digest.deployments, lambda one: _deployed(one, timezone))
    yield from _section("Endpoints without a request", digest.idle, _idle)
    yield from _section("Budgets", digest.budgets, lambda each: f"{each.owner}: {each}")


def _section(label: str, items: Sequence[T], line: Callable[[T], str]) -> Iterable[Field]:
    """The first few, a line each, and how many more there are; nothing of nothing."""
    if not items:
        return
    lines = [f"• {line(each)}" for each in items[:_LINES]]
    if len(items) > _LINES:
        lines.append(f"and {len(items) - _LINES} more")
    yield Field(label=f"{label} ({len(items)})", value="\n".join(lines))


def _firing(one: Incident, timezone: str) -> str:
    since = local(one.since, timezone)
    return f"{_what(one)} · since {since} · {one.clause}"


def _resolved(one: Incident) -> str:
    because = f": {_cut(one.reason)}" if one.reason else ""
    return f"{_what(one)} · {one.clause}{because}"


def _what(one: Incident) -> str:
    where = f" in {_cut(one.alert.environment, _NAME)}" if one.alert.environment else ""
    title = _cut(one.alert.title or one.alert.monitor)
    return f"{one.id} {one.severity} · {_cut(one.model, _NAME)}{where}: {title}"


def _drifting_first(drift: Sequence[Drift]) -> Sequence[Drift]:
    return sorted(drift, key=lambda each: -len(each.alerts))


def _drift(one: Drift) -> str:
    report = one.history.newest.report
    found = f"{_many(len(one.alerts), 'check') if one.alerts else 'no check'} beyond threshold"
    largest, most = next(iter(report.drift), None), ""
    if largest is not None and largest.share:
        of = f"most in {_cut(largest.column)}" if largest.column else "most"
        most = f", {of}: {largest.value:.3g} against {largest.threshold:.3g}"
    return f"{one.project} v{report.model_version} in {one.environment}: {found}{most}"


def _pending(one: Pending, timezone: str) -> str:
    request = one.request
    until = f" until {local(request.expires, timezone)}" if request.expires else ""
    return (
        f"{request.id} {_cut(request.plan.title)}, asked by {_cut(request.requester_name, _NAME)} · "
        f"missing {spoken(one.missing)}{until}"
    )


def _failed(request: Request) -> str:
    why = f": {_cut(request.note)}" if request.note else ""
    return f"{_ran(request)}{why}"


def _ran(request: Request) -> str:
    return f"{request.id} {_cut(request.plan.title)}, by {_cut(request.requester_name, _NAME)}"


def _deployed(one: Deployment, timezone: str) -> str:
    went = ", since taken back" if one.bad else ""
    return (
        f"{one.project} v{one.model_version} in {one.environment} since {local(one.good, timezone)}"
        f"{went} (R{one.request})"
    )


def _idle(one: Idle) -> str:
    costs = f", ${one.usd_per_hour:,.2f} an hour" if one.usd_per_hour is not None else ""
    return f"{one.project} in {one.environment}{costs}"


def _picture(drift: Sequence[Drift]) -> Trends | None:
    """Each endpoint's largest effect over its threshold, so that they share one measure."""
    trends = [
        Trend(name=f"{one.project}, {one.environment}", points=one.history.shares)
        for one in _drifting_first(drift)
        if len(one.history.shares) > 1
    ]
    if not trends:
        return None
    shown, more = trends[:_PANELS], len(trends) - _PANELS
    return Trends(
        title="Drift",
        subtitle="Largest effect over its threshold" + (f"; {more} more" if more > 0 else ""),
        trends=tuple(shown),
        bound=1.0,
        bound_name="threshold",
    )


def _links(digest: Digest, world: World) -> Iterable[Link]:
    """Where to look: at the incidents' sources and what failed, then at the drift reports."""
    for one in digest.firing:
        if one.alert.link is not None and _WEB.fullmatch(one.alert.link):
            yield Link(text=f"{one.id} at its source", url=one.alert.link)
    for request in digest.failed:
        if request.plan.dag is not None:
            url = world.orchestrator.run_url(request.plan.dag, request.run_id)
            yield Link(text=f"{request.id} in Airflow", url=url)
    for drift in digest.drifting:
        yield Link(text=f"{drift.project}: drift report", url=drift.history.newest.url)


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _cut(text: str, most: int = _WORDS) -> str:
    """One line of what others wrote, capped."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"
