"""What waits for whom: only what is open, only what one may see, only whose vote is missing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from actions.answers import Refusal
from actions.people import Person
from actions.requests import State
from tests.support.requests import HERE, NOW, needing, vote
from tests.support.world import ANA, BEN, CHLOE, DAN, policy

TWO_AND_RISK = needing((2, "approver"), (1, "risk"), environment="production")


async def waiting(company, project=None, votes=(), **changes):
    values = {"plan": TWO_AND_RISK, "state": State.AWAITING_APPROVAL} | changes
    return await company.requested(project or company.project(), votes, **values)


def listed(answer):
    """The ids of what is listed, in order."""
    return [field.label.split()[0] for field in answer.fields]


async def knows(company, *people):
    for person in people:
        await company.people.keep(HERE.team, person)


async def test_all_that_one_needs_to_know_stands_there(company):
    await knows(company, BEN, CHLOE)
    made = await waiting(company)
    answer = await company.asks("list_approvals")
    [field] = answer.fields
    assert field.label == f"{made.id} · Train claims-frequency"
    assert field.value == (
        "$0.23 · asked by Ana Lima · missing: approval by 2 × approver and 1 × risk (one person "
        "may be both), from Ben Okafor, Chloe Martin · until 2026-11-20 10:30 UTC"
    )


async def test_given_votes_are_no_longer_missing(company):
    await knows(company, BEN, CHLOE)
    await waiting(company, votes=(vote(TWO_AND_RISK, BEN.id),))
    [field] = (await company.asks("list_approvals")).fields
    assert "missing: approval by 1 × approver and 1 × risk" in field.value
    assert ", from Chloe Martin ·" in field.value


async def test_the_oldest_comes_first_and_the_rest_is_counted(company):
    project = company.project()
    made = [await waiting(company, project) for _ in range(17)]
    answer = await company.asks("list_approvals")
    assert listed(answer) == [request.id for request in made[:15]]
    assert "The oldest 15 of 17." in answer.text


async def test_what_does_not_wait_any_more_is_left_out(company):
    project = company.project()
    for state in set(State) - {State.AWAITING_APPROVAL}:
        await waiting(company, project, state=state)
    await waiting(company, project, expires=NOW)
    await waiting(company, project, expires=NOW - timedelta(days=1))
    answer = await company.asks("list_approvals")
    assert answer.text == "Nothing waits for an approval."
    endless = await waiting(company, project, expires=None)
    [field] = (await company.asks("list_approvals")).fields
    assert endless.id in field.label
    assert field.value.endswith("no limit")


@pytest.mark.parametrize("said", ["me", BEN.id])
async def test_mine_is_what_i_may_decide_now(company, said):
    project = company.project()
    mine = await waiting(company, project)
    await waiting(company, project, requester_id=BEN.id)
    await waiting(company, project, votes=(vote(TWO_AND_RISK, BEN.id),))
    risk = needing((1, "risk"), environment="production")
    await waiting(company, project, plan=risk)
    enough = (vote(TWO_AND_RISK, "UONE00001"), vote(TWO_AND_RISK, "UTWO00001"))
    await waiting(company, project, votes=enough)
    answer = await company.asks("list_approvals", BEN, user=said)
    assert listed(answer) == [mine.id]


async def test_a_vote_on_an_earlier_plan_leaves_it_mine(company):
    earlier = needing((2, "approver"), conf={"project": "other"})
    made = await waiting(company, votes=(vote(earlier, BEN.id),))
    assert listed(await company.asks("list_approvals", BEN, user="me")) == [made.id]


async def test_somebody_elses_is_told_by_name(company):
    await knows(company, CHLOE)
    made = await waiting(company)
    assert listed(await company.asks("list_approvals", ANA, user=CHLOE.id)) == [made.id]
    await knows(company, ANA)
    answer = await company.asks("list_approvals", BEN, user=ANA.id)
    assert answer.text == "Nothing waits for an approval by Ana Lima."
    assert "by you" in (await company.asks("list_approvals", ANA, user="me")).text


async def test_a_group_may_hold_the_role(company):
    company.under(
        policy(**{"people: [UBEN00001, UCHLOE001] # Ben and Chloe": "groups: [S0APPROVE]"})
    )
    eve = Person("UEVE00001", "Eve", groups=frozenset({"S0APPROVE"}))
    await knows(company, eve)
    made = await waiting(company)
    assert listed(await company.asks("list_approvals", BEN, user=eve.id)) == [made.id]
    [field] = (await company.asks("list_approvals", BEN)).fields
    assert ", from S0APPROVE, " in field.value


async def test_where_any_role_will_do_those_who_may_approve_are_asked(company):
    await knows(company, BEN, CHLOE)
    made = await waiting(company, plan=needing((1, None)))
    [field] = (await company.asks("list_approvals")).fields
    assert "1 × any approver, from Ben Okafor, Chloe Martin" in field.value
    assert listed(await company.asks("list_approvals", CHLOE, user="me")) == [made.id]
    answer = await company.asks("list_approvals", BEN, user=ANA.id)
    assert answer.fields == ()


async def test_a_person_whom_nobody_has_met_waits_for_nothing(company):
    await waiting(company)
    answer = await company.asks("list_approvals", user="UNOBODY01")
    assert answer.text == "Nothing waits for an approval by UNOBODY01."


async def test_requests_of_projects_that_one_may_not_see_are_left_out(company):
    seen, hidden = company.project(), company.project()
    only = f"people: [UANA00001]\n    projects: [{seen.slug}]"
    company.under(policy(**{"people: [UANA00001] # Ana": only}))
    made = await waiting(company, seen)
    other = await waiting(company, hidden)
    assert listed(await company.asks("list_approvals", ANA)) == [made.id]
    assert listed(await company.asks("list_approvals", BEN)) == [made.id, other.id]


async def test_a_guest_learns_nothing(company):
    await waiting(company)
    with pytest.raises(Refusal, match="Guests"):
        await company.asks("list_approvals", DAN)
