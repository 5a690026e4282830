"""The queue's jobs: what the worker does, by the names under which it is deferred."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import structlog
from procrastinate import App, BaseRetryStrategy, JobContext, RetryDecision
from procrastinate.jobs import Job
from slack_sdk.errors import SlackApiError

from actions.execution import Execution
from actions.incidents.folding import Folding
from actions.incidents.telling import Tell
from actions.ports import Unavailable
from bot.conversation import Conversation
from bot.home import Home
from bot.inbound import Clicked, OpenedHome, Said, Submitted, Typed, decode
from bot.incidents import IncidentBoard
from bot.outbox import Outbox
from bot.people import People
from infra.timing import collected

if TYPE_CHECKING:
    from infra.store.envelopes import Envelopes

log = structlog.get_logger()

_LONGEST_WAIT = 60
# What Slack says of itself, and what somebody mends who looks after the app.
_PASSING = {
    *("ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"),
    *("invalid_auth", "not_authed", "account_inactive", "token_expired", "token_revoked", "missing_scope"),
    *("ekm_access_denied", "org_login_required", "accesslimited"),
}  # fmt: skip
_REFUSED_TRIES = 5
"""Tries of what Slack refuses for a reason that we do not know: about a minute, for the thread waits behind it."""
# Tries after which a person is told that something is wrong; a passing fault is over by then.
_TELL_AFTER = 2
_GIVE_UP_AFTER = 8


class Patient(BaseRetryStrategy):
    """Tries again for as long as the fault may pass, and as Slack's `Retry-After` says."""

    def __init__(self, *passing: type[Exception], attempts: int | None = None) -> None:
        self._passing = passing
        self._attempts = attempts

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """When to try again, or None where the fault stays or the tries are used up."""
        tries = self._attempts
        if tries is not None and _is_refused(exception):
            tries = min(tries, _REFUSED_TRIES)
        if tries is not None and job.attempts >= tries:
            return None
        if not isinstance(exception, self._passing):
            return None
        return RetryDecision(retry_in={"seconds": _wait(exception, job.attempts)})


@dataclass(frozen=True, slots=True)
class Handlers:
    """Everything that the jobs call."""

    envelopes: "Envelopes"
    conversation: Conversation
    execution: Execution
    outbox: Outbox
    people: People
    home: Home
    folding: Folding
    tell: Tell
    board: IncidentBoard
    bot_user: str


def register(queue: App, handlers: Handlers) -> None:
    """Teach `queue` its jobs."""
    stubborn = Patient(Exception, attempts=8)

    @queue.task(name="handle_envelope", retry=stubborn, pass_context=True)
    async def handle_envelope(context: JobContext, envelope: int) -> None:
        with _logged("handle_envelope", envelope=envelope):
            await _handle(handlers, envelope, context.job.attempts)

    @queue.task(name="post_message", retry=Patient(Exception, attempts=50))
    async def post_message(message: int) -> None:
        with _logged("post_message", message=message):
            await handlers.outbox.post(message)

    @queue.task(name="show_card", retry=Patient(Exception, attempts=50))
    async def show_card(request: int) -> None:
        with _logged("show_card", request=request):
            await handlers.outbox.show_card(request)

    @queue.task(name="start_request", retry=Patient(Exception), pass_context=True)
    async def start_request(context: JobContext, request: int) -> None:
        with _logged("start_request", request=request):
            await _start(handlers, request, context.job.attempts)

    @queue.task(name="fold_alerts", retry=Patient(Exception))
    async def fold_alerts() -> None:
        with _logged("fold_alerts"):
            await handlers.folding.fold()

    @queue.task(name="tell_incidents", retry=Patient(Exception))
    async def tell_incidents() -> None:
        with _logged("tell_incidents"):
            await handlers.tell.tell()

    @queue.task(name="show_incident", retry=Patient(Exception, attempts=50))
    async def show_incident(incident: int) -> None:
        with _logged("show_incident", incident=incident):
            await handlers.board.show(incident)


@contextmanager
def _logged(task: str, **about: int) -> Iterator[None]:
    """One line at the job's end: when it started, how long it took, and its parts (`timed`)."""
    started, clock = datetime.now(UTC), time.perf_counter()
    with collected() as parts:
        try:
            yield
        finally:
            took = round((time.perf_counter() - clock) * 1000, 1)
            when = started.isoformat()
            log.info("job_ended", task=task, started=when, took_ms=took, **about, **parts)


async def _handle(handlers: Handlers, envelope: int, attempts: int) -> None:
    stored = await handlers.envelopes.get(envelope)
    if stored.handled is not None:
        return
    inbound = decode(stored.kind, stored.body, handlers.bot_user)
    try:
        if inbound is not None:
            await _dispatch(handlers, inbound, stored.key)
    except Exception:
        if attempts == _TELL_AFTER and inbound is not None and not isinstance(inbound, OpenedHome):
            await handlers.conversation.failed(inbound.user, inbound.place, stored.key)
        raise
    await handlers.envelopes.handled(envelope)


async def _start(handlers: Handlers, request: int, attempts: int) -> None:
    """Airflow may be down for long, so that is waited for; a fault of ours is not for ever."""
    try:
        await handlers.execution.advance(request)
    except Unavailable:
        raise
    except Exception:
        if attempts < _GIVE_UP_AFTER:
            raise
        log.exception("gave_up", request=request)
        await handlers.execution.give_up(request)


async def _dispatch(handlers: Handlers, inbound: Any, key: str) -> None:
    if isinstance(inbound, OpenedHome):
        await handlers.home.publish(await handlers.people.person(inbound.team, inbound.user))
        return
    who = await handlers.people.person(inbound.place.team, inbound.user)
    match inbound:
        case Said():
            await handlers.conversation.said(who, inbound, key)
        case Typed():
            await handlers.conversation.typed(who, inbound, key)
        case Clicked():
            await handlers.conversation.clicked(who, inbound, key)
        case Submitted():
            await handlers.conversation.submitted(who, inbound, key)


def _is_refused(exception: BaseException) -> bool:
    """Whether Slack took the call, understood it and says no, for a reason that hardly passes."""
    if not isinstance(exception, SlackApiError):
        return False
    # What answers in Slack's place, while it is down, may be no JSON.
    said = getattr(exception.response, "data", None)
    return isinstance(said, dict) and "error" in said and said["error"] not in _PASSING


def _wait(exception: BaseException, attempts: int) -> int:
    if isinstance(exception, SlackApiError):
        after = exception.response.headers.get("Retry-After") if exception.response else None
        if after and str(after).isdigit():
            return int(after)
    return min(_LONGEST_WAIT, int(2 ** min(attempts, 6)))
