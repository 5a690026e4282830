"""Who may do what, who must agree."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from actions.people import Person
from actions.policy import (
    Allowed,
    Denied,
    Need,
    approvals,
    approvals_needed,
    instance_allowed,
    load_policy,
    may,
    parse_policy,
    roles_of,
)
from actions.policy_names import SETTLED

ANA = Person("UANA00001", "Ana")
BEN = Person("UBEN00001", "Ben")
CHLOE = Person("UCHLOE001", "Chloe")
DAN = Person("UDAN00001", "Dan", is_guest=True)
EVE = Person("UEVE00001", "Eve")

SCOPED = """\
version: 1
installation: test
environments:
  staging: &env
    account: "000000000000"
    region: us-east-1
    role_arn: arn:aws:iam::000000000000:role/cooper
    connection: aws
    bucket: cooper-test
  production: *env
roles:
  reader: [read]
  trainer: [train_model]
  deployer: [read, deploy_model]
  everything: "*"
bindings:
  - {role: reader, groups: [S0READERS]}
  - {role: trainer, people: [UANA00001], projects: [fraud]}
  - {role: deployer, people: [UANA00001], projects: [fraud, churn], environments: [staging]}
  - {role: everything, people: [UBEN00001, UDAN00001]}
approvals:
  - {commands: [guarded], environments: [production], need: [{count: 1}], expiry: PT2H}
  - {commands: [deploy_model], need: [{count: 2, role: everything}], expiry: PT1H}
  - {commands: [train_model], above_usd: 5, need: [{count: 1, role: everything}]}
