"""The whole loop on the whole stack: drift, an incident, retraining, a new version, and calm."""

import json
import re
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.e2e.stack import ANA, People, Stack, payload, text_of, wait_for
from tests.e2e.test_production import (
    DEPLOYED,
    PROJECT,
    TRAINED,
    Engineer,
    ask,
    ended,
    train,
)

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1800)]

WATCHED = 240
MOVED = "log_coinsurance"


def deploy(people: People, text: str, thread: str | None = None) -> None:
    """Put a version into staging, to the end."""
    if thread is None:
        thread, plan = ask(people, text, "deploy_model")
    else:
        people.says(ANA, f"@cooper {text}", thread=thread)
        plan = people.card(thread, 60, "awaiting_confirmation", command="deploy_model")
    people.clicks(ANA, plan, "confirm")
    done = ended(people, thread, "deploy_model", DEPLOYED)
    assert payload(done)["state"] == "succeeded", text_of(done)


def plays(stack: Stack, *options: str) -> dict[str, Any]:
    """Traffic to the endpoint in staging, with labels."""
    played = stack.cooper(
        "traffic", PROJECT, "--environment", "staging", "--rows", "900", "--rate", "150", "--json",
        *options,
    )  # fmt: skip
    assert played.returncode == 0, played.stderr
    summary: dict[str, Any] = json.loads(played.stdout)
    assert summary["answered"] == summary["requests"], summary
    return summary


def looks(stack: Stack) -> None:
    """The monitor looks, as if an engineer had pressed its button in Airflow."""
    airflow, run = Engineer(stack), f"now-{uuid.uuid4().hex[:8]}"
    body = {"dag_run_id": run, "logical_date": datetime.now(UTC).isoformat(), "conf": {}}
    airflow.post("/dags/monitor_models/dagRuns", body)
    assert airflow.finished("monitor_models", run) == "success", airflow.states(
        "monitor_models", run
    )


def incidents(people: People) -> dict[str, dict[str, Any]]:
    """The incidents' messages in the project's channel, by id."""
    found = (m for m in people.messages() if "incident" in payload(m))
    return {payload(m)["incident"]: m for m in found if payload(m)["environment"] == "staging"}


def counted(people: People, incident: str) -> int:
    """How many alerts of the incident there were, as the list tells now."""
    seen = {m["ts"] for m in people.messages(user=ANA)}
    people.types(ANA, "list_alerts")

    def told() -> dict[str, Any] | None:
        found = people.messages(user=ANA)
        return next((m for m in found if m["ts"] not in seen and "Incidents" in text_of(m)), None)

    answer = wait_for(told, 60, "the list")
    rows = next(block["rows"] for block in answer["blocks"] if block["type"] == "table")
    cells = next([cell["text"] for cell in row] for row in rows if row[0]["text"] == incident)
    return int(cells[-1].removesuffix(" ×").replace(",", ""))


def calm(people: People) -> None:
    """What other tests' traffic to earlier versions led to is over."""
    for name, message in incidents(people).items():
        if payload(message)["state"] != "resolved":
            people.types(ANA, f"resolve_alert alert={name} reason='an earlier version'")
            wait_for(lambda n=name: payload(incidents(people)[n])["state"] == "resolved", 60, name)


def incident_of(people: People, words: str, *states: str) -> dict[str, Any]:
    """The incident that says this, once it is in one of the states."""

    def look() -> dict[str, Any] | None:
        for message in incidents(people).values():
            if words in text_of(message) and payload(message)["state"] in states:
                return message
        return None

    return wait_for(look, WATCHED, f"an incident about {words} that is {' or '.join(states)}")


def test_drift_becomes_an_incident_and_a_new_version_and_then_it_is_calm(
    people: People, stack: Stack
) -> None:
    version, _ = train(people)
    deploy(people, f"deploy {PROJECT} v{version} to staging")
    calm(people)
    plays(stack, "--drift", f"{MOVED}=3", "--seed", "1")
    looks(stack)

    drift = incident_of(people, MOVED, "firing", "reopened")
    assert payload(drift)["project"] == PROJECT
    assert f"v{version} in staging" in text_of(drift)
    thread = drift["ts"]

    # What moved, with a picture, in the thread.
    people.clicks(ANA, drift, "investigate")
    report = people.reply(thread, 60, lambda m: "Drift of" in text_of(m))
    assert MOVED in text_of(report)
    assert any(block["type"] == "image" for block in report["blocks"])

    # The same again is the same incident, seen once more.
    before = incidents(people).keys()
    seen = counted(people, payload(drift)["incident"])
    looks(stack)
    wait_for(lambda: counted(people, payload(drift)["incident"]) > seen, 60, "one more alert")
    assert incidents(people).keys() == before

    people.clicks(ANA, drift, "acknowledge")
    incident_of(people, MOVED, "acknowledged")
    people.clicks(ANA, incident_of(people, MOVED, "acknowledged"), "retrain")
    plan = people.card(thread, 60, "awaiting_confirmation", command="train_model")
    people.clicks(ANA, plan, "confirm")
    done = ended(people, thread, "train_model", TRAINED)
    assert payload(done)["state"] == "succeeded", text_of(done)
    news = people.reply(thread, 30, lambda m: "is trained and registered" in text_of(m))
    challenger = int(re.findall(rf"{PROJECT} v(\d+)", text_of(news))[0])
    assert challenger > version

    deploy(people, f"deploy {PROJECT} v{challenger} to staging", thread)
    plays(stack, "--seed", "2")
    looks(stack)
    over = incident_of(people, MOVED, "resolved")
    assert over["ts"] == thread, "the same message, from the first alert to the end"


def test_the_digest_tells_of_it(people: People) -> None:
    people.types(ANA, "send_digest")

    def told() -> dict[str, Any] | None:
        found = people.messages(user=ANA)
        return next((m for m in found if payload(m).get("command") == "send_digest"), None)

    digest = text_of(wait_for(told, 60, "the digest"))
    assert PROJECT in digest
    assert "ncident" in digest
