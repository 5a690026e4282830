"""What is committed: who has the money that is not spent yet, and whom that keeps from having it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from actions import budgets
from actions.answers import Refusal
from actions.requests import State
from actions.service import Service
from tests.store.books import BOTH, CLAIMS, FOREIGN, OTHER, budgeted, endpoint, hours, training
from tests.support.requests import NOW
from tests.support.world import ANA, nowhere

OPEN = [State.AWAITING_APPROVAL, State.QUEUED, State.RUNNING, State.STOPPING]
CLOSED = [state for state in State if state not in OPEN]
NIGHT = hours(10)
"""Ten hours before the month ends, so that a dollar an hour is ten dollars."""


def claims(usd):
    return {"claims-frequency": Decimal(usd)}


# ---------------------------------------------------------------- who is refused


async def test_two_deployments_of_one_team_do_not_both_pass(books):
    rules = budgeted("team: pricing, monthly_usd: 50")
    found = await books.accounts(rules, OTHER, NIGHT)
    budgets.check(found, OTHER.slug, endpoint("3.00"))
    await books.asked(State.AWAITING_APPROVAL, usd="3.00")
    found = await books.accounts(rules, OTHER, NIGHT)
    with pytest.raises(Refusal) as refused:
        budgets.check(found, OTHER.slug, endpoint("3.00"))
    assert refused.value.text == (
        "This could cost $30.00 more by the end of November, and team pricing has $20.00 left: "
        "$30.00 committed of $50.00 in November 2026. "
        "Ask for less, or ask the platform owner to raise the budget."
    )


async def test_what_serves_has_its_money_until_the_month_ends(books):
    await books.served(NIGHT - timedelta(hours=2), usd="0.50")
    found = await books.accounts(now=NIGHT)
    budgets.check(found, CLAIMS.slug, training("4.00"))
    words = r"has \$4\.00 left: \$1\.00 spent and \$5\.00 committed of \$10\.00 in November 2026\."
    with pytest.raises(Refusal, match=words):
        budgets.check(found, CLAIMS.slug, training("4.01"))
    with pytest.raises(Refusal, match=r"could cost \$5\.00 more .* has \$4\.00 left"):
        budgets.check(found, CLAIMS.slug, endpoint("0.50", "production"))


async def test_a_dearer_one_over_what_serves_needs_the_difference_alone(books):
    await books.served(NIGHT, usd="0.60")
    found = await books.accounts(now=NIGHT)
    budgets.check(found, CLAIMS.slug, endpoint("1.00"))
    with pytest.raises(Refusal, match=r"could cost \$4\.10 more .* has \$4\.00 left"):
        budgets.check(found, CLAIMS.slug, endpoint("1.01"))


async def test_a_cheaper_one_is_asked_for_where_nothing_is_left_and_a_dearer_one_is_not(books):
    await books.served(NIGHT - timedelta(hours=20), usd="1.00")
    [found] = await books.accounts(now=NIGHT)
    assert found.left == -20
    for usd in ("0.50", "1.00"):
        budgets.check([found], CLAIMS.slug, endpoint(usd))
    with pytest.raises(Refusal, match=r"could cost \$0\.10 more .* has \$0\.00 left"):
        budgets.check([found], CLAIMS.slug, endpoint("1.01"))


async def test_an_end_that_is_only_asked_for_frees_nothing(books):
    await books.served(NIGHT, usd="1.00")
    for state in (State.AWAITING_APPROVAL, State.QUEUED, State.RUNNING):
        await books.asked(state, usd=None, command="undeploy_model")
    [found] = await books.accounts(now=NIGHT)
    assert found.left == 0
    with pytest.raises(Refusal, match=r"has \$0\.00 left: \$10\.00 committed of \$10\.00"):
        budgets.check([found], CLAIMS.slug, training("0.01"))
    async with books.store.transaction() as tx:
        await tx.end_deployment(CLAIMS.slug, "staging", NIGHT, bad=False)
    budgets.check(await books.accounts(now=NIGHT), CLAIMS.slug, training("10.00"))


@pytest.mark.parametrize("state", OPEN)
async def test_a_training_has_its_highest_price_until_it_is_over(books, state):
    await books.trained(state, usd="7.09", billed=60)
    assert await books.committed() == claims("7.09")
    assert await books.spent() == claims(0)
    with pytest.raises(Refusal, match=r"has \$2\.91 left: \$7\.09 committed of \$10\.00"):
        budgets.check(await books.accounts(), CLAIMS.slug, training("2.92"))


@pytest.mark.parametrize("command", ["deploy_model", "promote_model", "rollback_model"])
@pytest.mark.parametrize("state", OPEN)
async def test_a_change_has_its_money_until_it_is_over(books, state, command):
    await books.asked(state, usd="0.70", command=command)
    assert await books.committed(now=NIGHT) == claims(7)
    with pytest.raises(Refusal, match=r"has \$3\.00 left: \$7\.00 committed"):
        budgets.check(await books.accounts(now=NIGHT), CLAIMS.slug, training("3.01"))


# ---------------------------------------------------------------- when it is confirmed


async def test_of_two_deployments_that_wait_for_their_confirmation_one_passes(desk):
    first = await desk.shows(usd="0.60")
    second = await desk.shows(usd="0.60", project=OTHER)
    async with asyncio.TaskGroup() as tasks:
        both = [tasks.create_task(desk.confirms(each)) for each in (first, second)]
    refused = [each.result() for each in both if each.result() is not None]
    assert len(refused) == 1
    assert "could cost $6.00 more by the end of November" in refused[0]
    assert "team pricing has $4.00 left: $6.00 committed of $10.00" in refused[0]


async def test_two_changes_of_one_endpoint_are_confirmed_with_the_money_of_one(desk):
    first, second = await desk.shows(usd="0.60"), await desk.shows(usd="1.00")
    assert await desk.confirms(first) is None
    assert await desk.confirms(second) is None
    assert await desk.confirms(await desk.shows(usd="1.01")) is not None


async def test_what_was_shown_as_free_is_paid_where_what_served_is_gone(desk):
    await desk.books.served(NIGHT, usd="0.60")
    shown = await desk.shows(usd="0.60", budgeted="0.0000")
    await desk.books.served(NIGHT, project=OTHER, usd="0.50")
    async with desk.books.store.transaction() as tx:
        await tx.end_deployment(CLAIMS.slug, "staging", NIGHT, bad=False)
    assert "could cost $6.00 more" in await desk.confirms(shown)


async def test_what_was_planned_before_the_month_ended_needs_all_of_the_next(desk):
    shown = await desk.shows(usd="0.60", budgeted="6.0000")
    desk.now = hours(0)
    assert "could cost $446.40 more by the end of December" in await desk.confirms(shown)


async def test_a_plan_that_takes_of_no_budget_is_confirmed_where_none_is_left(desk):
    await desk.books.served(NIGHT, usd="5.00")
    back = await desk.shows(usd="5.50", command="rollback_model", budgeted=None)
    assert await desk.confirms(back) is None
    down = await desk.shows(usd=None, command="undeploy_model", budgeted=None)
    assert await desk.confirms(down) is None
    assert await desk.confirms(await desk.shows(usd="6.00")) is not None


class Desk:
    """Ana, who confirms what was planned under a team's budget of ten dollars."""

    rules = budgeted("team: pricing, monthly_usd: 10")

    def __init__(self, books):
        self.books = books
        self.now = NIGHT

    async def shows(self, budgeted="1.0000", **asked):
        """A plan that waits for her."""
        asked.setdefault("command", "deploy_model")
        made = await self.books.asked(State.AWAITING_CONFIRMATION, **asked)
        conf = {"project": made.project, "policy": self.rules.digest}
        plan = made.plan.model_copy(update={"conf": conf, "budgeted": budgeted})
        async with self.books.store.transaction() as tx:
            return await tx.save_request(replace(made, plan=plan, expires=None))

    async def confirms(self, request):
        """What she is told where it is refused."""
        service = Service(self.books.store, nowhere(self.rules), lambda: self.now)
        try:
            await service.confirm(ANA, request.number, request.plan.digest)
        except Refusal as refused:
            return refused.text
        return None


