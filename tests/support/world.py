"""The domain's world with its real adapters, none of which anything answers."""

from __future__ import annotations

from typing import Any

from actions.catalog import COMMANDS
from actions.context import Context, World
from actions.people import Person
from actions.policy import Policy, parse_policy
from actions.registration import RegisteredProject
from bot.bootstrap import world
from bot.settings import Settings
from tests.support.bot import NOWHERE
from tests.support.projects import ROOT, registered
from tests.support.requests import HERE, NOW

ANA = Person("UANA00001", "Ana Lima")
BEN = Person("UBEN00001", "Ben Okafor")
CHLOE = Person("UCHLOE001", "Chloe Martin")
DAN = Person("UDAN00001", "Dan Weber", is_guest=True)


def policy(**replaced: str) -> Policy:
    """The demo's policy; `replaced` maps pieces of its text."""
    text = (ROOT / "cooper.yaml").read_text()
    for old, new in replaced.items():
        assert old in text, old
        text = text.replace(old, new)
    return parse_policy(text, {name: c.risk.value for name, c in COMMANDS.items()})


BUDGETS = """budgets:
  - project: claims-frequency
    monthly_usd: 1000
  - team: pricing
    monthly_usd: 2500
"""


def unbudgeted() -> Policy:
    """The demo's policy for plans outside a database, which no budget can look into."""
    return policy(**{BUDGETS: ""})


def nowhere(rules: Policy | None = None) -> World:
    """All ports behind the composition root's own adapters, at an address that refuses."""
    settings = Settings(
        _env_file=None,
        database_url="postgresql://nobody@/nowhere",
        slack_bot_token="xoxb-test",
        signing_key_file="none.pem",
        nlu_url=NOWHERE,
        nlu_token="test",
        airflow_url=NOWHERE,
        airflow_username="cooper",
        airflow_password="test",
        mlflow_tracking_uri=NOWHERE,
        aws_endpoint_url=NOWHERE,
    )
    return world(settings, rules or policy())


def context(
    who: Person = ANA, *projects: RegisteredProject, rules: Policy | None = None, **changes: Any
) -> Context:
    """One command by one person, outside a database: for plans that read none."""
    known = {project.slug: project for project in projects or (registered(),)}
    values: dict[str, Any] = {
        "who": who,
        "place": HERE,
        "world": nowhere(rules or unbudgeted()),
        "tx": None,
        "projects": known,
        "now": NOW,
        "request": "R7",
    }
    return Context(**(values | changes))
