"""Votes by button and by slash command: who may not, when it is too late, and what enough of them do."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from actions.requests import Line
from bot.bootstrap import core
from infra.local.slack.rates import Fault
from tests.scenario.approvals.steps import (
    DEAR,
    ML,
    PROJECT,
    alone,
    asked,
    decided,
    nothing_changes,
    reaches,
    state_of,
    under,
)
from tests.support.bot import buttons, drawn, payload, running_bot
from tests.support.waiting import eventually

ONE_FOR_TRAININGS = """above_usd: 5
    need:
      - count: 1
        role: approver"""
TWO_FOR_TRAININGS = """above_usd: 5
    need:
      - count: 2
        role: approver"""
TWO = {ONE_FOR_TRAININGS: TWO_FOR_TRAININGS}
CLAIMS = "#claims-frequency"


@pytest.mark.parametrize("decision", ["approve", "reject"])
@pytest.mark.parametrize("way", ["button", "slash"])
async def test_whoever_asked_does_not_decide(cooper, decision, way):
    card = await asked(cooper, "ben")  # an approver, but the one who asked
    async with nothing_changes(cooper):
        await votes(cooper, way, "ben", decision, card["ts"])
        await alone(cooper, "ben", ML, "You asked for R1, so somebody else has to decide on it.")


@pytest.mark.parametrize("decision", ["approve", "reject"])
@pytest.mark.parametrize("way", ["button", "slash"])
async def test_whoever_lacks_the_role_is_told_whose_decision_it_is(cooper, decision, way):
    card = await asked(cooper, "ben")
    async with nothing_changes(cooper):
        await votes(cooper, way, "ana", decision, card["ts"])
        await alone(cooper, "ana", ML, "R1 waits for approval by 1 × approver.")


@pytest.mark.parametrize("way", ["button", "slash"])
async def test_a_guest_is_refused_as_a_guest(cooper, way):
    card = await asked(cooper, channel=CLAIMS)
    async with nothing_changes(cooper):
        await votes(cooper, way, "dan", "approve", card["ts"], CLAIMS)
        await alone(cooper, "dan", CLAIMS, "Guests cannot use Cooper.")


async def test_a_guest_does_not_learn_which_requests_exist(cooper):
    async with nothing_changes(cooper):
        await cooper.types("dan", CLAIMS, "approve R99")
        await alone(cooper, "dan", CLAIMS, "Guests cannot use Cooper.")


async def test_nobody_votes_twice_and_the_second_voter_starts_it(workspace, database_url, tmp_path):
    rules = under(tmp_path, **TWO)
    async with running_bot(workspace, database_url, tmp_path, config=rules) as cooper:
        await cooper.knows(PROJECT)
        card = await asked(cooper)
        await cooper.types("ben", ML, "approve R1")
        await alone(cooper, "ben", ML, "It still waits for others.")
        async with nothing_changes(cooper):
            for way, decision in (
                ("button", "approve"),
                ("slash", "approve"),
                ("button", "reject"),
            ):
                await votes(cooper, way, "ben", decision, card["ts"])
            await alone(cooper, "ben", ML, "You already decided on R1.")
        [shown] = await cooper.cards(ML, "R1")
        assert "👍 <@UBEN00001>" in drawn(shown)
        assert "Waits for 1 × approver" in drawn(shown)
        await cooper.types("chloe", ML, "approve R1")
        await alone(cooper, "chloe", ML, "That was the last one it needed.")
        started = await cooper.card(ML, "R1", "queued")
        assert drawn(started).index("👍 <@UBEN00001>") < drawn(started).index("👍 <@UCHLOE001>")
        await cooper.told("ana", ML, "R1 is approved by Ben Okafor and Chloe Martin", card["ts"])


async def test_two_last_votes_at_once_start_it_once(cooper):
    card = await asked(cooper)
    await asyncio.gather(
        cooper.clicks("ben", ML, "approve", card["ts"]),
        cooper.clicks("chloe", ML, "approve", card["ts"]),
    )
    await cooper.card(ML, "R1", "queued")
    await cooper.settled()
    assert len(await cooper.rows("SELECT 1 FROM votes")) == 1
    late = await cooper.from_bot("ben", ML) + await cooper.from_bot("chloe", ML)
    assert any("R1 is starting; it cannot be decided on now." in drawn(m) for m in late)
    [_] = await cooper.rows("SELECT 1 FROM procrastinate_jobs WHERE task_name = 'start_request'")


async def test_yes_and_no_at_once_is_one_of_them(cooper):
    card = await asked(cooper)
    await asyncio.gather(
        cooper.clicks("ben", ML, "approve", card["ts"]),
        cooper.clicks("chloe", ML, "reject", card["ts"]),
    )

    async def settled():
        return (await state_of(cooper))[0] in {"queued", "rejected"}

    await eventually(settled, "it is decided")
    await cooper.settled()
    [vote] = await cooper.rows("SELECT approve FROM votes")
    assert (await state_of(cooper))[0] == ("queued" if vote["approve"] else "rejected")


@pytest.mark.parametrize("way", ["button", "slash"])
async def test_a_vote_after_its_time_is_refused_and_does_not_start_it(cooper, way):
    card = await asked(cooper)
    await cooper.settled()
    await cooper.rows("UPDATE requests SET expires = now() - interval '1 second'")
    await votes(cooper, way, "ben", "approve", card["ts"])
    await alone(cooper, "ben", ML, "R1 has expired")
    await cooper.settled()
    assert await cooper.rows("SELECT 1 FROM votes") == []
    assert (await state_of(cooper))[0] in {"awaiting_approval", "expired"}


async def test_what_nobody_decides_on_expires_by_itself(cooper, workspace):
    card = await asked(cooper)
    await cooper.rows("UPDATE requests SET expires = now() - interval '1 second'")
    # A worker looks for what is late when it starts, and then three times a minute.
    async with running_bot(workspace, cooper.url, cooper.settings.signing_key_file.parent):
        expired = await cooper.card(ML, "R1", "expired")
    assert buttons(expired) == []
    async with nothing_changes(cooper):
        await cooper.types("ben", ML, "approve R1")
        await alone(cooper, "ben", ML, "R1 has expired; it cannot be decided on now.")
    assert card["ts"] == expired["ts"]


async def test_a_button_of_an_old_plan_is_refused_and_words_mean_the_new_one(cooper, workspace):
    card = await asked(cooper)
    workspace.workspace.faults.add(Fault("chat.update", "outage", count=1000))
    await changes_plan(cooper)
    async with nothing_changes(cooper):
        await cooper.clicks("ben", ML, "approve", card["ts"])
        await alone(cooper, "ben", ML, "The plan of R1 changed since you saw it.")
        await cooper.clicks("chloe", ML, "reject", card["ts"])
        await cooper.told("chloe", ML, "The plan of R1 changed since you saw it.")
    workspace.workspace.faults.clear()
    await cooper.types("ben", ML, "approve R1")
    await reaches(cooper, "queued")
    [row] = await cooper.rows(
        "SELECT v.plan_digest = r.plan_digest AS same FROM votes v JOIN requests r ON number = 1"
    )
    assert row["same"]


@pytest.mark.parametrize("way", ["button", "slash"])
@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("queued", "R1 is starting; it cannot be decided on now."),
        ("rejected", "R1 was rejected; it cannot be decided on now."),
        ("cancelled", "R1 was cancelled; it cannot be decided on now."),
        ("failed", "R1 has failed; it cannot be decided on now."),
    ],
)
async def test_what_is_no_longer_open_is_not_decided_on(cooper, workspace, way, state, words):
    card = await asked(cooper)
    await cooper.settled()
    # The card's buttons stay for as long as Slack does not take its edits.
    workspace.workspace.faults.add(Fault("chat.update", "outage", count=1000))
    await cooper.rows("UPDATE requests SET state = %s", state)
    async with nothing_changes(cooper):
        for decision in ("approve", "reject"):
            await votes(cooper, way, "chloe", decision, card["ts"])
        await alone(cooper, "chloe", ML, words)


@pytest.mark.parametrize("decision", ["approve", "reject"])
async def test_a_request_that_does_not_exist_is_said(cooper, decision):
    async with nothing_changes(cooper):
        await cooper.types("ben", ML, f"{decision} R99")
        await alone(cooper, "ben", ML, "There is no R99.")


async def test_what_waits_for_its_requester_is_nobody_elses_to_decide(cooper):
    await cooper.types("ana", ML, DEAR)
    await cooper.card(ML, "R1", "awaiting_confirmation")
    async with nothing_changes(cooper):
        await cooper.types("ben", ML, "approve R1")
        await alone(cooper, "ben", ML, "R1 waits for its confirmation")


async def test_a_plan_of_an_old_policy_is_rejected_but_never_approved(
    workspace, database_url, tmp_path
):
    async with running_bot(workspace, database_url, tmp_path) as cooper:
        await cooper.knows(PROJECT)
        card = await asked(cooper)
        await cooper.settled()
    rules = under(tmp_path, **TWO)
    async with running_bot(workspace, database_url, tmp_path, config=rules) as cooper:
        async with nothing_changes(cooper):
            for way in ("button", "slash"):
                await votes(cooper, way, "ben", "approve", card["ts"])
            await alone(cooper, "ben", ML, "The policy changed since R1 was planned.")
        await cooper.clicks("ben", ML, "reject", card["ts"])
        await cooper.card(ML, "R1", "rejected")


async def test_a_policy_that_changes_after_the_last_vote_keeps_it_from_starting(
    workspace, database_url, tmp_path
):
    async with running_bot(workspace, database_url, tmp_path) as cooper:
        await cooper.knows(PROJECT)
        card = await asked(cooper)
        await cooper.clicks("ben", ML, "approve", card["ts"])
        await cooper.card(ML, "R1", "queued")
        await cooper.settled()
    rules = under(tmp_path, **TWO)
    async with running_bot(workspace, database_url, tmp_path, config=rules) as cooper:
        note = await reaches(cooper, "failed")
        assert (
            note
            == "Not started: The policy changed since R1 was planned. Ask again for a new plan."
        )


async def test_a_requester_who_became_a_guest_before_the_start_is_not_started(cooper):
    card = await asked(cooper)
    await cooper.rows("UPDATE people SET is_guest = true WHERE id = 'UANA00001'")
    await cooper.clicks("ben", ML, "approve", card["ts"])
    assert await reaches(cooper, "failed") == "Not started: Guests cannot use Cooper."
    failed = await cooper.card(ML, "R1", "failed")
    assert "Not started: Guests cannot use Cooper." in drawn(failed)
    assert await cooper.rows("SELECT 1 FROM runs") == []


async def test_a_requester_takes_back_what_waits_for_others(cooper):
    card = await asked(cooper)
    async with nothing_changes(cooper):
        await cooper.clicks("ben", ML, "cancel", card["ts"])
        await alone(cooper, "ben", ML, "Only Ana Lima can cancel R1.")
    await cooper.clicks("ana", ML, "cancel", card["ts"])
    cancelled = await cooper.card(ML, "R1", "cancelled")
    assert buttons(cancelled) == []
    assert payload(cancelled)["asks_for"] is None
    async with nothing_changes(cooper):
        await cooper.types("chloe", ML, "approve R1")
        await alone(cooper, "chloe", ML, "R1 was cancelled; it cannot be decided on now.")


async def test_a_vote_that_is_handled_twice_counts_once_and_answers_once(cooper):
    await asked(cooper)
    await cooper.types("ben", ML, "approve R1")
    await reaches(cooper, "queued")
    before = await decided(cooper)
    await cooper.handles_again()
    assert await decided(cooper) == before
    told = [m for m in await cooper.from_bot("ben", ML) if "R1" in drawn(m) and not payload(m)]
    assert len(told) == 1, [drawn(m) for m in told]


async def votes(cooper, way, who, decision, ts, channel=ML):
    """Press the card's button, or type it."""
    if way == "button":
        await cooper.clicks(who, channel, decision, ts)
    else:
        await cooper.types(who, channel, f"{decision} R1")


async def changes_plan(cooper):
    """The plan of R1 is another one now, as after a run that asks again."""
    async with core(cooper.settings) as base, base.store.transaction() as tx:
        request = await tx.request(1, lock=True)
        lines = (*request.plan.lines, Line(label="Code", value="another"))
        conf = {**request.plan.conf, "source": {**request.plan.conf["source"], "sha256": "d" * 64}}
        plan = request.plan.model_copy(update={"lines": lines, "conf": conf})
        await tx.save_request(replace(request, plan=plan))
