"""Clicks, submissions, closings: what a person does with Block Kit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from infra.local.slack import blocks as blockkit
from infra.local.slack.delivery import INTERACTIVE, UnansweredError
from infra.local.slack.errors import Json, PersonError, SlackError
from infra.local.slack.people.acting import UNANSWERED, field, where, who
from infra.local.slack.people.values import fill, problems, state_value
from infra.local.slack.seed import Person
from infra.local.slack.views import Modal, value_field
from infra.local.slack.workspace import Workspace


@dataclass
class _Place:
    """Where the clicked element is: its blocks, and the payload's parts that say so."""

    blocks: list[Json]
    container: Json
    parts: Json
    state: Json
    modal: Modal | None = None


async def click(ws: Workspace, body: Json) -> Json:
    """Acts on one element of a message, a modal or the Home tab."""
    person = who(ws, body)
    action_id = field(body, "action_id")
    place = _place(ws, body, person, action_id)
    block_id = body.get("block_id")
    found = blockkit.find_action(place.blocks, action_id, block_id, body.get("value"))
    if found is None:
        known = ", ".join(blockkit.action_ids(place.blocks)) or "none"
        at = f" in block {block_id!r}" if block_id else ""
        raise PersonError(
            "action_not_found", f"no action {action_id!r}{at} there; it has {known}", 404
        )
    block, element = found
    action = _action(element, block, body)
    action["action_ts"] = ws.store.new_ts()
    _remember(place, block, element, body)
    payload = ws.payloads.block_actions(
        person,
        ws.views.trigger(person.id),
        place.container,
        state={"values": place.state},
        actions=[action],
        **place.parts,
    )
    await _ask(ws, payload, f"the click on {action_id!r}")
    return {"action_ts": action["action_ts"], "action": action}


def _place(ws: Workspace, body: Json, person: Person, action_id: str) -> _Place:
    if body.get("view_id"):
        return _view_place(ws, person, str(body["view_id"]), body)
    if body.get("channel"):
        return _message_place(ws, person, body, action_id)
    stack = ws.views.stack(person.id)
    if stack and blockkit.find_action(stack[-1].view["blocks"], action_id):
        return _view_place(ws, person, stack[-1].view["id"], body)
    home = ws.views.home(person.id)
    if home is not None:
        return _view_place(ws, person, home["id"], body)
    raise PersonError("nowhere_to_click", "say where: `channel` (and `ts`) or `view_id`")


def _view_place(ws: Workspace, person: Person, view_id: str, body: Json) -> _Place:
    modal = ws.views.find(view_id)
    entered = body.get("values") or {}
    if modal is not None and modal.user == person.id:
        if modal is not ws.views.stack(person.id)[-1]:
            raise PersonError("view_not_on_top", "another view lies over that one", 409)
        modal.state = fill(modal.view["blocks"], modal.state, entered)
        container = {"type": "view", "view_id": view_id}
        return _Place(modal.view["blocks"], container, {"view": modal.shown()}, modal.state, modal)
    home = ws.views.home(person.id)
    if home is not None and home["id"] == view_id:
        state = fill(home["blocks"], home["state"]["values"], entered)
        container = {"type": "view", "view_id": view_id}
        shown = home | {"state": {"values": state}}
        return _Place(home["blocks"], container, {"view": shown}, state)
    raise PersonError("view_not_found", f"{person.name} has no view {view_id!r} open", 404)


def _message_place(ws: Workspace, person: Person, body: Json, action_id: str) -> _Place:
    channel = where(ws, body, person)
    message = _message(ws, channel, person, body.get("ts"), action_id)
    ts = message["ts"]
    ephemeral = bool(message.get("is_ephemeral"))
    container: Json = {
        "type": "message",
        "message_ts": ts,
        "channel_id": channel,
        "is_ephemeral": ephemeral,
    }
    thread = message.get("thread_ts")
    if thread:
        container["thread_ts"] = thread
    seen = {name: value for name, value in message.items() if name != "is_ephemeral"}
    described = ws.directory.channel(channel) or {}
    parts: Json = {
        "channel": {"id": channel, "name": described.get("name", "directmessage")},
        "response_url": ws.hooks.issue(person.id, channel, ts, thread),
    }
    if not ephemeral:
        parts["message"] = seen
    blocks = list(message.get("blocks") or [])
    state = fill(blocks, {}, body.get("values") or {})
    return _Place(blocks, container, parts, state)


def _message(ws: Workspace, channel: str, person: Person, ts: Any, action_id: str) -> Json:
    """The message named by `ts`, or the newest one in the channel that has the action."""
    if ts:
        message = ws.store.message(channel, str(ts))
        if message is None or ws.store.audience(channel, str(ts)) not in (None, person.id):
            raise PersonError("message_not_found", f"no message {ts} in {channel}", 404)
        return message
    for root in reversed(ws.store.history(channel, viewer=person.id)):
        thread = ws.store.replies(channel, root["ts"], viewer=person.id) or [root]
        for message in reversed(thread):
            if blockkit.find_action(list(message.get("blocks") or []), action_id):
                return message
    raise PersonError(
        "action_not_found", f"no message in {channel} has an action {action_id!r}", 404
    )


