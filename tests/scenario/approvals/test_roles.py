"""N of M: how many people of which roles, as they are when they vote."""

from __future__ import annotations

from contextlib import asynccontextmanager

from tests.scenario.approvals.steps import (
    DEAR,
    ML,
    PROJECT,
    alone,
    asked,
    nothing_changes,
    reaches,
    state_of,
    under,
)
from tests.support.bot import drawn, running_bot

NEEDS = """above_usd: 5
    need:
      - count: 1
        role: approver
"""
TWO_AND_RISK = """above_usd: 5
    need:
      - count: 2
        role: approver
      - count: 1
        role: risk
"""
ONE_AND_RISK = TWO_AND_RISK.replace("count: 2", "count: 1")
ANYBODY = """above_usd: 5
    need:
      - count: 1
"""
RISK_IN_PRODUCTION = """people: [UCHLOE001] # Chloe
    environments: [production]"""
RISK = {RISK_IN_PRODUCTION: "people: [UCHLOE001]"}
RISK_IS_BEN = {
    RISK_IN_PRODUCTION: "people: [UBEN00001]",
    "people: [UBEN00001, UCHLOE001] # Ben and Chloe": "people: [UCHLOE001]",
    "count: 2": "count: 1",  # in production, where nobody could be found otherwise
}
BY_GROUP = {"people: [UANA00001] # Ana": "groups: [SDATASCI1]"}


@asynccontextmanager
async def company(workspace, database_url, folder, **rules):
    """Bot and worker under a policy with these pieces replaced."""
    path = under(folder, **rules)
    async with running_bot(workspace, database_url, folder, config=path) as cooper:
        await cooper.knows(PROJECT)
        yield cooper


async def test_one_vote_serves_every_role_of_its_voter(workspace, database_url, tmp_path):
    rules = {NEEDS: TWO_AND_RISK, **RISK}
    async with company(workspace, database_url, tmp_path, **rules) as cooper:
        card = await asked(cooper)
        assert "Waits for 2 × approver and 1 × risk" in drawn(card)
        await cooper.clicks("ben", ML, "approve", card["ts"])
        await cooper.settled()
        [shown] = await cooper.cards(ML, "R1")
        assert "👍 <@UBEN00001> <!date^" in drawn(shown)
        assert "Waits for 1 × approver and 1 × risk" in drawn(shown)
        await cooper.clicks("chloe", ML, "approve", card["ts"])
        started = await cooper.card(ML, "R1", "queued")
        votes = await cooper.rows("SELECT voter_id, roles FROM votes ORDER BY id")
    assert "👍 <@UCHLOE001> <!date^" in drawn(started)
    assert votes == [
        {"voter_id": "UBEN00001", "roles": ["approver", "ml-lead"]},
        {"voter_id": "UCHLOE001", "roles": ["approver", "risk"]},
    ]


async def test_no_number_of_others_stands_in_for_a_role(workspace, database_url, tmp_path):
    # Ana is the only one of the group, which the policy does not know.
    rules = {NEEDS: ONE_AND_RISK, RISK_IN_PRODUCTION: "groups: [SDATASCI1]"}
    async with company(workspace, database_url, tmp_path, **rules) as cooper:
        card = await asked(cooper)
        for who in ("ben", "chloe"):
            await cooper.clicks(who, ML, "approve", card["ts"])
        await cooper.settled()
        async with nothing_changes(cooper):
            await cooper.clicks("ana", ML, "approve", card["ts"])
            await alone(cooper, "ana", ML, "You asked for R1, so somebody else has to decide")
        assert len(await cooper.rows("SELECT 1 FROM votes")) == 2
        assert (await state_of(cooper))[0] == "awaiting_approval"
        [shown] = await cooper.cards(ML, "R1")
    assert "Waits for 1 × risk" in drawn(shown)
    assert "× approver" not in drawn(shown)


async def test_a_plan_that_nobody_could_agree_to_is_refused(workspace, database_url, tmp_path):
    # Chloe decides on risk in production only, and trainings run in staging.
    async with (
        company(workspace, database_url, tmp_path, **{NEEDS: ONE_AND_RISK}) as cooper,
        nothing_changes(cooper),
    ):
        await cooper.types("ana", ML, DEAR)
        words = "This needs approval by 1 × risk other than you, and the policy names none."
        await alone(cooper, "ana", ML, words)