@pytest.fixture
def desk(books, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    return Desk(books)


# ---------------------------------------------------------------- what counts, and how often


@pytest.mark.parametrize("state", CLOSED)
async def test_what_is_not_under_way_has_nothing(books, state):
    await books.trained(state)
    await books.asked(state)
    assert await books.committed() == claims(0)


async def test_an_endpoint_counts_once_with_the_dearest_of_what_serves_and_what_may(books):
    await books.served(NIGHT, usd="0.30")
    await books.asked(usd="0.20")
    assert await books.committed(now=NIGHT) == claims(3)
    await books.asked(usd="0.50")
    await books.asked(State.AWAITING_APPROVAL, usd="0.40")
    assert await books.committed(now=NIGHT) == claims(5)
    await books.asked(usd="0.10", environment="production")
    assert await books.committed(now=NIGHT) == claims(6)
    await books.asked(usd="9.00", project=OTHER)
    assert await books.committed(now=NIGHT) == claims(6)
    assert await books.committed(BOTH, OTHER, NIGHT) == {"team pricing": 96}


async def test_what_is_planned_again_does_not_count_itself(books):
    await books.served(NIGHT, usd="0.30")
    deploys = await books.asked(State.RUNNING, usd="1.00")
    trains = await books.trained(State.QUEUED, usd="2.00")
    assert await books.committed(now=NIGHT) == claims(12)
    assert await books.committed(now=NIGHT, but=deploys.id) == claims(5)
    assert await books.committed(now=NIGHT, but=trains.id) == claims(10)
    # What others took meanwhile still keeps it from going on.
    with pytest.raises(Refusal, match=r"could cost \$7\.00 more .* has \$5\.00 left"):
        budgets.check(await books.accounts(now=NIGHT, but=deploys.id), CLAIMS.slug, deploys.plan)
    async with books.store.transaction() as tx:
        await tx.save_request(trains.moved(State.STOPPED, NIGHT))
    budgets.check(await books.accounts(now=NIGHT, but=deploys.id), CLAIMS.slug, deploys.plan)


async def test_what_was_replaced_or_taken_down_is_spent_and_no_longer_committed(books):
    await books.served(NIGHT - timedelta(hours=2), usd="0.50")
    await books.served(NIGHT - timedelta(hours=1), usd="0.25")
    await books.served(NIGHT - timedelta(hours=1), NIGHT, environment="production", usd="1.00")
    assert await books.committed(now=NIGHT) == claims("2.50")
    assert await books.spent(now=NIGHT) == claims("1.75")


async def test_what_nobody_knows_the_price_of_commits_nothing(books):
    await books.served(NIGHT, usd=None)
    await books.asked(usd=None, environment="production")
    await books.trained(State.RUNNING, usd=None)
    assert await books.committed(now=NIGHT) == claims(0)
    found = await books.accounts(now=NIGHT)
    budgets.check(found, CLAIMS.slug, endpoint(None))
    budgets.check(found, CLAIMS.slug, endpoint("1.00"))
    with pytest.raises(Refusal, match=r"could cost \$10\.10 more"):
        budgets.check(found, CLAIMS.slug, endpoint("1.01"))


async def test_each_budget_sees_its_own(books):
    await books.served(NIGHT, usd="0.30")
    await books.asked(usd="0.50", project=OTHER)
    await books.asked(usd="0.10", project=FOREIGN)
    assert await books.committed(BOTH, CLAIMS, NIGHT) == {
        "claims-frequency": 3,
        "team pricing": 8,
    }
    assert await books.committed(BOTH, FOREIGN, NIGHT) == {"fraud": 1, "team fraud": 1}


# ---------------------------------------------------------------- time


async def test_what_serves_goes_on_in_the_next_month_with_all_of_it(books):
    await books.served(NOW, usd="1.00")
    last = datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC)
    assert round((await books.committed(now=last))["claims-frequency"], 4) == Decimal("0.0003")
    december = last + timedelta(seconds=1)
    assert await books.committed(now=december) == claims(31 * 24)
    assert await books.spent(now=december) == claims(0)