def _action(element: Json, block: Json, body: Json) -> Json:
    """The `actions[0]` object of the payload."""
    kind = str(element["type"])
    given = body.get("value")
    action: Json = {
        "action_id": element["action_id"],
        "block_id": block["block_id"],
        "type": kind,
    }
    if kind == "overflow":
        return action | {"selected_option": _overflow(element, given)}
    name = value_field(kind)
    if name is not None:
        entry = state_value(element, given)
        entry.pop("type")
        return action | entry
    if given is not None and element.get("value") is not None and given != element["value"]:
        raise PersonError(
            "value_differs",
            f"{element['action_id']!r} carries {element['value']!r}, not {given!r}",
            404,
        )
    kept = ("text", "value", "style", "url")
    return action | {key: element[key] for key in kept if key in element}


def _overflow(element: Json, given: Any) -> Json:
    for option in element.get("options", []):
        if given in (option.get("value"), option.get("text", {}).get("text")):
            found: Json = option
            return found
    known = ", ".join(str(option.get("value")) for option in element.get("options", []))
    raise PersonError("invalid_option", f"{given!r} is not in the menu; it has {known}", 404)


def _remember(place: _Place, block: Json, element: Json, body: Json) -> None:
    """Puts a chosen value into the state that the payload carries."""
    if value_field(str(element["type"])) is None:
        return
    entry = state_value(element, body.get("value"))
    place.state.setdefault(block["block_id"], {})[element["action_id"]] = entry
    if place.modal is not None:
        place.modal.state = place.state
        place.parts["view"] = place.modal.shown()


async def submit(ws: Workspace, body: Json) -> Json:
    """Submits a modal and does what the app's answer says."""
    person = who(ws, body)
    modal = _own_modal(ws, person, field(body, "view_id"))
    if modal.view.get("submit") is None and not any(
        block["type"] == "input" for block in modal.view["blocks"]
    ):
        raise PersonError("no_submit", "that view has nothing to submit")
    modal.state = fill(modal.view["blocks"], modal.state, body.get("values") or {})
    wrong = problems(modal.view["blocks"], modal.state)
    if wrong:
        raise PersonError("invalid_values", "the form is not complete", 422, errors=wrong)
    payload = ws.payloads.view_submission(person, ws.views.trigger(person.id), modal.shown())
    answer = await _ask(ws, payload, "the submission")
    try:
        return _after_submit(ws, modal, answer)
    except SlackError as error:
        raise PersonError(
            error.code, "the app answered with a view that Slack refuses", 502, **error.extra
        ) from error
    finally:
        ws.feed.publish({"type": "views"}, {person.id})


def _after_submit(ws: Workspace, modal: Modal, answer: Json) -> Json:
    action = answer.get("response_action")
    if action == "errors":
        known = {block["block_id"] for block in modal.view["blocks"] if block["type"] == "input"}
        errors = {str(k): str(v) for k, v in (answer.get("errors") or {}).items() if k in known}
        if not errors:
            raise SlackError("invalid_errors")
        return {"ok": False, "error": "errors", "response_action": action, "errors": errors}
    if action == "update":
        ws.views.replace(modal, answer.get("view") or {})
        return {"response_action": action, "view": modal.shown(), "closed": False}
    if action == "push":
        pushed = ws.views.push_for(modal.user, answer.get("view") or {})
        return {"response_action": action, "view": pushed.shown(), "closed": False}
    ws.views.close(modal, everything=action == "clear")
    return {"response_action": action, "closed": True}


async def close(ws: Workspace, body: Json) -> Json:
    """Closes a view; `all` closes the whole stack."""
    person = who(ws, body)
    modal = _own_modal(ws, person, field(body, "view_id"))
    everything = bool(body.get("all")) or bool(modal.view.get("clear_on_close"))
    stack = ws.views.stack(person.id)
    closed = list(stack) if everything else stack[stack.index(modal) :]
    ws.views.close(modal, everything=everything)
    for one in reversed(closed):
        if one.view["notify_on_close"]:
            payload = ws.payloads.view_closed(person, one.shown(), cleared=everything)
            ws.delivery.notice(INTERACTIVE, payload)
    ws.feed.publish({"type": "views"}, {person.id})
    return {"closed": [one.view["id"] for one in closed]}


async def options(ws: Workspace, body: Json) -> Json:
    """What an external select offers for what was typed."""
    person = who(ws, body)
    action_id = field(body, "action_id")
    place = _place(ws, body, person, action_id)
    found = blockkit.find_action(place.blocks, action_id, body.get("block_id"))
    if found is None or not str(found[1]["type"]).endswith("external_select"):
        raise PersonError("action_not_found", f"no external select {action_id!r} there", 404)
    place.parts.pop("response_url", None)
    payload = ws.payloads.block_suggestion(
        person,
        place.container,
        str(body.get("value") or ""),
        action_id=action_id,
        block_id=found[0]["block_id"],
        **place.parts,
    )
    answer = await _ask(ws, payload, "the search")
    named = ("options", "option_groups")
    return {name: answer[name] for name in named if name in answer}


def _own_modal(ws: Workspace, person: Person, view_id: str) -> Modal:
    modal = ws.views.find(view_id)
    if modal is None or modal.user != person.id:
        raise PersonError("view_not_found", f"{person.name} has no view {view_id!r} open", 404)
    return modal


async def _ask(ws: Workspace, payload: Json, what: str) -> Json:
    try:
        return await ws.delivery.ask(INTERACTIVE, payload)
    except UnansweredError as error:
        raise PersonError(
            UNANSWERED[error.reason], f"the app did not acknowledge {what} in time", 504
        ) from error
