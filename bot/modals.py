"""What a click opens: within the three seconds of its trigger, so before it is stored anywhere."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.exc import SQLAlchemyError

from actions.requests import Request, State, Vote
from actions.store import DraftKey, EnvelopeRefusedError, StoredDraft
from bot.blocks.modal import edit_plan, explain_vote, fill_in, snooze_until
from bot.bootstrap import Core
from bot.inbound import Clicked, decode

_ANSWERED = "That question is answered already, or it is for somebody else in this thread."


async def open_modal(client: AsyncWebClient, base: Core, body: dict[str, Any]) -> None:
    """Open the modal of the button, or tell the person alone why there is none.

    Raises:
        EnvelopeRefusedError: The database does not answer.
    """
    click = decode("action", body, "")
    if not isinstance(click, Clicked):
        return
    try:
        view, refusal = await _view(base, click, str(body["actions"][0].get("block_id", "")))
    except (SQLAlchemyError, OSError) as error:
        msg = f"The database did not answer about {click.action}."
        raise EnvelopeRefusedError(msg) from error
    if view is not None:
        await client.views_open(trigger_id=body["trigger_id"], view=view)
    elif refusal is not None:
        await client.chat_postEphemeral(
            channel=click.place.channel,
            user=click.user,
            thread_ts=click.beside.thread,
            text=refusal,
        )


async def _view(base: Core, click: Clicked, block: str) -> tuple[dict[str, Any] | None, str | None]:
    """The modal, or why there is none."""
    if click.action == "fill":
        draft = await _draft(base, click)
        return (fill_in(draft, click.place), None) if draft else (None, _ANSWERED)
    if click.action == "snooze_until":
        return await _snooze(base, click)
    number = block.removeprefix("request:R")
    async with base.store.transaction() as tx:
        request = await tx.request(int(number)) if number.isdigit() else None
        votes = await tx.votes(int(number)) if number.isdigit() else ()
    if request is None:
        return None, None
    thread = click.beside.thread
    if click.action == "edit":
        refusal, view = _no_edit(request, click.user), edit_plan(request, thread)
    else:
        refusal, view = _no_reason(request, votes, click.user), explain_vote(request, thread)
    return (None, refusal) if refusal else (view, None)


async def _snooze(base: Core, click: Clicked) -> tuple[dict[str, Any] | None, str | None]:
    """The form of an open incident, with this time tomorrow in it."""
    value = json.loads(click.value)
    async with base.store.transaction() as tx:
        incident = await tx.incidents.get(int(str(value["incident"]).removeprefix("A")))
    if incident is None or not incident.open:
        over = f"{incident.id} {incident.clause}; there is nothing to snooze." if incident else None
        return None, over
    tomorrow = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(days=1)
    return snooze_until(incident.id, int(value["version"]), click.beside, tomorrow), None


async def _draft(base: Core, click: Clicked) -> StoredDraft | None:
    """The clicker's form in this thread."""
    async with base.store.transaction() as tx:
        return await tx.draft(DraftKey.at(click.place, click.user))


def _no_edit(request: Request, user: str) -> str | None:
    """Why this person cannot edit the plan; None where they can."""
    if request.requester_id != user:
        return f"Only {request.requester_name} can edit {request.id}."
    if request.state is not State.AWAITING_CONFIRMATION:
        return f"{request.id} {request.state.clause}; it can no longer be edited."
    return None


def _no_reason(request: Request, votes: tuple[Vote, ...], user: str) -> str | None:
    """Why this person has no reason to give; None where they have."""
    against = [vote for vote in votes if not vote.approve and vote.voter_id == user]
    if not against:
        return f"Only who rejected {request.id} can say why."
    return f"You gave the reason for {request.id} already." if against[-1].reason else None
