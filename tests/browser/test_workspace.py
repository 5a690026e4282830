"""The main job in a browser: what a newcomer sees, types and clicks, up to a prediction."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.workspace import DEPLOYED, SECONDS, TRAINED, enter_airflow
from tests.e2e.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.timeout(1200)]

CHANNEL = "claims-frequency"


def test_from_a_sentence_to_a_prediction(window, stack):
    ana = window("ana", CHANNEL)
    ana.asks("train claims-frequency")
    plan = ana.sees("Shall I?")
    expect(plan).to_contain_text("at most $0.")
    expect(plan).to_contain_text("prices as of")
    ana.picture("1-plan")
    ana.click(plan, "confirm")

    card = ana.thread.get_by_test_id("message").nth(1)
    ts = card.get_attribute("data-ts")
    expect(card).to_contain_text("Running ·", timeout=60 * SECONDS)
    expect(card.get_by_test_id("action-stop")).to_be_visible()
    expect(card).to_contain_text(re.compile("Train – .*Evaluate on the holdout", re.DOTALL))
    ana.picture("2-running")
    expect(card).to_contain_text(re.compile("Done ·|Failed ·"), timeout=TRAINED)
    expect(card).to_contain_text("Done ·")
    assert card.get_attribute("data-ts") == ts, "the card is edited in place"
    expect(card.get_by_role("button")).to_have_count(0)
    trained = ana.sees("is trained and registered")
    expect(trained).to_contain_text(re.compile(r"gini\s*0\.\d+"))
    ana.picture("3-trained")

    ana.replies("deploy it to staging")
    deploy = ana.sees("Shall I?")
    expect(deploy).to_contain_text("Deploy claims-frequency v")
    ana.picture("4-deploy")
    ana.click(deploy, "confirm")
    served = ana.sees("serves in staging", DEPLOYED)
    expect(served).to_contain_text("It answered the project's sample")
    ana.picture("5-served")

    ana.replies("predict")
    answer = ana.sees("Prediction")
    expect(answer).to_contain_text(re.compile(r"\d\.\d+"))
    ana.picture("6-prediction")

    # Ben, who may read it, sees the same thread; what the run's page shows agrees with the card.
    before = ana.thread.get_by_test_id("message").all_inner_texts()
    ana.become("ben")
    expect(ana.thread.get_by_test_id("message")).to_have_count(len(before))
    assert ana.thread.get_by_test_id("message").all_inner_texts() == before
    link = card.get_by_role("link", name="Airflow").get_attribute("href")
    assert link is not None
    assert link.startswith(stack.environment["AIRFLOW_PUBLIC_URL"])


def test_a_plan_is_edited_and_cancelled(window):
    ana = window("ana", CHANNEL)
    ana.asks("train claims-frequency for 20 minutes")
    plan = ana.sees("Shall I?")
    expect(plan).to_contain_text("At most\n20 min", use_inner_text=True)
    price = plan.get_by_text("at most $0.").inner_text()

    ana.click(plan, "edit")
    modal = ana.page.get_by_test_id("modal")
    runtime = modal.get_by_label("At most")
    expect(runtime).to_have_value("20 min")
    ana.picture("7-edit")
    runtime.fill("soon")
    modal.get_by_test_id("modal-submit").click()
    expect(modal).to_contain_text("“soon” is not a length of time")
    expect(plan).to_contain_text("At most\n20 min", use_inner_text=True)

    runtime.fill("10 min")
    modal.get_by_test_id("modal-submit").click()
    expect(modal).to_have_count(0)

    edited = ana.thread.get_by_test_id("message").nth(1)
    expect(edited).to_contain_text("At most\n10 min", use_inner_text=True)
    assert edited.get_by_text("at most $0.").inner_text() != price
    ana.click(edited, "cancel")
    expect(edited).to_contain_text("Cancelled ·")
    expect(edited.get_by_role("button")).to_have_count(0)


def test_a_form_is_filled_in_at_once(window):
    ana = window("ana", CHANNEL)
    ana.asks("train a model")
    question = ana.sees("Which project?")
    ana.click(question, "fill")
    modal = ana.page.get_by_test_id("modal")
    expect(modal.get_by_label("Project")).to_be_visible()
    ana.picture("14-form")
    modal.get_by_label("Project").fill("claims frequency")
    modal.get_by_label("At most").fill("soon")
    modal.get_by_test_id("modal-submit").click()
    expect(modal).to_contain_text("“soon” is not a length of time")
    ana.picture("15-form-refused")
    modal.get_by_label("At most").fill("20 minutes")
    modal.get_by_test_id("modal-submit").click()
    plan = ana.sees("Shall I?")
    expect(plan).to_contain_text("At most\n20 min", use_inner_text=True)
    ana.click(plan, "cancel")


def test_a_refusal_is_seen_by_its_person_only(window):
    ana = window("ana", CHANNEL)
    ana.asks("train claims-frequency for 15 minutes")
    plan = ana.sees("Shall I?")

    ben = window("ben", CHANNEL)
    ben.channel.get_by_test_id("message").last.get_by_test_id("open-thread").click()
    ben.click(ben.sees("Shall I?"), "confirm")
    refusal = ben.sees("Only visible to you")
    expect(refusal).to_contain_text("Only Ana Lima can confirm")
    ben.picture("8-refusal")

    ana.page.reload()
    expect(plan).to_contain_text("15 min")
    expect(ana.thread.get_by_test_id("message")).to_have_count(2)
    ana.click(plan, "cancel")
    expect(ana.thread.get_by_test_id("message").nth(1)).to_contain_text("Cancelled ·")


def test_a_guest_is_refused(window):
    dan = window("dan", CHANNEL)
    dan.asks("train claims-frequency")
    dan.sees("Guests cannot use Cooper")
    expect(dan.thread.get_by_test_id("action-confirm")).to_have_count(0)


def test_what_is_listed_is_a_table(window):
    ben = window("ben", CHANNEL)
    ben.asks("list models")
    answer = ben.sees("Newest version first")
    expect(answer.get_by_role("row").first).to_contain_text("Version")
    expect(answer.get_by_role("row").nth(1)).to_contain_text("challenger")
    ben.picture("9-models")


def test_home_shows_what_the_person_asked_for(window):
    ana = window("ana", "cooper")
    ana.page.get_by_test_id("tab-home").click()
    home = ana.page.get_by_test_id("home")
    expect(home).to_contain_text("Your latest requests")
    expect(home).to_contain_text("Train claims-frequency")
    expect(home).to_contain_text("succeeded")
    ana.picture("10-home")
    ana.become("dan")
    ana.page.get_by_test_id("channel-cooper").click()
    ana.page.get_by_test_id("tab-home").click()
    expect(home).to_contain_text("Guests cannot use Cooper")
    expect(home).not_to_contain_text("Train claims-frequency")


def test_an_empty_conversation_invites(window):
    chloe = window("chloe", "cooper")
    expect(chloe.channel).to_contain_text("This is your conversation with Cooper")
    chloe.picture("11-empty")
    chloe.page.get_by_test_id("suggestion").filter(has_text="help").click()
    expect(chloe.composer).to_have_value("help")
    expect(chloe.channel.get_by_test_id("message")).to_have_count(0)
    chloe.page.keyboard.press("Enter")
    chloe.channel.get_by_test_id("open-thread").click()
    chloe.sees("What you can ask me")
    expect(chloe.page.get_by_test_id("suggestion")).to_have_count(0)


def test_on_a_phone(window):
    ana = window("ana", CHANNEL, (390, 844), has_touch=True, is_mobile=True)
    trained = ana.channel.get_by_test_id("message").filter(has_text="train claims-frequency").first
    trained.get_by_test_id("open-thread").tap()
    expect(ana.message("is trained and registered")).to_be_visible()
    expect(ana.channel).to_be_hidden()
    ana.picture("12-phone")
    assert ana.page.evaluate("document.scrollingElement.scrollWidth") <= 390
    ana.page.get_by_role("button", name="Close thread").tap()
    expect(ana.channel).to_be_visible()
    assert ana.page.evaluate("document.scrollingElement.scrollWidth") <= 390


def test_the_run_opens_in_airflow(window, stack: Stack):
    ana = window("ana", CHANNEL)
    trained = ana.channel.get_by_test_id("message").filter(has_text="train claims-frequency").first
    trained.get_by_test_id("open-thread").click()
    link = ana.thread.get_by_test_id("message").nth(1).get_by_role("link", name="Airflow")
    run = str(link.get_attribute("href")).rpartition("/")[2]
    with ana.page.expect_popup() as opened:
        link.click()
    airflow = opened.value
    enter_airflow(airflow, stack.state)
    expect(airflow.get_by_role("link", name=run)).to_be_visible()
    expect(airflow.get_by_text("evaluate").first).to_be_visible()
    airflow.screenshot(path=ana.pictures / "13-airflow.png")
