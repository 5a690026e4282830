"""Budgets over what Postgres knows: what was spent, what may still be, and who comes too late."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from actions import budgets
from actions.answers import Refusal
from actions.requests import State
from actions.service import Proposal, Service
from tests.store.books import BOTH, CLAIMS, FOREIGN, OTHER, budgeted, training
from tests.support.requests import HERE, NOW
from tests.support.world import ANA, BEN, BUDGETS, nowhere, policy

FIRST = datetime(2026, 11, 1, tzinfo=UTC)
MONTH = timedelta(days=30)


async def test_nothing_done_is_nothing_spent(books):
    assert await books.spent() == {"claims-frequency": 0}


async def test_a_training_counts_with_what_it_was_billed(books):
    await books.trained(billed=900)  # a quarter of the hour that it could have taken
    assert await books.spent() == {"claims-frequency": Decimal("2.50")}
    await books.trained(State.FAILED, billed=360, earlier_seconds=720)
    assert await books.spent() == {"claims-frequency": Decimal("5.50")}
    await books.trained(State.STOPPED, billed=3600)
    assert await books.spent() == {"claims-frequency": Decimal("15.50")}


@pytest.mark.parametrize(
    "state", [State.AWAITING_CONFIRMATION, State.CANCELLED, State.REJECTED, State.EXPIRED]
)
async def test_what_never_started_costs_nothing(books, state):
    await books.trained(state)
    assert await books.spent() == {"claims-frequency": 0}


async def test_what_failed_before_its_job_costs_nothing(books):
    await books.trained(State.FAILED)
    await books.trained(State.RUNNING, usd=None)  # of a price that nobody knows
    assert await books.spent() == {"claims-frequency": 0}


async def test_an_endpoint_counts_by_the_hour_for_as_long_as_it_served(books):
    await books.served(NOW - timedelta(hours=10))
    assert await books.spent() == {"claims-frequency": Decimal(20)}
    # Replaced by a dearer one half an hour ago: each with its own hours.
    await books.served(NOW - timedelta(minutes=30), usd="4.00")
    assert await books.spent() == {"claims-frequency": Decimal(21)}
    await books.served(NOW - timedelta(hours=5), NOW - timedelta(hours=4), environment="production")
    assert await books.spent() == {"claims-frequency": Decimal(23)}
    await books.served(NOW - timedelta(hours=9), project=OTHER)
    assert await books.spent() == {"claims-frequency": Decimal(23)}


async def test_of_an_endpoint_only_this_months_hours_count(books):
    await books.served(FIRST - MONTH, FIRST, environment="production")
    await books.served(FIRST - MONTH)
    now = FIRST + timedelta(hours=3)
    assert await books.spent(now=now) == {"claims-frequency": Decimal(6)}


async def test_an_endpoint_of_unknown_price_counts_nothing(books):
    await books.served(NOW - timedelta(hours=10), usd=None)
    assert await books.spent() == {"claims-frequency": 0}


async def test_a_teams_budget_holds_all_its_projects_and_no_others(books):
    await books.trained(billed=3600)
    await books.trained(project="lapse-risk", billed=1800)
    await books.trained(project="fraud", billed=360)
    await books.served(NOW - timedelta(hours=3), project=OTHER)
    claims = {"claims-frequency": Decimal(10), "team pricing": Decimal(21)}
    assert await books.spent(BOTH) == claims
    assert await books.spent(BOTH, OTHER) == {"team pricing": Decimal(21)}
    assert await books.spent(BOTH, FOREIGN) == {"fraud": 1, "team fraud": 1}


async def test_without_budgets_nothing_is_asked(books):
    await books.trained(billed=3600)
    found = await books.accounts(budgeted())
    assert found == ()
    assert budgets.lines(found) == ()
    budgets.check(found, CLAIMS.slug, training(1_000_000))


async def test_a_month_ends_at_midnight_utc_and_the_next_begins_with_nothing(books):
    last = FIRST - timedelta(seconds=1)
    await books.trained(billed=3600, created=last, changed=last)
    assert await books.spent(now=last) == {"claims-frequency": Decimal(10)}
    assert await books.spent(now=FIRST) == {"claims-frequency": 0}


async def test_a_training_over_the_months_end_counts_in_the_one_in_which_it_ends(books):
    before = FIRST - timedelta(hours=1)
    await books.trained(State.RUNNING, created=before, changed=before)
    assert await books.committed(now=before) == {"claims-frequency": Decimal(10)}
    assert await books.committed(now=FIRST) == {"claims-frequency": Decimal(10)}
    assert await books.spent(now=FIRST) == {"claims-frequency": 0}
    await books.trained(billed=1800, created=before, changed=FIRST + timedelta(minutes=5))
    assert await books.spent(now=NOW) == {"claims-frequency": Decimal(5)}
    assert await books.committed(now=NOW) == {"claims-frequency": Decimal(10)}


@pytest.mark.parametrize(
    ("now", "hours"),
    [
        (datetime(2026, 12, 31, 23, tzinfo=UTC), 1),
        (datetime(2026, 2, 1, tzinfo=UTC), 28 * 24),
        (datetime(2028, 2, 29, 12, tzinfo=UTC), 12),
        (datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC), Decimal(1) / 3600),
    ],
)
def test_the_rest_of_a_month_is_paid_by_the_hour(now, hours):
    assert budgets.rest_of_month(Decimal(1), now) == hours


async def test_what_is_left_may_be_spent_and_no_cent_more(books):
    await books.trained(billed=1800)
    found = await books.accounts(BOTH)
    budgets.check(found, CLAIMS.slug, training("5.00"))
    budgets.check(
        found, CLAIMS.slug, training(None)
    )  # what has no known price cannot be held against it
    with pytest.raises(Refusal) as refused:
        budgets.check(found, CLAIMS.slug, training("5.01"))
    assert refused.value.text == (
        "This could cost $5.01 more by the end of November, and claims-frequency has $5.00 left: "
        "$5.00 spent of $10.00 in November 2026. "
        "Ask for less, or ask the platform owner to raise the budget."
    )


async def test_a_budget_that_was_overdrawn_has_nothing_left(books):
    await books.served(NOW - timedelta(hours=10))
    [found] = await books.accounts()
    assert found.left < -10
    with pytest.raises(Refusal, match=r"claims-frequency has \$0\.00 left: \$20\.00 spent and"):
        budgets.check([found], CLAIMS.slug, training("0.01"))


async def test_of_several_budgets_each_must_do(books):
    await books.trained(project="lapse-risk", usd="96.00", billed=3600)
    found = await books.accounts(BOTH)
    assert [line.value for line in budgets.lines(found)] == [
        "nothing spent of $10.00 in November 2026",
        "$96.00 spent of $100.00 in November 2026",
    ]
    with pytest.raises(
        Refusal, match=r"team pricing has \$4\.00 left: \$96\.00 spent of \$100\.00"
    ):
        budgets.check(found, CLAIMS.slug, training("4.50"))


# Plans side by side: a training of the example costs $0.12 at most.
TIGHT = budgeted("project: claims-frequency, monthly_usd: 0.2")
# With an approver for whatever costs anything.
TIGHT_AND_ASKED = policy(
    **{
        BUDGETS: "budgets:\n  - {project: claims-frequency, monthly_usd: 0.2}\n",
        "above_usd: 5": "above_usd: 0",
    }
)
OVER = r"This could cost \$0\.12 more .* has \$0\.0[89] left: \$0\.1[12] committed of \$0\.20"


class Desk:
    """Ana's and Ben's requests under a policy, as the service takes them."""

    def __init__(self, store, rules):
        self.store = store
        self.now = NOW
        self.service = Service(store, nowhere(rules), lambda: self.now)

    async def asks(self, number, who=ANA):
        """R`number`, shown and not yet confirmed."""
        proposal = Proposal("train_model", {"project": "claims-frequency"}, source="slash")
        await self.service.propose(who, HERE, proposal, f"command:{number}")
        return await self.request(number)

    async def confirms(self, number, who=ANA):
        seen = await self.request(number)
        await self.service.confirm(who, number, seen.plan.digest)

    async def request(self, number):
        async with self.store.transaction() as tx:
            return await tx.request(number)

    async def state(self, number):
        return (await self.request(number)).state


@pytest.fixture
def desk(books, queue, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    return lambda rules: Desk(books.store, rules)


async def test_of_two_plans_made_side_by_side_the_second_is_not_confirmed(desk):
    at = desk(TIGHT)
    await at.asks(1)
    shown = await at.asks(2)
    await at.confirms(1)
    assert await at.state(1) is State.QUEUED
    with pytest.raises(Refusal, match=OVER):
        await at.confirms(2)
    assert await at.request(2) == shown
    with pytest.raises(Refusal, match=OVER):
        await at.asks(3)
    assert await at.request(3) is None


async def test_of_two_confirmed_in_one_moment_one_passes(desk):
    at = desk(TIGHT)
    await at.asks(1)
    await at.asks(2, BEN)
    results = await asyncio.gather(at.confirms(1), at.confirms(2, BEN), return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["NoneType", "Refusal"]
    states = sorted([await at.state(1), await at.state(2)])
    assert states == [State.AWAITING_CONFIRMATION, State.QUEUED]


async def test_what_waits_for_approval_has_its_money_and_gives_it_back(desk):
    at = desk(TIGHT_AND_ASKED)
    await at.asks(1)
    await at.asks(2)
    await at.confirms(1)
    assert await at.state(1) is State.AWAITING_APPROVAL
    with pytest.raises(Refusal, match=OVER):
        await at.confirms(2)
    assert await at.state(2) is State.AWAITING_CONFIRMATION
    await at.service.voting.vote(BEN, 1, None, approve=False)
    await at.confirms(2)
    assert await at.state(2) is State.AWAITING_APPROVAL


async def test_what_was_planned_last_month_is_paid_from_this_one(desk):
    at = desk(TIGHT)
    at.now = FIRST - timedelta(minutes=10)
    await at.asks(1)
    await at.asks(2)
    await at.confirms(1)
    at.now = FIRST + timedelta(minutes=10)
    with pytest.raises(Refusal, match=r"left: \$0\.1[12] committed of .* in November 2026"):
        await at.confirms(2)


async def test_an_edit_that_costs_more_than_is_left_changes_nothing(desk):
    at = desk(TIGHT)
    await at.asks(1)
    shown = await at.asks(2)
    await at.confirms(1)
    with pytest.raises(Refusal, match=OVER):
        await at.service.edit(ANA, 2, {"project": "claims-frequency", "spot": False})
    assert await at.request(2) == shown
