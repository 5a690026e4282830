"""`list_alerts`: the open incidents."""

from collections.abc import Sequence
from datetime import timedelta

from actions import parameters as p
from actions.answers import Answer, Table
from actions.context import Context, Params
from actions.incidents.incident import Incident, State
from actions.incidents.matchers import all_match
from actions.incidents.moments import spoken
from actions.incidents.silences import Silence
from actions.incidents.store import KeptSilence
from actions.spec import Command, Risk, Use

SPEC = Command(
    name="list_alerts",
    title="List alerts",
    summary="Open incidents.",
    risk=Risk.READ,
    uses=(
        Use(p.PROJECT),
        Use(p.SEVERITY),
        Use(p.INCIDENT_STATE),
    ),
    examples=(
        "list alerts",
        "which alerts are [firing](state)",
        "[high](severity) severity alerts of [fraud](project)",
        "any open incidents for [churn](project)",
        "show [snoozed](state) alerts",
        "what is on fire",
    ),
    aliases=("alerts",),
)

_RECENT = timedelta(days=7)
_STATES = {
    "firing": (State.FIRING, State.REOPENED),
    "acknowledged": (State.ACKNOWLEDGED,),
    "snoozed": (State.SNOOZED,),
    "resolved": (State.RESOLVED,),
}
_TITLE = 60


async def answer(context: Context, params: Params) -> Answer:
    """The open ones, the worst first; or those in the state that was asked for."""
    context.permit(SPEC.name, None, None)
    project = context.project(params["project"]).slug if "project" in params else None
    if project is not None:
        context.permit(SPEC.name, project, None)
    found = [
        incident
        for incident in await _found(context, project, params.get("state"))
        if params.get("severity") in (None, incident.severity.value) and _may_see(context, incident)
    ]
    seen = [project] if project is not None else _visible(context)
    silences = [
        kept
        for kept in await context.tx.incidents.silences(context.now)
        if _concerns(kept.silence, seen)
    ]
    if not found:
        return Answer(text=_nothing(project, params) + _silenced(silences), command=SPEC.name)
    found.sort(key=lambda incident: (-incident.severity.rank, -incident.number))
    one = "1 incident" if len(found) == 1 else f"{len(found)} incidents"
    text = f"{one}, the worst first. Each has its message, with the buttons, in its channel."
    return Answer(
        title="Incidents",
        text=text + _silenced(silences),
        table=Table(
            columns=("Alert", "Severity", "State", "What", "Model", "Since", "Seen"),
            rows=tuple(_row(incident) for incident in found),
        ),
        command=SPEC.name,
    )


async def _found(context: Context, project: str | None, state: str | None) -> Sequence[Incident]:
    if state == "resolved":
        return await context.tx.incidents.resolved_since(context.now - _RECENT, project)
    wanted = _STATES.get(state or "", tuple(State))
    return [one for one in await context.tx.incidents.open(project) if one.state in wanted]


def _may_see(context: Context, incident: Incident) -> bool:
    """What belongs to no project is seen by all who may list anything."""
    return incident.project is None or context.may_see(SPEC.name, incident.project)


def _row(incident: Incident) -> tuple[str, ...]:
    title = incident.alert.title or incident.alert.monitor
    where = incident.alert.environment
    return (
        incident.id,
        incident.severity.value,
        _state(incident),
        title if len(title) <= _TITLE else f"{title[: _TITLE - 1]}…",
        f"{incident.model} in {where}" if where else incident.model,
        spoken(incident.since),
        f"{incident.count:,} ×",
    )


def _state(incident: Incident) -> str:
    if incident.on_it is not None:
        return f"{incident.on_it.name} is on it"
    if incident.snoozed_until is not None:
        return f"snoozed until {spoken(incident.snoozed_until)}"
    return "firing again" if incident.state is State.REOPENED else incident.state.value


def _silenced(silences: Sequence[KeptSilence]) -> str:
    if not silences:
        return ""
    told = (
        f"{', '.join(str(matcher) for matcher in kept.silence.matchers)} until "
        f"{spoken(kept.silence.ends)} (by {kept.silence.by.name})"
        for kept in silences
    )
    return f" Silenced: {'; '.join(told)}."


def _visible(context: Context) -> list[str]:
    return [slug for slug in context.projects if context.may_see(SPEC.name, slug)]


def _concerns(silence: Silence, projects: Sequence[str]) -> bool:
    """Whether it may be about one of the projects; of another's, not even the name is told."""
    named = [matcher for matcher in silence.matchers if matcher.label == "project"]
    return not named or any(all_match(named, {"project": slug}) for slug in projects)


def _nothing(project: str | None, params: Params) -> str:
    what = " ".join(
        part
        for part in (
            f"{params['severity']}-severity" if "severity" in params else "",
            params.get("state") or "open",
        )
        if part
    )
    of = f" of {project}" if project else ""
    recent = " in the last 7 days" if params.get("state") == "resolved" else ""
    return f"There are no {what} incidents{of}{recent}."
