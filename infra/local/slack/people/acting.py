"""Writing, commands, reactions, invitations: what a person does outside Block Kit."""

from __future__ import annotations

from infra.local.slack.composer import compose
from infra.local.slack.delivery import COMMANDS, UnansweredError
from infra.local.slack.directory import SLACKBOT
from infra.local.slack.errors import Json, PersonError, SlackError
from infra.local.slack.limits import TEXT_CHARACTERS
from infra.local.slack.seed import Person
from infra.local.slack.workspace import Workspace

UNANSWERED = {
    "timeout": "operation_timeout",
    "http_timeout": "operation_timeout",
    "http_error": "dispatch_failed",
    "connection_failed": "dispatch_failed",
}


def field(body: Json, name: str) -> str:
    """A required text field of a request; raises PersonError."""
    value = body.get(name)
    if not isinstance(value, str) or not value.strip():
        raise PersonError("missing_field", f"`{name}` is missing or is not text")
    return value


def who(ws: Workspace, body: Json) -> Person:
    """The person that the request names by id, handle or full name."""
    name = field(body, "user")
    person = ws.directory.find_person(name)
    if person is None:
        known = ", ".join(f"{one.id} ({one.handle})" for one in ws.directory.people)
        raise PersonError("user_not_found", f"no person {name!r} here; there are {known}", 404)
    return person


def where(ws: Workspace, body: Json, person: Person, *, member: bool = True) -> str:
    """The conversation that the request names: an id, #name, name, or @cooper for the DM."""
    name = field(body, "channel")
    app = ws.seed.app
    if name.lower() in (f"@{app.handle}", app.handle, app.user.lower(), app.name.lower()):
        return ws.directory.open_dm(person.id)
    channel = ws.directory.find_channel(name)
    inside = channel is not None and ws.directory.is_member(channel, person.id)
    hidden = channel is not None and not inside and ws.directory.audience(channel) is not None
    if channel is None or hidden:
        known = ", ".join(f"#{one['name']}" for one in _public(ws, person))
        raise PersonError(
            "channel_not_found", f"no channel {name!r} for them; there are {known}", 404
        )
    if member and not inside:
        raise PersonError(
            "not_in_channel",
            f"{person.name} is not a member of {name}; /people/joins adds them",
            403,
        )
    return channel


def _public(ws: Workspace, person: Person) -> list[Json]:
    return [body for body in ws.directory.channels(person.id) if body.get("name")]


async def post_message(ws: Workspace, body: Json) -> Json:
    person = who(ws, body)
    channel = where(ws, body, person)
    text = field(body, "text")
    if len(text) > TEXT_CHARACTERS:
        raise PersonError("msg_too_long", f"a message holds at most {TEXT_CHARACTERS} characters")
    thread = body.get("thread_ts")
    if thread is not None and ws.store.message(channel, str(thread)) is None:
        raise PersonError("thread_not_found", f"no message {thread} in {channel}", 404)
    markup = compose(text, ws.directory.names())
    message = ws.messages.from_person(channel, person.id, markup, str(thread) if thread else None)
    ws.store.mark_read(person.id, channel, message["ts"])
    bot = ws.directory.bot
    if f"<@{bot}>" in markup and not ws.directory.is_member(channel, bot):
        ws.messages.from_slackbot(
            channel,
            f"<@{bot}> is not in this channel. Add it with `/invite @{ws.seed.app.handle}`.",
            only_for=person.id,
        )
    return {"channel": channel, "ts": message["ts"], "message": message}


async def run_command(ws: Workspace, body: Json) -> Json:
    person = who(ws, body)
    channel = where(ws, body, person)
    name = field(body, "command").strip()
    name = name if name.startswith("/") else f"/{name}"
    text = str(body.get("text") or "").strip()
    if name == "/invite":
        return _invite(ws, person, channel, text)
    if name not in {command.name for command in ws.seed.app.commands}:
        ws.messages.from_slackbot(channel, f"`{name}` is not a valid command.", only_for=person.id)
        raise PersonError("invalid_command", f"{name} is not a command of this workspace", 404)
    payload = ws.payloads.command(
        person,
        ws.directory.channel(channel) or {"id": channel},
        command=name,
        text=compose(text, ws.directory.names(), labelled=True),
        response_url=ws.hooks.issue(person.id, channel),
        trigger_id=ws.views.trigger(person.id),
    )
    try:
        answer = await ws.delivery.ask(COMMANDS, payload)
    except UnansweredError as error:
        code = UNANSWERED[error.reason]
        ws.messages.from_slackbot(
            channel, f"{name} failed with the error `{code}`", only_for=person.id
        )
        raise PersonError(code, f"the app did not answer {name} in time", 504) from error
    return {"channel": channel, **_immediate(ws, person, channel, name, answer)}


