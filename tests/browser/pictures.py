"""Take the pictures of the documents from a running stack.

    make up                                  # in another terminal
    .venv/bin/python -m tests.browser.pictures --state .cooper --page http://127.0.0.1:PORT

Ana trains, deploys and predicts in #ml, then promotes a second version, on which Ben and Chloe decide, and
compares both; the threads, Airflow's page of the run and MLflow's page of the model go to `docs/images/`.
"""

import argparse
import sys
from pathlib import Path

from playwright.sync_api import Browser, Locator, expect

from tests.browser.workspace import DEPLOYED, SECONDS, TRAINED, Workspace, chromium, enter_airflow

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
WIDTH = 1440
OTHERS = (
    ("ben", "list models"),
    ("chloe", "show the claims-frequency endpoint"),
    ("ben", "list runs"),
)


def converse(browser: Browser, page_url: str, images: Path) -> tuple[str, str]:
    """The whole conversation, as a picture; the links of its run and of its model."""
    context = browser.new_context(
        viewport={"width": WIDTH, "height": 1560}, device_scale_factor=1.25, color_scheme="light"
    )
    ana = Workspace(context.new_page(), page_url, images)
    ana.open("ana", "ml")
    ana.asks("train claims-frequency")
    ana.click(ana.sees("Shall I?"), "confirm")
    trained = ana.sees("is trained and registered", TRAINED)
    run = trained.get_by_role("link", name="Airflow").get_attribute("href")
    model = trained.get_by_role("link", name="MLflow").get_attribute("href")
    ana.replies("deploy it to staging")
    ana.click(ana.sees("Shall I?"), "confirm")
    ana.sees("serves in staging", DEPLOYED)
    ana.replies("predict")
    ana.sees("Prediction")
    for person, question in OTHERS:
        ana.become(person)
        ana.asks(question)
    ana.become("ana")
    mine = ana.channel.get_by_test_id("message").filter(has_text="train claims-frequency").last
    mine.get_by_test_id("open-thread").click()
    ana.sees("Prediction")
    ana.page.mouse.move(0, 0)
    ana.picture("conversation")
    context.close()
    assert run, "the card has no link to Airflow"
    assert model, "the card has no link to MLflow"
    return run, model


def _open_thread(who: Workspace, text: str) -> None:
    mine = who.channel.get_by_test_id("message").filter(has_text=f"@Cooper {text}").last
    mine.get_by_test_id("open-thread").click()


def _approve(who: Workspace) -> Locator:
    return who.page.get_by_test_id("action-approve")


def decide(browser: Browser, page_url: str, images: Path) -> None:
    """A second version on its way to production, and both beside each other, as pictures."""
    context = browser.new_context(
        viewport={"width": WIDTH, "height": 1180}, device_scale_factor=1.25, color_scheme="light"
    )
    ana = Workspace(context.new_page(), page_url, images)
    ana.open("ana", "ml")
    ana.asks("train claims-frequency with learning_rate=0.1")
    ana.click(ana.sees("Shall I?"), "confirm")
    ana.sees("is trained and registered", TRAINED)
    ana.asks("deploy claims-frequency latest to staging")
    ana.click(ana.sees("Shall I?"), "confirm")
    ana.sees("serves in staging", DEPLOYED)
    ana.asks("promote claims-frequency")
    ana.click(ana.sees("Shall I?"), "confirm")
    for person, seen in (("ben", "waits for approval"), ("chloe", "Ben Okafor")):
        ana.become(person)
        _open_thread(ana, "promote claims-frequency")
        ana.sees(seen)
        ana.click(ana.thread.get_by_test_id("message").filter(has=_approve(ana)).last, "approve")
    ana.become("ana")
    _open_thread(ana, "promote claims-frequency")
    ana.sees("serves in production", DEPLOYED)
    ana.page.mouse.move(0, 0)
    ana.picture("approval")
    ana.asks("compare claims-frequency v1 with v2")
    expect(ana.thread.locator("img").last).to_be_visible(timeout=DEPLOYED)
    ana.page.mouse.move(0, 0)
    ana.picture("comparison")
    context.close()


def main() -> int:
    """0 when the pictures are taken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--state", type=Path, required=True, help="the state folder of the stack")
    parser.add_argument("--page", required=True, help="the address that `make up` prints")
    parser.add_argument("--to", type=Path, default=IMAGES, help="where the pictures go")
    options = parser.parse_args()
    options.to.mkdir(parents=True, exist_ok=True)
    expect.set_options(timeout=30 * SECONDS)
    with chromium() as browser:
        run, model = converse(browser, options.page, options.to)
        page = browser.new_page(viewport={"width": WIDTH, "height": 800}, color_scheme="light")
        page.goto(run)
        enter_airflow(page, options.state)
        expect(page.get_by_text("register").first).to_be_visible()
        page.screenshot(path=options.to / "airflow.png", animations="disabled")
        page.goto(model)
        expect(page.get_by_text("challenger").first).to_be_visible()
        beside = page.get_by_role("button", name="Close")
        if beside.is_visible():
            beside.click()
            expect(beside).to_be_hidden()
        page.screenshot(path=options.to / "mlflow.png", animations="disabled")
        decide(browser, options.page, options.to)
    return 0


if __name__ == "__main__":
    sys.exit(main())