async def test_people_of_different_roles_agree_in_any_order(workspace, database_url, tmp_path):
    rules = {NEEDS: ONE_AND_RISK, **RISK_IS_BEN}
    async with company(workspace, database_url, tmp_path, **rules) as cooper:
        card = await asked(cooper)
        await cooper.clicks("ben", ML, "approve", card["ts"])
        await cooper.settled()
        [shown] = await cooper.cards(ML, "R1")
        assert "Waits for 1 × approver" in drawn(shown)
        async with nothing_changes(cooper):
            await cooper.types("ben", ML, "approve R1")
            await alone(cooper, "ben", ML, "You already decided on R1.")
        await cooper.clicks("chloe", ML, "approve", card["ts"])
        await cooper.card(ML, "R1", "queued")
        await cooper.told("ana", ML, "R1 is approved by Ben Okafor and Chloe Martin", card["ts"])


async def test_one_no_outweighs_every_yes(workspace, database_url, tmp_path):
    rules = {NEEDS: TWO_AND_RISK, **RISK}
    async with company(workspace, database_url, tmp_path, **rules) as cooper:
        card = await asked(cooper)
        await cooper.clicks("ben", ML, "approve", card["ts"])
        await cooper.settled()
        await cooper.types("chloe", ML, "reject R1 too early")
        assert await reaches(cooper, "rejected") == "Chloe Martin: too early"
        shown = await cooper.card(ML, "R1", "rejected")
        assert await cooper.rows("SELECT 1 FROM runs") == []
    assert "👍 <@UBEN00001>" in drawn(shown)
    assert "👎 <@UCHLOE001>" in drawn(shown)


async def test_those_who_may_decide_are_called_and_the_one_who_asked_is_not(cooper):
    card = await asked(cooper, "ben")
    call = await cooper.told("ana", ML, "R1 waits for approval by 1 × approver", card["ts"])
    assert "<@UCHLOE001>" in drawn(call)
    assert "<@UBEN00001>" not in drawn(call)


async def test_where_any_role_will_do_it_must_still_be_one_that_approves(
    workspace, database_url, tmp_path
):
    async with company(workspace, database_url, tmp_path, **{NEEDS: ANYBODY}) as cooper:
        card = await asked(cooper, "ben")
        async with nothing_changes(cooper):
            await cooper.clicks("ana", ML, "approve", card["ts"])
            await alone(cooper, "ana", ML, "R1 waits for approval by 1 × any approver.")
        await cooper.clicks("chloe", ML, "approve", card["ts"])
        await cooper.card(ML, "R1", "queued")


async def test_who_lost_the_role_while_others_voted_is_not_started(
    workspace, database_url, tmp_path
):
    async with company(workspace, database_url, tmp_path, **BY_GROUP) as cooper:
        card = await asked(cooper)
        await cooper.rows("UPDATE people SET groups = '{}' WHERE id = 'UANA00001'")
        await cooper.clicks("ben", ML, "approve", card["ts"])
        note = await reaches(cooper, "failed")
        shown = await cooper.card(ML, "R1", "failed")
        assert await cooper.rows("SELECT 1 FROM runs") == []
    words = "Not started: You have no role in Cooper yet; the platform owner gives roles."
    assert note == words
    assert words in drawn(shown)


async def test_a_vote_counts_with_the_roles_of_its_moment(workspace, database_url, tmp_path):
    rules = {
        NEEDS: NEEDS.replace("1", "2"),
        "people: [UBEN00001, UCHLOE001] # Ben and Chloe": "groups: [SMLLEADS1, SRISK0001]",
    }
    async with company(workspace, database_url, tmp_path, **rules) as cooper:
        card = await asked(cooper)
        await cooper.clicks("ben", ML, "approve", card["ts"])
        await cooper.settled()
        await cooper.rows("UPDATE people SET groups = '{}' WHERE id = 'UBEN00001'")
        await cooper.clicks("chloe", ML, "approve", card["ts"])
        await cooper.card(ML, "R1", "queued")


async def test_who_lost_the_role_before_voting_does_not_count(workspace, database_url, tmp_path):
    rules = {"people: [UBEN00001, UCHLOE001] # Ben and Chloe": "groups: [SRISK0001]"}
    async with company(workspace, database_url, tmp_path, **rules) as cooper:
        card = await asked(cooper)
        await cooper.types("chloe", ML, "approvals")
        await cooper.settled()
        await cooper.rows("UPDATE people SET groups = '{}' WHERE id = 'UCHLOE001'")
        async with nothing_changes(cooper):
            await cooper.clicks("chloe", ML, "approve", card["ts"])
            await alone(cooper, "chloe", ML, "R1 waits for approval by 1 × approver.")