def _immediate(ws: Workspace, person: Person, channel: str, name: str, answer: Json) -> Json:
    """What the acknowledgement of a command says at once."""
    if not answer.get("text") and not answer.get("blocks"):
        return {}
    try:
        message = ws.hooks.respond(person.id, channel, answer)
    except SlackError as error:
        raise PersonError(error.code, f"the app's answer to {name} cannot be shown", 502) from error
    return {"message": message} if message else {}


def _invite(ws: Workspace, person: Person, channel: str, text: str) -> Json:
    names = ws.directory.names()
    user = names.users.get(text.strip().removeprefix("@").lower())
    if user is None:
        raise PersonError("user_not_found", f"/invite: nobody is called {text!r}", 404)
    if (ws.directory.channel(channel) or {}).get("is_im"):
        raise PersonError(
            "method_not_supported_for_channel_type", "nobody can join a direct message"
        )
    if not ws.store.add_member(channel, user):
        raise PersonError("already_in_channel", f"{text} is a member already", 409)
    ws.messages.joined(channel, user, inviter=person.id)
    return {"channel": channel, "user": user}


async def join(ws: Workspace, body: Json) -> Json:
    person = who(ws, body)
    channel = where(ws, body, person, member=False)
    if person.guest:
        raise PersonError("user_is_restricted", "a guest joins only where they are invited", 403)
    if ws.store.add_member(channel, person.id):
        ws.messages.joined(channel, person.id)
    return {"channel": channel}


async def leave(ws: Workspace, body: Json) -> Json:
    person = who(ws, body)
    channel = where(ws, body, person)
    ws.store.remove_member(channel, person.id)
    ws.feed.publish({"type": "channels"})
    return {"channel": channel}


async def react(ws: Workspace, body: Json) -> Json:
    """Adds a reaction; takes it away where the person has made it already."""
    person = who(ws, body)
    channel = where(ws, body, person)
    ts, name = field(body, "ts"), field(body, "name").strip(":")
    if ws.store.message(channel, ts) is None or ws.store.audience(channel, ts):
        raise PersonError("message_not_found", f"no message {ts} in {channel}", 404)
    added = ws.messages.react(channel, ts, name, person.id, add=True)
    if not added:
        ws.messages.react(channel, ts, name, person.id, add=False)
    return {"added": added}


async def edit(ws: Workspace, body: Json) -> Json:
    person = who(ws, body)
    channel = where(ws, body, person)
    ts = field(body, "ts")
    message = _visible(ws, channel, ts, person)
    if message.get("user") != person.id:
        raise PersonError("cant_update_message", "people edit only their own messages", 403)
    markup = compose(field(body, "text"), ws.directory.names())
    ws.messages.update(channel, ts, {"text": markup}, editor=person.id)
    return {"channel": channel, "ts": ts}


async def delete(ws: Workspace, body: Json) -> Json:
    """Deletes any message: in this workspace everyone may, as an admin could in Slack."""
    person = who(ws, body)
    channel = where(ws, body, person)
    ts = field(body, "ts")
    _visible(ws, channel, ts, person)
    ws.messages.delete(channel, ts)
    return {"channel": channel, "ts": ts}


async def mark_read(ws: Workspace, body: Json) -> Json:
    person = who(ws, body)
    channel = where(ws, body, person, member=False)
    ws.store.mark_read(person.id, channel, ws.store.new_ts())
    return {}


def _visible(ws: Workspace, channel: str, ts: str, person: Person) -> Json:
    message = ws.store.message(channel, ts)
    if message is None or ws.store.audience(channel, ts) not in (None, person.id):
        raise PersonError("message_not_found", f"no message {ts} in {channel}", 404)
    if message.get("user") == SLACKBOT:
        raise PersonError("cant_delete_message", "that is a notice of Slack's own", 403)
    return message
