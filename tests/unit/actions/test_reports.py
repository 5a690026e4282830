"""What tells of changes asks for none, and what decides is still a decision."""

from __future__ import annotations

import re

import pytest

from actions.catalog import COMMANDS
from actions.rasa.orders import asks_for
from actions.rasa.spans import Span

RUN = (Span("run", 0, 1, "R42", by_pattern=True, confidence=1.0),)


@pytest.mark.parametrize(
    "text",
    [
        "Ben approved R42",
        "<@U1> approved R42",
        "I approved R42 already",
        "I've approved R42",
        "we have already approved run 42",
        "R42 was approved",
        "R42 has been approved",
        "R42 is approved by Ben",
        "R42 needs approval",
        "R42 is waiting for approval",
        "Ben should approve R42",
        "I would approve R42 if I could",
        "I might approve R42",
        "I'll approve R42 tomorrow",
        "I will approve R42 when the tests are through",
        "if Ben approves R42, tell me",
        "should I approve R42?",
        "shall we approve R42",
        "can R42 be approved",
        "may I approve R42",
        "approve R42?",
        "Ben approved R42, so we can go on",
        "R42 needs approval - who has time?",
        "Ines wants to look at R42 tonight and will probably approve it",
        "could the owner of R42 please come out of hiding and approve it",
        "can someone from the risk team please approve R42?",
        'The button reads "approve R42", I would have called it yes',
        "as soon as the label fix is in, R42 will have my approval",
        "there is no way R42 gets my approval",
    ],
)
def test_no_decision(text):
    assert not asks_for("approve_request", text, RUN)
    other = text.replace("approve", "decline").replace("approval", "rejection")
    assert not asks_for("reject_request", other, RUN)


@pytest.mark.parametrize(
    "text",
    [
        "approve R42",
        "approved R42",
        "lgtm approved R42",
        "OK approved R42",
        "R42 is approved",
        "Request 42 is approved.",
        "R42 approved",
        "I approve R42",
        "I'd like to approve R42",
        "could you approve R42?",
        "can you please approve R42?",
        "approve R42 please?",
        "Ben approved R41, now approve R42",
        "it was reviewed by Ben and I approve R42",
        "please to approve R42",
        "we looked at it approve it please",
        "would you be so kind as to approve R42",
        "it would be great if you could approve R42",
        "any chance you approve R42",
        "this has my approval",
        "cc <@U2> approve R42",
        "https://ci.example/42 approve R42",
        "Approving R42 now",
        "give R42 the ok",
        "R42 needs my approval and I approve it",
    ],
)
def test_a_decision(text):
    assert asks_for("approve_request", text, RUN)


@pytest.mark.parametrize(
    "text",
    [
        "A17 is not fixed",
        "A17 isn't fixed yet",
        "A17 cannot be fixed",
        "A17 can’t be fixed",
        "A17 fired again",
        "A17 is back",
        "A17 was fixed yesterday but is back",
        "A17 is still there",
        "A17 needs to be fixed",
        "A17 will be fixed tomorrow",
        "please fix A17",
        "when A17 is fixed, tell me",
        "A17 resolved?",
        "A17 was resolved by Ben",
    ],
)
def test_an_incident_that_goes_on(text):
    assert not asks_for("resolve_alert", text, ())


@pytest.mark.parametrize(
    "text",
    [
        "A17 is fixed",
        "A17 is resolved",
        "resolve A17",
        "please resolve A17, it is not coming back",
        "the incident can be closed",
        "we fixed it, close A17",
        "not A16, resolve A17",
        "close A17? please",
        "the feed is back, close A17",
        "A17 can be closed, the feed is back in time",
    ],
)
def test_an_incident_that_is_over(text):
    assert asks_for("resolve_alert", text, ())


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("train_model", "churn was trained yesterday on 2 gpus"),
        ("train_model", "churn is trained"),
        ("deploy_model", "churn v7 is already deployed in prod"),
        ("deploy_model", "we've just deployed churn to staging"),
        ("rollback_model", "we rolled back churn"),
        ("stop_run", "run 42 has been cancelled"),
        ("stop_notebook", "my notebook is stopped"),
        ("snooze_alert", "A17 was snoozed for 2 hours"),
        ("unsubscribe_digest", "we unsubscribed from the digest"),
        ("undeploy_model", "churn was taken down, thanks"),
    ],
)
def test_a_report_is_no_order(command, text):
    assert not asks_for(command, text, ())


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("train_model", "I want churn trained on 2 gpus"),
        ("train_model", "I would be glad if you retrained churn"),
        ("deploy_model", "churn v7 was promoted, deploy it to prod"),
        ("deploy_model", "can we have churn deployed to staging"),
        ("stop_run", "I started the wrong thing, halt run 42"),
        ("stop_notebook", "it would be nice if you stopped my notebook"),
        ("rollback_model", "we deployed v7 and it is slow so back to v6 please"),
        ("scale_endpoint", "churn gets slow when it is scaled down, give it 4 instances"),
    ],
)
def test_an_order_with_a_report_is_an_order(command, text):
    assert asks_for(command, text, ())


@pytest.mark.parametrize("word", ["approved by ", "is not ", "has been ", "R42 ", ", ", "if "])
def test_what_is_said_over_and_over_comes_to_an_end(word):
    for command in ("approve_request", "resolve_alert", "train_model"):
        asks_for(command, word * 400, RUN)


def test_the_catalogues_own_examples_ask():
    for command in COMMANDS.values():
        for example in command.examples:
            text = re.sub(r"\[([^\]]+)\]\(\w+\)", r"\1", example)
            assert asks_for(command.name, text, RUN), text
