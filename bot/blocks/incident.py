"""The message of an incident: one from the first alert to the end, edited in place."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from actions.incidents.events import Event, Fired, Reopened, Seen, Severity
from actions.incidents.incident import Incident, State
from bot.blocks import elements as e
from bot.blocks.answer import Message
from bot.blocks.text import bold, cap, cap_markup, code, escape, link, mention, moment

_HEADINGS = {
    State.FIRING: "Firing",
    State.ACKNOWLEDGED: "Acknowledged",
    State.SNOOZED: "Snoozed",
    State.RESOLVED: "Resolved",
    State.REOPENED: "Firing again",
}
_ICONS = {State.ACKNOWLEDGED: "👀", State.SNOOZED: "💤", State.RESOLVED: "✅"}
_SEVERITIES = {Severity.HIGH: "🔴", Severity.MEDIUM: "🟠", Severity.LOW: "🟡"}
_SOURCES = {
    "aporia": "Aporia",
    "alertmanager": "Alertmanager",
    "cloudwatch": "CloudWatch",
    "coralogix": "Coralogix",
    "model_monitor": "SageMaker Model Monitor",
    "monitor": "Cooper’s monitor",
}
_TITLE, _DESCRIPTION, _URL = 250, 600, 2000
_BARS = "▁▂▃▄▅▆▇█"
_MOST_VALUES = 16


@dataclass(frozen=True, slots=True)
class Possible:
    """What an incident's buttons offer beside its own: drift report, retraining, rollback."""

    investigate: bool = False
    retrain: bool = False
    rollback: bool = False


def incident_message(
    incident: Incident,
    events: Sequence[Event],
    links: Sequence[tuple[str, str]] = (),
    possible: Possible = Possible(),
) -> Message:
    """The message for the incident as it is. `events` are all of it, `links` (text, URL) pairs."""
    title = cap(incident.alert.title or incident.alert.monitor, _TITLE)
    blocks = [
        e.section(f"{icon(incident)} {bold(title)} · {_where(incident)}\n{_status(incident)}")
    ]
    description = incident.alert.description.strip()
    if incident.open and description and description != title:
        blocks.append(e.section(cap_markup(escape(description), _DESCRIPTION)))
    if incident.open and incident.alert.value is not None:
        blocks.append(e.section(_value(incident, events)))
    shown = [link(url, text) for text, url in [*_source(incident), *links] if _is_web(url)]
    blocks.append(e.context(" · ".join([*_history(incident), *shown])))
    blocks += _buttons(incident, possible)
    heading = _HEADINGS[incident.state]
    text = f"{icon(incident)} {incident.id} {title}: {heading}, severity {incident.severity}"
    return Message(escape(text), blocks, _metadata(incident))


def icon(incident: Incident) -> str:
    """What the eye finds first: the state, or how bad it is while nobody is on it."""
    return _ICONS.get(incident.state) or _SEVERITIES[incident.severity]


def standing(incident: Incident) -> str:
    """`Acknowledged by @Ana`, `Snoozed by @Ben until 9:00`."""
    match incident.state:
        case State.ACKNOWLEDGED if incident.on_it:
            return f"{mention(incident.on_it.id)} is on it"
        case State.SNOOZED if incident.snoozed_by and incident.snoozed_until:
            who = mention(incident.snoozed_by.id)
            return f"Snoozed by {who} until {moment(incident.snoozed_until)}"
        case State.RESOLVED if incident.resolved_by:
            return f"Resolved by {mention(incident.resolved_by.id)}"
        case State.RESOLVED if incident.reason:
            return f"Over: {escape(incident.reason)}"
        case State.RESOLVED:
            return f"Over, says {escape(source_name(incident.alert.source))}"
        case _:
            return _HEADINGS[incident.state]


def source_name(source: str) -> str:
    """As people call it."""
    return _SOURCES.get(source, source)


def _status(incident: Incident) -> str:
    parts = [standing(incident), f"`{incident.id}`", f"severity {incident.severity}"]
    if incident.flapping:
        parts.insert(1, "comes and goes")
    return " · ".join(parts)


