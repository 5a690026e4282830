"""What cannot be deployed, promoted, rolled back or taken down, each said in its own words."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from actions.answers import Refusal
from actions.planning_again import planned_again
from actions.requests import State
from bot.bootstrap import now
from tests.scenario.approvals.serving import DELETED, EARLIER, STAGING
from tests.scenario.approvals.steps import ML, nothing_changes, reaches, state_of, under
from tests.support.bot import buttons, drawn, payload, running_bot
from tests.support.waiting import eventually

NO_ENDPOINT = "There is no endpoint yet whose traffic could move step by step. “deploy claims-new"
STEPS = "A {} deployment moves {} to 50 % at a time."
DEPLOYMENTS = {
    "claims-served staging v9": "claims-served has no version v9. There is v5, v3, v2, v1.",
    "claims-served staging v4": "claims-served has no version v4. There is v5, v3, v2, v1.",
    "claims-served staging challenger": "claims-served has no version “challenger”.",
    "claims-served production v3": "claims-served v3 did not pass its evaluation, so it may serve",
    "claims-served staging v5": "claims-served v5 has no model file of ours, so I cannot deploy it",
    "claims-empty staging": "claims-empty has no model yet. Train it first",
    "claims-severed staging": "There is no project “claims-severed”.",
    "claims-new staging v1 canary": NO_ENDPOINT,
    "claims-new staging v1 linear percent=20": NO_ENDPOINT,
    "claims-served staging v1 shadow": "I cannot shadow a model.",
    "claims-served staging v1 percent=0": STEPS.format("canary", 1),
    "claims-served staging v1 canary percent=51": STEPS.format("canary", 1),
    "claims-served staging v1 linear percent=9": STEPS.format("linear", 10),
    "claims-served staging v1 linear percent=100": STEPS.format("linear", 10),
    "claims-served staging v1 all-at-once percent=10": "All at once has no percentage",
    "claims-served staging v1 instances=0": "claims-served serves on one instance, not 0.",
    "claims-served staging v1 instances=2": "claims-served serves on one instance, not 2.",
    "claims-served staging v1 instance=ml.p4d.24xlarge": "ml.p4d.24xlarge is not allowed here.",
    "claims-served staging v1 instance=ml.x9.huge": "I do not know the instance type ml.x9.huge.",
    "claims-served moon v1": "moon",
}
PROMOTIONS = {
    "claims-new": "Nothing of claims-new serves in staging, so there is nothing to promote.",
    "claims-broken": "demo-claims-broken-staging is Failed now. Ask again when it is in service.",
    "claims-served v1": "Staging serves claims-served v2, not v1. Deploy v1 to staging first.",
    "claims-served champion": "Staging serves claims-served v2, not the champion.",
    "claims-served v9": "Staging serves claims-served v2, not v9.",
    "claims-served latest": "Staging serves claims-served v2, not the latest, v5. Deploy v5 to",
}
ROLLBACKS = {
    "claims-new": "Nothing of claims-new serves, so there is nothing to go back from.",
    "claims-new production": "Nothing of claims-new serves in production, so",
    "claims-served production": "claims-served in production has no earlier good configuration",
    "claims-broken staging": "claims-broken in staging has no earlier good configuration",
}


@asynccontextmanager
async def company(shop, workspace, folder, rules=None, **opening):
    """Bot and worker beside what is served."""
    await shop.opens(**opening)
    more = {} if rules is None else {"config": under(folder, **rules)}
    async with running_bot(
        workspace, shop.database_url, folder, **shop.addresses, **more
    ) as cooper:
        yield cooper


async def refused(cooper, who, text, words):
    """The words that this person, and nobody else, reads on what they typed."""
    others = {"ana", "ben", "chloe"} - {who}
    seen = {one: len(await cooper.from_bot(one, ML)) for one in (who, *others)}
    await cooper.types(who, ML, text)

    async def answered():
        return (await cooper.from_bot(who, ML))[seen[who] :]

    [answer] = await eventually(answered, f"“{text}” is answered")
    assert words in drawn(answer), text
    for other in others:
        assert len(await cooper.from_bot(other, ML)) == seen[other], f"{other} reads it too"
    return answer


async def planning(cooper, text):
    """The card of what Ana types."""
    before = await cards(cooper)
    await cooper.types("ana", ML, text)
    return await plan(cooper, len(before))


async def plan(cooper, earlier=0):
    """The only new card, which shows a plan: what was refused used up numbers."""

    async def shown():
        return (await cards(cooper))[earlier:]

    [card] = await eventually(shown, "there is a card")
    assert payload(card)["state"] == "awaiting_confirmation"
    return card


async def cards(cooper):
    return [m for m in await cooper.from_bot("ana", ML) if "plan_digest" in payload(m)]


async def test_a_deployment_that_cannot_be_is_refused_in_words_of_its_own(
    shop, workspace, tmp_path
):
    async with company(shop, workspace, tmp_path) as cooper, nothing_changes(cooper):
        for text, words in DEPLOYMENTS.items():
            await refused(cooper, "ana", f"deploy {text}", words)


async def test_a_promotion_that_cannot_be_is_refused_in_words_of_its_own(shop, workspace, tmp_path):
    async with company(shop, workspace, tmp_path) as cooper, nothing_changes(cooper):
        for text, words in PROMOTIONS.items():
            await refused(cooper, "ana", f"promote {text}", words)


@pytest.mark.parametrize(
    ("text", "version", "words"),
    [
        ("", 3, "claims-served v3 did not pass its evaluation, so it may serve in staging only."),
        ("", DELETED, "Staging serves claims-served v4, which was deleted from MLflow."),
        # It is the latest, and all the same lacks what a deployment needs.
        (" latest", 5, "claims-served v5 has no model file of ours, so I cannot deploy it."),
    ],
)
async def test_what_staging_serves_is_not_promoted_where_it_may_not_be(
    shop, workspace, tmp_path, text, version, words
):
    async with (
        company(shop, workspace, tmp_path, staging=version) as cooper,
        nothing_changes(cooper),
    ):
        await refused(cooper, "ana", f"promote claims-served{text}", words)


async def test_a_newer_version_does_not_undo_what_was_agreed_to_as_the_latest(
    shop, workspace, tmp_path
):
    async with company(shop, workspace, tmp_path) as cooper:
        await cooper.types("ana", ML, "promote claims-served v2")
        await plan(cooper)
        async with shop.store.transaction() as tx:
            [made] = await tx.requests(commands=("promote_model",))
            # As if v2 had been the latest then; v5 is now.
            asked = replace(made, params={**made.params, "version": "latest"})
            again = await planned_again(tx, shop.world, asked, now())
            assert again.conf["model"]["version"] == 2
            named = replace(made, params={**made.params, "version": 1})
            with pytest.raises(Refusal, match="Staging serves claims-served v2, not v1"):
                await planned_again(tx, shop.world, named, now())


async def test_a_configuration_of_somebody_elses_is_not_promoted(shop, workspace, tmp_path):
    async with company(shop, workspace, tmp_path) as cooper:
        await cooper.rows("DELETE FROM deployments")
        await cooper.rows("DELETE FROM requests WHERE number = %s", STAGING)
        words = f"demo-claims-served-staging runs demo-R{STAGING}-a1, which I did not make"
        async with nothing_changes(cooper):
            await refused(cooper, "ana", "promote claims-served", words)


async def test_a_rollback_that_cannot_be_is_refused_in_words_of_its_own(shop, workspace, tmp_path):
    async with company(shop, workspace, tmp_path) as cooper, nothing_changes(cooper):
        for text, words in ROLLBACKS.items():
            await refused(cooper, "ana", f"rollback {text}", words)


async def test_nobody_goes_back_to_what_somebody_went_back_from(shop, workspace, tmp_path):
    async with company(shop, workspace, tmp_path) as cooper:
        await cooper.rows("UPDATE deployments SET bad = true WHERE request = %s", EARLIER)
        words = f"has no earlier good configuration to go back to: it runs demo-R{STAGING}-a1."
        async with nothing_changes(cooper):
            await refused(cooper, "ana", "rollback claims-served staging", words)


async def test_nobody_goes_back_to_a_version_that_was_deleted(shop, workspace, tmp_path):
    words = "claims-served v4, which served before, was deleted from MLflow."
    async with (
        company(shop, workspace, tmp_path, earlier=DELETED) as cooper,
        nothing_changes(cooper),
    ):
        await refused(cooper, "ana", "rollback claims-served staging", words)


async def test_a_rollback_of_two_environments_asks_which(shop, workspace, tmp_path):
    async with company(shop, workspace, tmp_path) as cooper:
        async with nothing_changes(cooper):
            words = "claims-served serves in staging and production. Where shall I roll back?"
            answer = await refused(cooper, "ana", "rollback claims-served", words)
            assert buttons(answer) == ["choose:0", "choose:1"]
        await cooper.clicks("ana", ML, "choose:0", answer["ts"])
        card = await plan(cooper)
    assert "Roll back claims-served in staging to v1" in drawn(card)
    assert payload(card)["params"] == {"project": "claims-served", "environment": "staging"}


async def test_nothing_is_taken_down_where_nothing_serves_or_by_whom_it_is_not_for(
    shop, workspace, tmp_path
):
    async with company(shop, workspace, tmp_path) as cooper, nothing_changes(cooper):
        for environment in ("staging", "production"):
            words = f"Nothing of claims-new serves in {environment}; nothing to take down."
            await refused(cooper, "ben", f"undeploy claims-new {environment}", words)
        for command in ("deploy", "undeploy"):
            words = f"Your role (approver, risk) may not use {command}_model for claims-served in"
            await refused(cooper, "chloe", f"{command} claims-served staging", words)


async def test_without_mlflow_or_aws_nothing_is_planned(shop, workspace, tmp_path):
    await shop.opens()
    for away, words in (
        ("mlflow_tracking_uri", "MLflow does not answer. Nothing was changed; please ask again"),
        ("aws_endpoint_url", "AWS does not answer. Nothing was changed; please ask again"),
    ):
        there = {name: url for name, url in shop.addresses.items() if name != away}
        async with (
            running_bot(workspace, shop.database_url, tmp_path, **there) as cooper,
            nothing_changes(cooper),
        ):
            await refused(cooper, "ana", "deploy claims-served staging v1", words)


async def test_a_model_that_did_not_pass_may_serve_in_staging(shop, workspace, tmp_path):
    async with company(shop, workspace, tmp_path) as cooper:
        await cooper.types("ana", ML, "deploy claims-served staging v3")
        card = await cooper.card(ML, "R1", "awaiting_confirmation")
        assert "Deploy claims-served v3 to staging" in drawn(card)
        await cooper.clicks("ana", ML, "confirm", card["ts"])
        await cooper.card(ML, "R1", "queued")


async def test_going_back_is_never_a_question_of_money(shop, workspace, tmp_path):
    rules = {"monthly_usd: 2500": "monthly_usd: 0.001"}
    async with company(shop, workspace, tmp_path, rules) as cooper:
        async with nothing_changes(cooper):
            words = "team pricing has $0.00 left: $"
            await refused(cooper, "ana", "deploy claims-new staging v1", words)
            dearer = "deploy claims-served staging v1 instance=ml.g5.xlarge"
            await refused(cooper, "ana", dearer, words)
        # What serves now costs the same: whatever takes its place adds nothing.
        for text in (
            "rollback claims-served staging",
            "undeploy claims-served staging",
            "deploy claims-served staging v1",
        ):
            card = await planning(cooper, text)
            await cooper.clicks("ana", ML, "confirm", card["ts"])
            await cooper.card(ML, payload(card)["request"], "queued")


async def test_going_back_to_a_dearer_one_is_no_question_of_money_either(shop, workspace, tmp_path):
    rules = {"monthly_usd: 2500": "monthly_usd: 0.001"}
    async with company(shop, workspace, tmp_path, rules) as cooper:
        path = "{conf,resources,instance_type}"
        await cooper.rows(
            "UPDATE requests SET plan = jsonb_set(plan::jsonb, %s, '\"ml.g5.xlarge\"')"
            " WHERE number = %s",
            path,
            EARLIER,
        )
        card = await planning(cooper, "rollback claims-served staging")
        assert "1 × ml.g5.xlarge" in drawn(card)
        await cooper.clicks("ana", ML, "confirm", card["ts"])
        await cooper.card(ML, payload(card)["request"], "queued")


async def test_production_takes_two_and_one_of_them_from_risk(shop, workspace, tmp_path):
    async with company(shop, workspace, tmp_path) as cooper:
        await cooper.types("ana", ML, "promote claims-served")
        card = await cooper.card(ML, "R1", "awaiting_confirmation")
        assert "Promote claims-served v2 to production" in drawn(card)
        await cooper.clicks("ana", ML, "confirm", card["ts"])
        card = await cooper.card(ML, "R1", "awaiting_approval")
        assert "Waits for 2 × approver and 1 × risk" in drawn(card)
        await cooper.clicks("ben", ML, "approve", card["ts"])
        await cooper.told("ana", ML, "R1 waits for approval", card["ts"])
        await cooper.settled()
        assert await state_of(cooper) == ("awaiting_approval", None)
        await cooper.clicks("chloe", ML, "approve", card["ts"])
        await cooper.card(ML, "R1", "queued")
        [row] = await cooper.rows("SELECT plan -> 'conf' AS conf FROM requests WHERE number = 1")
    assert row["conf"]["basis"] == {
        "live_config": "demo-R902-a1",
        "champion": 1,
        "evaluation": None,
    }
    assert row["conf"]["model"]["version"] == 2


async def test_a_second_deployment_waits_visibly_for_the_first(shop, workspace, tmp_path):
    async with company(shop, workspace, tmp_path) as cooper:
        for number, version in ((1, 1), (2, 3)):
            await cooper.types("ana", ML, f"deploy claims-served staging v{version}")
            card = await cooper.card(ML, f"R{number}", "awaiting_confirmation")
            await cooper.clicks("ana", ML, "confirm", card["ts"])
            await cooper.card(ML, f"R{number}", "queued")
        # As when Airflow has taken the first.
        await cooper.rows("UPDATE requests SET state = 'running', note = NULL WHERE number = 1")
        words = "Waits for R1 to end: one deployment at a time."

        async def waits():
            [card] = await cooper.cards(ML, "R2")
            return words in drawn(card)

        await eventually(waits, "the second says what it waits for")
        assert await state_of(cooper, 2) == (State.QUEUED, words)
        # Another environment's and another project's do not wait.
        await cooper.types("ana", ML, "deploy claims-new staging v1")
        card = await cooper.card(ML, "R3", "awaiting_confirmation")
        await cooper.clicks("ana", ML, "confirm", card["ts"])

        async def is_tried(number):
            return (await state_of(cooper, number))[1] == "Airflow does not answer."

        await eventually(lambda: is_tried(3), "the other one is tried")
        await cooper.rows("UPDATE requests SET state = 'failed' WHERE number = 1")
        await eventually(lambda: is_tried(2), "the second is tried", 40)
        assert (await reaches(cooper, "queued", 2)) == "Airflow does not answer."
