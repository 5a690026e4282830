"""The card of a request: one message from the plan to the end, edited in place."""

import json
from datetime import datetime
from decimal import Decimal

from actions.reports import OCCASIONAL, STAGE_NAMES
from actions.requests import (
    ApprovalNeed,
    Line,
    Request,
    RunProgress,
    StageProgress,
    State,
    Vote,
    outstanding,
)
from bot.blocks import elements as e
from bot.blocks.answer import Message
from bot.blocks.text import bold, cap, elapsed, escape, link, moment, usd

_HEADINGS = {
    State.AWAITING_CONFIRMATION: "Shall I?",
    State.AWAITING_APPROVAL: "Waits for approval",
    State.QUEUED: "Starting",
    State.RUNNING: "Running",
    State.STOPPING: "Stopping",
    State.SUCCEEDED: "Done",
    State.FAILED: "Failed",
    State.STOPPED: "Stopped",
    State.CANCELLED: "Cancelled",
    State.REJECTED: "Rejected",
    State.EXPIRED: "Expired",
}
_ICONS = {
    State.AWAITING_CONFIRMATION: "📝",
    State.AWAITING_APPROVAL: "✋",
    State.QUEUED: "⏳",
    State.RUNNING: "⏳",
    State.STOPPING: "⏳",
    State.SUCCEEDED: "✅",
    State.FAILED: "❌",
    State.STOPPED: "⏹️",
    State.CANCELLED: "🚫",
    State.REJECTED: "🚫",
    State.EXPIRED: "⌛",
}
# A longer value gets the card's whole width.
_SHORT = 48
_TITLE = 300
_PENDING = "⚪"
_NOT_RUN = {None, "skipped", "upstream_failed", "removed"}
_STAGE_ICONS = {"success": "✅", "failed": "❌"}
_GAVE_UP = "⚠️"


def card(
    request: Request,
    progress: RunProgress | None,
    votes: tuple[Vote, ...],
    links: tuple[tuple[str, str], ...],
    now: datetime,
) -> Message:
    """The message for the request as it is at `now`. `links` are (text, URL) pairs."""
    title = cap(request.plan.title, _TITLE)
    heading = f"{_ICONS[request.state]} {bold(title)}"
    attempt = f" · attempt {request.attempt}" if request.attempt > 1 else ""
    status = (
        f"{_HEADINGS[request.state]} · `{request.id}`{attempt} · asked by <@{request.requester_id}>"
    )
    blocks = [e.section(f"{heading}\n{status}")]
    # Whoever decides needs the plan, also where a run waits for the decision.
    if progress is None or request.state is State.AWAITING_APPROVAL:
        blocks += _plan(request)
    else:
        blocks += _progress(request, progress, now)
    if request.note:
        blocks.append(e.context(escape(cap(request.note, 1500))))
    blocks += _approvals(request, votes)
    blocks += _buttons(request, votes)
    if links:
        blocks.append(e.context(" · ".join(link(url, text) for text, url in links)))
    text = f"{request.id} {title}: {_HEADINGS[request.state]}"
    return Message(escape(text), blocks[:50], _metadata(request))


def _plan(request: Request) -> list[e.Block]:
    price = _price(request)
    short = [_line(line) for line in request.plan.lines if len(line.value) <= _SHORT]
    long = [_line(line) for line in request.plan.lines if len(line.value) > _SHORT]
    blocks = e.fields([price, *short] if price else short)
    blocks += [e.section(text) for text in long]
    if request.plan.price_note:
        blocks.append(e.context(escape(request.plan.price_note)))
    return blocks


def _line(line: Line) -> str:
    default = " _(default)_" if line.default else ""
    return f"*{escape(line.label)}*{default}\n{escape(line.value)}"


def _price(request: Request) -> str | None:
    price = request.plan.price
    if price is None:
        return None
    amount = usd(Decimal(price.amount))
    if request.plan.hourly:
        return f"*Price*\n{amount} an hour"
    return f"*Price*\nat most {amount}"


def _progress(request: Request, progress: RunProgress, now: datetime) -> list[e.Block]:
    lines = [_stage(s, progress, now) for s in progress.stages if _is_shown(s, request)]
    blocks = [e.section("\n".join(lines))] if lines else []
    facts = [f"{escape(name)} *{value:.4g}*" for name, value in list(progress.metrics.items())[:6]]
    small = []
    if progress.started is not None:
        small.append(f"⏱ {elapsed(((progress.ended or now) - progress.started).total_seconds())}")
    cost = _cost_so_far(request, progress, now)
    if cost:
        small.append(cost)
    if facts:
        blocks.append(e.context("📈 " + " · ".join(facts)))
    if small:
        blocks.append(e.context(" · ".join(small)))
    return blocks


