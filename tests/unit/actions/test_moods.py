"""What rules something out, in whatever words, and what only sounds like it."""

import pytest

from actions.rasa.moods import asks_another, forbids, gives_up, hesitates, refuses


@pytest.mark.parametrize(
    "text",
    [
        "under no circumstances stop run 90",
        "by no means undeploy hill farms",
        "nobody should approve R12",
        "no one is supposed to subscribe #legal to the digest",
        "no notebook is to be shut down tonight",
        "no batch predictions on claims please",
        "R5 must neither be approved nor rejected",
        "there's no reason to compare v3 and v4",
        "there isn't any reason to stop R7",
        "it would be wrong to scale it down now",
        "it isn't necessary to extend my notebook",
        "please refrain from resolving A27",
        "hands off the endpoint of fraud",
        "whatever you do, leave the fraud endpoint as it is",
        "we decided against deploying churn",
        "I'd prefer you didn't retrain it",
        "approve nothing in my name",
        "we won't be subscribing to the digest",
    ],
)
def test_it_is_ruled_out(text: str) -> None:
    assert forbids(text) or refuses(text)


@pytest.mark.parametrize(
    "text",
    [
        "nobody has looked at it for months, so undeploy churn",
        "the endpoint of churn is no longer needed, undeploy it",
        "no rush, but please train churn",
        "there is need for a fresh training of churn",
        "there is reason to roll churn back",
        "deploy churn to production",
        "why not promote fraud v3",
        "reject R5, the holdout leaks",
        "",
    ],
)
def test_it_is_asked_for(text: str) -> None:
    assert not forbids(text)
    assert not refuses(text)


@pytest.mark.parametrize(
    "text",
    [
        "Ingrid, please approve R42",
        "hey <@U077KLMX>, would you mind deploying churn",
        "@tomas you should be the one to approve R64, not me",
        "hey Bea, stop your notebook",
        "Pieter please have a look at the failed run",
        "tell Karim to acknowledge alert 17",
        "hey ines, can you approve request 77 for me when you have a minute?",
    ],
)
def test_an_order_to_somebody_else_is_none_to_cooper(text: str) -> None:
    assert asks_another(text)


@pytest.mark.parametrize(
    "text",
    [
        "Cooper, please approve R42",
        "Hey Cooper, could you retrain churn",
        "Hi there, can you deploy it",
        "hey cooper, can you deploy it",
        "hey folks, can you deploy it",
        "hi again, could you train churn",
        "Please, can you train churn",
        "Thanks, could you stop R42 too",
        "<@U1>'s notebooks please",
        "show <@U1> the runs",
        "Retrain Churn, please",
        "tell me the cost",
        "let me know when R42 is done",
    ],
)
def test_who_speaks_to_cooper_speaks_to_nobody_else(text: str) -> None:
    assert not asks_another(text)


@pytest.mark.parametrize(
    "text",
    [
        "nvm",
        "no, cancel",
        "nah, cancel it",
        "cancel pls",
        "cancle it",
        "ok forget it",
        "something came up, so never mind",
    ],
)
def test_it_gives_up(text: str) -> None:
    assert gives_up(text)


@pytest.mark.parametrize(
    "text",
    [
        "cancel R42",
        "cancel the schedule of churn",
        "never mind the alerts, show the runs",
        "please don't forget it",
    ],
)
def test_what_names_something_does_not_give_up(text: str) -> None:
    assert not gives_up(text)


@pytest.mark.parametrize(
    "text",
    [
        *("yes", "ok", "yep, go", "go ahead", "sounds right to me", "that's correct, proceed", "y", "confirmed"),
        *("yes, stop it", "yes, no objections", "yes, I've checked it, let it rip", "perfect, do it", "lgtm"),
        "Yes, I have looked through the whole plan and it is exactly what I want, please proceed",
    ],
)  # fmt: skip
def test_a_yes(text):
    assert not hesitates(text)


@pytest.mark.parametrize(
    "text",
    [
        *("yes?", "ok?", "is that ok", "not yes", "yes no", "yes or no", "I can't say yes", "I can’t say yes", "never"),
        *("Ben says yes", "who said yes", "yes, Ben will", "ok let me check first", "do it later", "yes tomorrow"),
        *("yes if it is cheap", "yes, but wait", "I would say yes", "yeah right", "yes, stop", "ok, ask Ben", "I guess so"),
    ],
)  # fmt: skip
def test_less_than_a_yes(text):
    assert hesitates(text)