channels: {default: "#ml", alerts: "#ml-alerts"}
"""


@pytest.fixture(scope="module")
def demo():
    return load_policy(Path(__file__).parents[3] / "cooper.yaml", {})


@pytest.fixture(scope="module")
def scoped():
    return parse_policy(SCOPED, {})


def allowed(policy, person, command, project=None, environment=None) -> bool:
    return isinstance(may(policy, person, command, project, environment), Allowed)


@pytest.mark.parametrize(
    ("person", "command", "environment", "expected"),
    [
        (ANA, "train_model", "staging", True),
        (ANA, "deploy_model", "production", True),
        (ANA, "undeploy_model", "production", True),
        (ANA, "delete_notebook", "staging", False),
        (ANA, "approve_request", None, False),
        (BEN, "undeploy_model", "production", True),
        (CHLOE, "show_run", None, True),
        (CHLOE, "train_model", "staging", False),
        (CHLOE, "approve_request", "production", True),
        (DAN, "help", None, False),
        (DAN, "list_models", None, False),
        (EVE, "help", None, False),
    ],
)
def test_the_demo_policy_gives_each_person_what_it_says(
    demo, person, command, environment, expected
):
    assert allowed(demo, person, command, "claims-frequency", environment) is expected


def test_guests_and_outsiders_are_denied_even_where_a_binding_names_them(scoped):
    assert may(scoped, DAN, "help", None, None) == Denied("Guests cannot use Cooper.")
    outsider = replace(BEN, is_external=True)
    assert may(scoped, outsider, "help", None, None) == Denied(
        "People from outside the company cannot use Cooper."
    )
    assert roles_of(scoped, outsider, None, None) == frozenset()
    assert allowed(scoped, replace(DAN, is_guest=False), "help")


def test_every_command_is_denied_to_whom_nothing_is_bound(demo):
    for command in SETTLED:
        assert not allowed(demo, EVE, command)
    assert may(demo, EVE, "help", None, None) == Denied(
        "You have no role in Cooper yet; the platform owner gives roles."
    )


def test_a_user_group_gives_its_members_the_role(scoped):
    member = replace(EVE, groups=frozenset({"S0READERS", "S0OTHERS"}))
    assert allowed(scoped, member, "list_models", "anything", "production")
    assert not allowed(scoped, member, "train_model", "anything")
    assert not allowed(scoped, replace(EVE, groups=frozenset({"S0OTHERS"})), "list_models")


def test_a_binding_holds_only_in_its_projects_and_environments(scoped):
    assert allowed(scoped, ANA, "train_model", "fraud")
    assert not allowed(scoped, ANA, "train_model", "churn")
    assert allowed(scoped, ANA, "deploy_model", "churn", "staging")
    assert not allowed(scoped, ANA, "deploy_model", "churn", "production")
    assert not allowed(scoped, ANA, "deploy_model", "pricing", "staging")


def test_a_denial_says_which_role_it_takes(scoped):
    assert may(scoped, ANA, "deploy_model", "fraud", "production") == Denied(
        "Your role (deployer, trainer) may not use deploy_model for fraud in production. "
        "It takes the role everything."
    )


def test_a_command_that_nobody_may_use_is_denied_plainly(scoped):
    without = parse_policy(SCOPED.replace('everything: "*"', "everything: [read, guarded]"), {})
    decision = may(without, ANA, "stop_run", None, None)
    assert isinstance(decision, Denied)
    assert "Nobody may" in decision.reason


def test_a_star_covers_new_commands_and_a_group_follows_the_catalogues_risk():
    policy = parse_policy(SCOPED, {"fly_model": "guarded", "look_model": "read"})
    assert allowed(policy, BEN, "fly_model")
    assert allowed(policy, ANA, "look_model", "fraud")
    assert not allowed(policy, ANA, "fly_model", "fraud")
    assert approvals_needed(policy, "fly_model", "production", 0) == (Need(count=1),)


@pytest.mark.parametrize(
    ("command", "environment", "cost", "expected"),
    [
        ("train_model", "staging", Decimal("4.99"), {}),
        ("train_model", "staging", 5, {}),
        ("train_model", "staging", Decimal("5.01"), {"approver": 1}),
        ("train_model", "staging", None, {"approver": 1}),
        ("deploy_model", "staging", 100, {}),
        ("deploy_model", "production", 0, {"approver": 2, "risk": 1}),
        ("promote_model", "production", None, {"approver": 2, "risk": 1}),
        ("rollback_model", "production", 0, {"approver": 1}),
        ("rollback_model", "staging", 0, {}),
        ("show_run", "production", None, {}),
    ],
)
def test_the_demo_policy_asks_for_these_approvals(demo, command, environment, cost, expected):
    needs = approvals_needed(demo, command, environment, cost)
    assert {need.role: need.count for need in needs} == expected


def test_several_rules_ask_together_and_the_shortest_expiry_counts(scoped):
    both = approvals(scoped, "deploy_model", "production", None)
    assert set(both.needs) == {Need(count=1), Need(count=2, role="everything")}
    assert both.expiry == timedelta(hours=1)
    assert approvals(scoped, "show_run", "production", None).expiry is None


def test_an_unknown_environment_counts_as_any(scoped):
    assert Need(count=1) in approvals_needed(scoped, "promote_model", None, 0)


@pytest.mark.parametrize(
    ("person", "environment", "expected"),
    [
        (BEN, "production", {"ml-lead", "approver"}),
        (CHLOE, "production", {"approver", "risk"}),
        (CHLOE, "staging", {"approver"}),
        (CHLOE, None, {"approver", "risk"}),
        (ANA, "production", {"data-scientist"}),
        (replace(CHLOE, is_external=True), "production", set()),
        (replace(BEN, is_guest=True), "production", set()),
        (DAN, None, set()),
        (EVE, None, set()),
    ],
)
def test_the_demo_policy_gives_these_roles_for_a_vote(demo, person, environment, expected):
    assert roles_of(demo, person, "claims-frequency", environment) == expected


def test_instances_must_suit_the_policy_and_the_project(demo):
    assert instance_allowed(demo, "ml.g5.xlarge")
    assert not instance_allowed(demo, "ml.p5.48xlarge")
    assert not instance_allowed(demo, "ml.g5.xlarge", ["ml.m5.*"])
    assert not instance_allowed(demo, "ml.m5.xlarge", [])


def test_an_unknown_environment_is_named_with_the_known_ones(demo):
    with pytest.raises(KeyError, match="qa is no environment here; known: staging, production"):
        demo.environment("qa")