async def test_as_hours_pass_what_is_committed_becomes_what_is_spent(books):
    await books.served(NOW, usd="0.23")
    sums = set()
    for seconds in (0, 1, 1799, 3600, 100_001):
        [found] = await books.accounts(now=NOW + timedelta(seconds=seconds, microseconds=7))
        sums.add(round(found.left, 12))
    assert len(sums) == 1


async def test_months_are_those_of_utc_wherever_the_clock_stands(books):
    await books.served(NOW, usd="1.00")
    east = datetime.fromisoformat("2026-12-01T01:00:00+02:00")
    [found] = await books.accounts(now=east)
    assert found.committed == 1
    assert str(found).endswith(" and $1.00 committed of $10.00 in November 2026")


async def test_a_clock_that_is_behind_the_recorded_start_earns_nothing(books):
    await books.served(NIGHT + timedelta(minutes=5), usd="1.00")
    assert await books.spent(now=NIGHT) == claims(0)


async def test_of_nothing_nothing_is_said(books):
    rules = budgeted("project: claims-frequency, monthly_usd: 1500")

    async def said():
        [line] = budgets.lines(await books.accounts(rules, now=NIGHT))
        assert line.label == "Budget of claims-frequency"
        return line.value

    assert await said() == "nothing spent of $1,500.00 in November 2026"
    await books.asked(usd="5.52")
    assert await said() == "$55.20 committed of $1,500.00 in November 2026"
    await books.trained(usd="12.10", billed=3600)
    assert await said() == "$12.10 spent and $55.20 committed of $1,500.00 in November 2026"
    await books.trained(State.AWAITING_APPROVAL, usd="1200.00")
    assert await said() == "$12.10 spent and $1,255.20 committed of $1,500.00 in November 2026"
