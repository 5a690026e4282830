"""How long a job is tried again, by what went wrong."""

from datetime import UTC, datetime, timedelta

import pytest
from procrastinate.jobs import Job
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.jobs import Patient

POSTS = Patient(Exception, attempts=50)


def slack(error: str | None, headers: dict[str, str] | None = None) -> SlackApiError:
    """What the client raises where Slack answers with this error; None: with no JSON."""
    data: dict[str, object] | str = {"ok": False, "error": error} if error else "upstream is down"
    answer = AsyncSlackResponse(
        client=None, http_verb="POST", api_url="chat.postMessage", req_args={}, data=data,
        headers=headers or {}, status_code=200,
    )  # fmt: skip
    return SlackApiError("Slack says no.", answer)


def job(attempts: int) -> Job:
    return Job(
        id=1,
        queue="default",
        lock="thread",
        queueing_lock=None,
        task_name="post",
        attempts=attempts,
    )


@pytest.mark.parametrize(
    ("fault", "tries"),
    [
        (slack("internal_error"), 50),
        (slack("ratelimited"), 50),
        (slack("token_revoked"), 50),
        (slack(None), 50),
        (ConnectionError(), 50),
        (slack("some_new_reason"), 5),
    ],
    ids=lambda value: str(value) if isinstance(value, int) else None,
)
def test_what_may_pass_is_tried_for_long_and_a_refusal_is_not(fault: Exception, tries: int) -> None:
    assert POSTS.get_retry_decision(exception=fault, job=job(tries - 1)) is not None
    assert POSTS.get_retry_decision(exception=fault, job=job(tries)) is None


def test_slack_says_how_long_to_wait() -> None:
    fault = slack("ratelimited", {"Retry-After": "7"})
    before = datetime.now(UTC)
    decision = POSTS.get_retry_decision(exception=fault, job=job(40))
    after = datetime.now(UTC)
    wait = timedelta(seconds=7)
    assert decision is not None
    assert decision.retry_at is not None
    assert before + wait <= decision.retry_at <= after + wait


def test_what_has_no_end_is_tried_for_ever() -> None:
    fault = slack("some_new_reason")
    assert Patient(Exception).get_retry_decision(exception=fault, job=job(500)) is not None
