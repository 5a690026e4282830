"""`cooper.yaml`: its mistakes, all at once, by line."""

from pathlib import Path

import pytest
import yaml

from actions.catalog import COMMANDS
from actions.config import ConfigError
from actions.config_yaml import parse
from actions.incidents.settings import Alerting
from actions.policy import load_policy, parse_policy
from actions.policy_names import SETTLED

DEMO = Path(__file__).parents[3] / "cooper.yaml"
RISKS: dict[str, str] = {}


def plain() -> dict:
    return parse(DEMO.read_text(), DEMO.name).data


def changed(**values) -> str:
    return yaml.safe_dump({**plain(), **values}, sort_keys=False)


def mistakes(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parse_policy(text, RISKS)
    return str(caught.value)


def test_the_demo_policy_is_valid():
    policy = load_policy(DEMO, RISKS)
    assert policy.installation == "demo"
    assert policy.environment("staging").connection == "aws_staging"
    assert policy.environment("production").role_arn.endswith(":role/cooper-production")
    assert policy.file.channels.alerts == "#ml-alerts"


def test_the_settled_names_hold_every_command_of_the_catalogue():
    assert set(COMMANDS) <= set(SETTLED)


def test_the_digest_follows_the_content_and_not_the_comments():
    policy = load_policy(DEMO, RISKS)
    assert policy.digest.startswith("sha256:")
    assert parse_policy(changed(), RISKS).digest == policy.digest
    assert parse_policy(changed(installation="other"), RISKS).digest != policy.digest


def test_all_mistakes_of_a_file_come_at_once():
    text = DEMO.read_text()
    for right, wrong in (
        ("installation: demo", "instalation: demo"),
        ("connection: aws_staging", "conection: aws_staging"),
        ('account: "000000000000"', "account: 000000000000"),
        ("tune_model, deploy_model", "tune_modle, deploy_model"),
        ("role: approver\n    people", "role: aprover\n    people"),
        ("expiry: PT24H", "expiry: 24h"),
    ):
        assert right in text
        text = text.replace(right, wrong, 1)
    found = mistakes(text)
    lines = found.splitlines()
    assert lines[0] == "cooper.yaml: 8 mistakes"
    for expected in (
        "installation: is missing",
        "instalation: unknown key; did you mean 'installation'?",
        "environments.staging.connection: is missing",
        "environments.staging.conection: unknown key; did you mean 'connection'?",
        'environments.staging.account: should be text, not 000000000000 (put it in quotes: "000000000000")',
        "roles.data-scientist[3]: there is no command 'tune_modle'; did you mean 'tune_model'?",
        "bindings[2].role: there is no role 'aprover'; did you mean 'approver'?",
        "approvals[0].expiry: '24h' is no ISO 8601 duration",
    ):
        assert expected in found
    numbers = [int(line.split(":")[1]) for line in lines[1:]]
    assert numbers == sorted(numbers)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"version": 2}, "is not one of the allowed values (allowed: 1)"),
        ({"environments": {}}, "should hold at least 1"),
        ({"environments": {"prod": {}}}, "environments.prod"),
        ({"roles": {}}, "should hold at least 1"),
        ({"roles": {"ml-lead": "everything"}}, "there is no command 'everything'"),
        ({"roles": {"ml-lead": []}}, "should hold at least 1"),
        ({"bindings": []}, "should hold at least 1"),
        ({"bindings": [{"role": "ml-lead"}]}, "binds nobody"),
        ({"bindings": [{"role": "ml-lead", "people": ["ben"]}]}, "a Slack member ID"),
        ({"bindings": [{"role": "ml-lead", "groups": ["@leads"]}]}, "a Slack user group ID"),
        ({"bindings": [{"role": "ml-lead", "people": ["UBEN00001"], "environments": ["prod"]}]}, "'prod' is no environment"),
        ({"bindings": [{"role": "ml-lead", "people": ["UBEN00001"], "projects": ["Fraud!"]}]}, "a name: up to 32"),
        ({"approvals": [{"commands": ["train"], "need": [{"count": 1}]}]}, "there is no command 'train'"),
        ({"approvals": [{"commands": ["train_model"], "need": []}]}, "should hold at least 1"),
        ({"approvals": [{"commands": ["train_model"], "need": [{"count": 0}]}]}, "at least 1"),
        ({"approvals": [{"commands": ["train_model"], "need": [{"count": 2, "role": "risk"}]}]}, "needs 2 people but 1 hold the role 'risk'; nothing could be approved"),
        ({"approvals": [{"commands": ["train_model"], "need": [{"count": 9}]}]}, "needs 9 people but 3 are bound"),
        ({"approvals": [{"commands": ["train_model"], "above_usd": -1, "need": [{"count": 1}]}]}, "at least 0"),
        ({"budgets": [{"monthly_usd": 5}]}, "one project or one team"),
        ({"budgets": [{"project": "a", "team": "b", "monthly_usd": 5}]}, "one project or one team"),
        ({"budgets": [{"project": "a", "monthly_usd": 0}]}, "more than 0"),
        ({"instances": {"allowed": ["m5"]}}, "such as ml.m5.*"),
        ({"channels": {"default": "ml", "alerts": "#x"}}, "a channel"),
        ({"digests": [{"channel": "#ml", "schedule": "every monday"}]}, "cron has five"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_what_would_be_right(values, expected):
    assert expected in mistakes(changed(**values))


def test_an_environment_that_is_not_set_up_cannot_be_bound():
    only = {"staging": plain()["environments"]["staging"]}
    assert "'production' is not among `environments` (staging)" in mistakes(
        changed(environments=only)
    )


def test_a_user_group_may_hold_as_many_people_as_are_needed():
    rules = [{"commands": ["train_model"], "need": [{"count": 5, "role": "risk"}]}]
    bindings = [{"role": "risk", "groups": ["S012AB3CD"]}]
    assert parse_policy(changed(approvals=rules, bindings=bindings), RISKS)


def test_what_is_optional_may_be_left_out():
    left = plain()
    for key in ("approvals", "budgets", "instances", "alerting"):
        del left[key]
    policy = parse_policy(yaml.safe_dump(left), RISKS)
    assert policy.file.alerting == Alerting()
    assert policy.file.approvals == ()


@pytest.mark.parametrize(
    "section", ["roles", "bindings", "approvals", "environments", "channels", "alerting"]
)
@pytest.mark.parametrize("junk", [None, 7, "x", [1], {"a": 1}, [[["x"]]], {"x": {"y": None}}])
def test_junk_anywhere_is_a_mistake_and_never_a_crash(section, junk):
    assert section in mistakes(changed(**{section: junk}))