def _where(incident: Incident) -> str:
    """Which model, version and environment."""
    alert = incident.alert
    version = f" v{escape(cap(alert.version.removeprefix('v'), 40))}" if alert.version else ""
    where = f" in {escape(cap(alert.environment, 60))}" if alert.environment else ""
    return f"{escape(cap(incident.model, 100))}{version}{where}"


def _value(incident: Incident, events: Sequence[Event]) -> str:
    """The value against its threshold, with how it got there."""
    alert = incident.alert
    limit = f" against {alert.threshold:.4g}" if alert.threshold is not None else ""
    path = sparkline(_values(events), alert.threshold)
    return f"*{alert.value:.4g}*{limit}" + (f"  {code(path)}" if path else "")


def _values(events: Sequence[Event]) -> list[float]:
    alerts = (event.alert for event in events if isinstance(event, Fired | Seen | Reopened))
    return [alert.value for alert in alerts if alert is not None and alert.value is not None]


def sparkline(values: Sequence[float], threshold: float | None) -> str:
    """The latest values as small bars on one scale from 0, with the threshold in it; "" below two."""
    last = values[-_MOST_VALUES:]
    if len(last) < 2:
        return ""
    scale = [*last, 0.0, *([threshold] if threshold is not None else [])]
    low, high = min(scale), max(scale)
    if high <= low:
        return ""
    steps = (round((value - low) / (high - low) * (len(_BARS) - 1)) for value in last)
    return "".join(_BARS[step] for step in steps)


def _history(incident: Incident) -> list[str]:
    times = "once" if incident.count == 1 else f"{incident.count:,} times"
    parts = [f"since {moment(incident.since)}", f"seen {times}"]
    if incident.count > 1:
        parts.append(f"last {moment(incident.last_seen)}")
    if incident.resolved_at is not None:
        parts.append(f"resolved {moment(incident.resolved_at)}")
    if incident.reason:
        parts.append(escape(incident.reason))
    return parts


def _buttons(incident: Incident, possible: Possible) -> list[e.Block]:
    if not incident.open:
        return []
    value = json.dumps({"incident": incident.id, "version": incident.version})

    def button(text: str, action: str, says: str = "", *, style: str | None = None) -> e.Block:
        return e.button(text, action, value, style=style, label=f"{says or text} {incident.id}")

    if incident.state is State.ACKNOWLEDGED:
        first = button("Take over", "acknowledge")
    else:
        first = button("Acknowledge", "acknowledge", style="primary")
    row = [
        first,
        button("💤 1 h", "snooze", "Snooze for an hour:"),
        button("💤 1 day", "snooze_day", "Snooze for a day:"),
        button("💤 until …", "snooze_until", "Snooze until a time:"),
        button("Resolve", "resolve"),
        *([button("Investigate", "investigate")] if possible.investigate else []),
        *([button("Retrain", "retrain")] if possible.retrain else []),
        *([button("Roll back", "rollback")] if possible.rollback else []),
    ]
    return [e.actions(f"incident:{incident.id}", row)]


def _source(incident: Incident) -> list[tuple[str, str]]:
    named = [(each.name, each.url) for each in incident.links]
    own = incident.alert.link
    return [*([(source_name(incident.alert.source), own)] if own else []), *named]


def _is_web(url: str) -> bool:
    """Whether Slack may make a link of it: a source's text could end the markup or be a script."""
    bad = any(char in url for char in "<>|") or any(char.isspace() for char in url)
    return len(url) <= _URL and not bad and urlsplit(url).scheme in {"http", "https"}


def _metadata(incident: Incident) -> dict[str, object]:
    payload = {
        "incident": incident.id,
        "project": incident.project,
        "model": incident.model,
        "environment": incident.alert.environment,
        "severity": incident.severity.value,
        "state": incident.state.value,
        "count": incident.count,
        "version": incident.version,
    }
    return {"event_type": "cooper_incident", "event_payload": payload}
