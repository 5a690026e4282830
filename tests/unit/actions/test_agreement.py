"""Who has to agree, and plans that nobody could ever agree to."""

from __future__ import annotations

from decimal import Decimal

import pytest

from actions.agreement import agreement
from actions.answers import Refusal
from actions.requests import ApprovalNeed
from tests.support.world import ANA, BEN, context, policy

CHLOE_APPROVES = "people: [UBEN00001, UCHLOE001] # Ben and Chloe"


def asked(who=ANA, command="deploy_model", environment="production", usd=None, **rules):
    made = context(who, rules=policy(**rules))
    return agreement(made, command, "claims-frequency", environment, usd)


def test_production_needs_two_and_one_of_them_from_risk():
    found = asked()
    assert found.needs == (
        ApprovalNeed(count=2, role="approver"),
        ApprovalNeed(count=1, role="risk"),
    )
    assert found.seconds == 8 * 3600


def test_who_asks_does_not_count_among_those_who_could_agree():
    with pytest.raises(Refusal, match="2 × approver other than you, and the policy names 1"):
        asked(BEN)


def test_one_other_is_enough_where_one_is_needed():
    assert asked(BEN, "rollback_model").needs == (ApprovalNeed(count=1, role="approver"),)


def test_a_role_held_elsewhere_does_not_count_here():
    elsewhere = {"    environments: [production]\n  # Dan": "    environments: [staging]\n  # Dan"}
    with pytest.raises(Refusal, match="1 × risk other than you, and the policy names none"):
        asked(**elsewhere)


def test_a_group_may_hold_enough_people_which_only_slack_knows():
    assert asked(BEN, **{CHLOE_APPROVES: "groups: [S0APPROVE]"}).needs


def test_what_costs_little_needs_nobody():
    assert asked(BEN, "train_model", "staging", Decimal("4.99")).needs == ()
