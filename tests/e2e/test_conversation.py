"""The main job, whole: from a sentence in Slack to a trained, registered and served model."""

import pytest

from tests.e2e.stack import ANA, BEN, DAN, People, payload, text_of

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1200)]

TRAINED = 420
DEPLOYED = 240


def test_train_deploy_predict(people: People) -> None:
    thread = people.says(ANA, "@cooper train claims-frequency")
    plan = people.card(thread, 30, "awaiting_confirmation", command="train_model")
    assert payload(plan)["params"] == {"project": "claims-frequency"}
    assert payload(plan)["asks_for"] == "confirmation"
    assert "$0.23" in text_of(plan)
    assert "prices as of" in text_of(plan)

    people.clicks(ANA, plan, "confirm")
    running = people.card(thread, 60, "running", command="train_model")
    assert running["ts"] == plan["ts"], "the card is edited in place"
    done = people.card(thread, TRAINED, "succeeded", "failed", command="train_model")
    assert payload(done)["state"] == "succeeded", text_of(done)
    news = people.reply(thread, 30, lambda m: "is trained and registered" in text_of(m))
    assert "claims-frequency v1" in text_of(news)

    people.says(ANA, "deploy it to staging", thread=thread)
    deploy = people.card(thread, 30, "awaiting_confirmation", command="deploy_model")
    assert payload(deploy)["params"] == {"project": "claims-frequency", "environment": "staging"}
    people.clicks(ANA, deploy, "confirm")
    served = people.card(thread, DEPLOYED, "succeeded", "failed", command="deploy_model")
    assert payload(served)["state"] == "succeeded", text_of(served)

    asked = people.says(ANA, "predict", thread=thread)
    answer = people.reply(
        thread, 60, lambda m: float(m["ts"]) > float(asked) and "Prediction" in text_of(m)
    )
    assert "ms" in text_of(answer)


def test_reads_about_it(people: People) -> None:
    thread = people.says(BEN, "@cooper list models")
    models = people.reply(thread, 30, lambda m: "v1" in text_of(m) and m["user"] != BEN)
    assert "challenger" in text_of(models)
    thread = people.says(BEN, "@cooper show the claims-frequency endpoint")
    people.reply(thread, 30, lambda m: "InService" in text_of(m))
    thread = people.says(BEN, "@cooper list runs")
    people.reply(thread, 30, lambda m: "Train claims-frequency" in text_of(m))


def test_two_deployments_at_once_go_one_after_the_other(people: People) -> None:
    threads = [people.says(ANA, "@cooper deploy claims-frequency v1 to staging") for _ in range(2)]
    plans = [
        people.card(thread, 30, "awaiting_confirmation", command="deploy_model")
        for thread in threads
    ]
    for plan in plans:
        people.clicks(ANA, plan, "confirm")
    people.reply(threads[1], 60, lambda m: "one deployment at a time" in text_of(m))
    for thread in threads:
        done = people.card(thread, DEPLOYED, "succeeded", "failed", command="deploy_model")
        assert payload(done)["state"] == "succeeded", text_of(done)


def test_a_guest_reads_nothing(people: People) -> None:
    thread = people.says(DAN, "list models", channel="DDAN00001")
    people.reply(
        thread, 30, lambda m: "Guests cannot use Cooper" in text_of(m), channel="DDAN00001"
    )


@pytest.mark.parametrize("how", ["button", "words"])
def test_a_training_is_stopped_with_its_job(people: People, how: str) -> None:
    thread = people.says(ANA, "@cooper train claims-frequency")
    plan = people.card(thread, 30, "awaiting_confirmation", command="train_model")
    people.clicks(ANA, plan, "confirm")
    running = people.card(thread, 60, "running", command="train_model")
    if how == "button":
        people.clicks(ANA, running, "stop")
    else:
        people.says(ANA, "stop it", thread=thread)
        stop = people.card(thread, 30, "awaiting_confirmation", command="stop_run")
        people.says(ANA, "yes", thread=thread)
        people.card(thread, 60, "succeeded", command="stop_run")
        assert payload(stop)["params"] == {"run": payload(running)["request"]}
    stopped = people.card(thread, 120, "stopped", "succeeded", command="train_model")
    assert payload(stopped)["state"] == "stopped"


def test_code_that_raises_fails_with_its_last_line(people: People) -> None:
    first = people.says(ANA, "@cooper train claims-frequency with learning_rate=-1")
    plan = people.card(first, 30, "awaiting_confirmation", command="train_model")
    people.clicks(ANA, plan, "confirm")
    failed = people.card(first, TRAINED, "failed", "succeeded", command="train_model")
    assert payload(failed)["state"] == "failed"
    news = people.reply(first, 30, lambda m: "failed" in text_of(m) and "Error" in text_of(m))
    assert "learning_rate" in text_of(news)


@pytest.mark.parametrize(
    ("said", "answered"),
    [
        ("@cooper train clams-frequency", "claims-frequency"),
        ("@cooper train claims-frequency on ml.m5.xlrage", "I do not know the instance type"),
        ("@cooper deploy claims-frequency v99 to staging", "no version v99"),
        ("@cooper what is the weather in Berlin", "not"),
    ],
)
def test_what_cannot_be_done_is_said_kindly(people: People, said: str, answered: str) -> None:
    thread = people.says(ANA, said)
    people.reply(thread, 30, lambda m: m["user"] != ANA and answered in text_of(m))