def _is_shown(stage: StageProgress, request: Request) -> bool:
    """Whether the stage means something to people: what most runs skip, only where it says so."""
    if stage.name in OCCASIONAL:
        return stage.state not in _NOT_RUN or stage.headline is not None
    return stage.name != "report" and (stage.name != "gate" or bool(request.plan.needs))


def _stage(stage: StageProgress, progress: RunProgress, now: datetime) -> str:
    name = STAGE_NAMES.get(stage.name, stage.name.capitalize())
    running = stage.started is not None and stage.ended is None
    icon = "🔄" if running else _STAGE_ICONS.get(stage.state or "", _PENDING)
    if stage.state == "skipped" and stage.headline:
        icon = _GAVE_UP
    text = f"{icon} {name}"
    if stage.headline:
        text += f" – {escape(stage.headline)}"
    elif running and stage.started is not None:
        text += f" – {elapsed((now - stage.started).total_seconds())}"
        if stage.name == "train" and progress.phase:
            text += f", {escape(progress.phase)}"
    return text


def _cost_so_far(request: Request, progress: RunProgress, now: datetime) -> str | None:
    """The training job's cost from its billed (or running) seconds and the plan's own price."""
    price, conf = request.plan.price, request.plan.conf
    if price is None or conf is None or request.command != "train_model":
        return None
    stage = next((s for s in progress.stages if s.name == "train"), None)
    seconds: float | None = progress.billable_seconds
    before = progress.earlier_seconds
    if seconds is None and stage is not None and stage.started is not None:
        seconds = ((stage.ended or now) - stage.started).total_seconds()
    if seconds is None:
        return None
    longest = conf["resources"]["max_runtime_seconds"]
    amount = Decimal(price.amount) * Decimal(before + int(seconds)) / Decimal(longest)
    so_far = "" if progress.ended else " so far"
    return f"💵 {usd(amount)}{so_far} of at most {usd(Decimal(price.amount))}"


def _approvals(request: Request, votes: tuple[Vote, ...]) -> list[e.Block]:
    if not request.plan.needs:
        return []
    digest = request.plan.digest
    lines = [
        f"{'👍' if vote.approve else '👎'} <@{vote.voter_id}> {moment(vote.at)}"
        + (f": {escape(vote.reason)}" if vote.reason else "")
        for vote in votes
        if vote.plan_digest == digest
    ]
    left = outstanding(request.plan, votes)
    if request.state is State.AWAITING_APPROVAL and left:
        lines.append(f"Waits for {_needs(left)}")
    elif request.state is State.AWAITING_CONFIRMATION:
        lines.append(f"After your confirmation it needs approval by {_needs(left)}")
    if request.expires and request.state is State.AWAITING_APPROVAL:
        lines.append(f"until {moment(request.expires)}")
    return [e.context(" · ".join(lines))] if lines else []


def _needs(needs: tuple[ApprovalNeed, ...]) -> str:
    return " and ".join(f"{need.count} × {escape(need.role or 'any approver')}" for need in needs)


def _buttons(request: Request, votes: tuple[Vote, ...]) -> list[e.Block]:
    value = json.dumps({"request": request.id, "digest": request.plan.digest})
    match request.state:
        case State.AWAITING_CONFIRMATION:
            row = [
                e.button("Confirm", "confirm", value, style="primary"),
                e.button("Edit", "edit", value),
                e.button("Cancel", "cancel", value),
            ]
            if request.plan.conf is None:
                row.pop(1)
        case State.AWAITING_APPROVAL:
            row = [
                e.button("Approve", "approve", value, style="primary"),
                e.button("Reject", "reject", value, style="danger"),
                e.button("Cancel", "cancel", value),
            ]
        case State.QUEUED | State.RUNNING if request.plan.target is None:
            dialog = e.confirmation(
                f"Stop {request.id}?", "The cloud job behind it is stopped too.", "Stop it"
            )
            row = [e.button("Stop", "stop", value, style="danger", confirm=dialog)]
        case State.REJECTED if any(not vote.approve and not vote.reason for vote in votes):
            row = [e.button("Say why", "explain", value)]
        case _:
            return []
    return [e.actions(f"request:{request.id}", row)]


def _metadata(request: Request) -> dict[str, object]:
    asks_for = {State.AWAITING_CONFIRMATION: "confirmation", State.AWAITING_APPROVAL: "approval"}
    payload = {
        "request": request.id,
        "command": request.command,
        "params": request.params,
        "state": request.state.value,
        "asks_for": asks_for.get(request.state),
        "plan_digest": request.plan.digest,
    }
    return {"event_type": "cooper_request", "event_payload": payload}
