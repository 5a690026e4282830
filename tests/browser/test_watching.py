"""The whole loop in a browser: drift, an incident, retraining, a new version, and calm."""

import json
import re
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.workspace import DEPLOYED, SECONDS, TRAINED, Workspace
from tests.e2e.stack import ANA, People, Stack, payload, text_of, wait_for
from tests.e2e.test_production import PROJECT, Engineer, ask, ended, train

pytestmark = [pytest.mark.browser, pytest.mark.timeout(1800)]

WATCHED = 240
MOVED = "log_coinsurance"


def deploy(people: People, version: int) -> None:
    """Put a version into staging, to the end."""
    thread, plan = ask(people, f"deploy {PROJECT} v{version} to staging", "deploy_model")
    people.clicks(ANA, plan, "confirm")
    done = ended(people, thread, "deploy_model")
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


def shown(who: Workspace, incident: dict[str, Any]) -> Locator:
    """The incident's message in the channel."""
    return who.channel.locator(f'[data-testid="message"][data-ts="{incident["ts"]}"]')


def test_drift_becomes_an_incident_and_a_new_version_and_then_it_is_calm(
    window, people: People, stack: Stack
) -> None:
    version, _ = train(people)
    deploy(people, version)
    calm(people)
    plays(stack, "--drift", f"{MOVED}=3", "--seed", "1")
    looks(stack)

    drift = incident_of(people, MOVED, "firing", "reopened")
    assert payload(drift)["project"] == PROJECT
    ana = window("ana", "ml")
    message = shown(ana, drift)
    expect(message).to_contain_text(f"v{version} in staging")
    message.scroll_into_view_if_needed()
    ana.picture("20-incident")

    # What moved, with a picture, in the thread.
    ana.click(message, "investigate")
    message.get_by_test_id("open-thread").click(timeout=60 * SECONDS)
    report = ana.sees("Drift of")
    expect(report).to_contain_text(MOVED)
    expect(report.locator("img").first).to_be_visible()
    ana.picture("21-drift")

    # The same again is the same incident, seen once more.
    before = incidents(people).keys()
    seen = counted(people, payload(drift)["incident"])
    looks(stack)
    wait_for(lambda: counted(people, payload(drift)["incident"]) > seen, 60, "one more alert")
    assert incidents(people).keys() == before

    ana.click(message, "acknowledge")
    expect(message).to_contain_text("is on it")
    ana.click(message, "snooze_until")
    modal = ana.page.get_by_test_id("modal")
    expect(modal).to_be_visible()
    ana.picture("22-snooze-until")
    ana.page.keyboard.press("Escape")
    expect(modal).to_have_count(0)

    ana.click(message, "retrain")
    plan = ana.sees("Shall I?")
    expect(plan).to_contain_text(f"Train {PROJECT}")
    ana.click(plan, "confirm")
    trained = ana.sees("is trained and registered", TRAINED)
    challenger = int(re.findall(rf"{PROJECT} v(\d+)", trained.inner_text())[0])
    assert challenger > version
    ana.replies(f"deploy {PROJECT} v{challenger} to staging")
    again = ana.sees("Shall I?")
    expect(again).to_contain_text(f"Deploy {PROJECT} v{challenger}")
    ana.click(again, "confirm")
    expect(ana.sees("serves in staging", DEPLOYED)).to_contain_text(f"v{challenger}")

    plays(stack, "--seed", "2")
    looks(stack)
    over = incident_of(people, MOVED, "resolved")
    assert over["ts"] == drift["ts"], "the same message, from the first alert to the end"
    expect(message).to_contain_text("Over, says")
    expect(message.get_by_test_id("action-acknowledge")).to_have_count(0)
    ana.picture("23-over")


def test_the_digest_tells_of_it(window) -> None:
    ana = window("ana", "ml")
    ana.asks(f"send the digest of {PROJECT} for today")
    digest = ana.sees(f"Digest of {PROJECT}")
    expect(digest).to_contain_text("Resolved")
    expect(digest.locator("img").first).to_be_visible()
    ana.picture("24-digest")
