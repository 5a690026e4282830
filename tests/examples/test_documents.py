"""What the documents show can be copied and works."""

import re
from pathlib import Path

import pytest

from actions.config import load_text
from actions.config_yaml import parse
from actions.monitors import Check
from actions.people import Person
from actions.policy import Allowed, may, parse_policy
from actions.policy_file import PolicyFile
from actions.project import Project
from infra.clients.packaging import validate_project

ROOT = Path(__file__).parents[2]
DEMO = (ROOT / "cooper.yaml").read_text()


def blocks(name: str) -> list[str]:
    text = (ROOT / "docs" / name).read_text()
    return re.findall(r"^```yaml\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)


def documented_keys(name: str) -> str:
    return (ROOT / "docs" / name).read_text()


@pytest.mark.parametrize(
    "folder", sorted(path.parent for path in (ROOT / "examples").glob("*/project.yaml")), ids=lambda p: p.name
)  # fmt: skip
def test_every_example_can_be_registered(folder):
    assert validate_project(folder).name == folder.name


def test_the_least_project_is_one():
    least, *_ = blocks("projects.md")
    assert load_text(Project, least, "docs/projects.md").name == "fraud"


@pytest.mark.parametrize("part", blocks("projects.md")[1:])
def test_each_part_of_a_project_fits_the_least_one(part):
    least, *_ = blocks("projects.md")
    key = part.partition(":")[0]
    rest = re.sub(rf"^{key}:.*?(?=^\S|\Z)", "", least, flags=re.DOTALL | re.MULTILINE)
    assert load_text(Project, rest + part, "docs/projects.md")


@pytest.mark.parametrize("part", blocks("policy.md"))
def test_each_part_of_a_policy_has_the_shape_of_one(part):
    rest = DEMO
    for key in parse(part, "docs/policy.md").data:
        rest = re.sub(rf"^{key}:.*?(?=^\S|\Z)", "", rest, flags=re.DOTALL | re.MULTILINE)
    assert load_text(PolicyFile, rest + part, "docs/policy.md")


def test_every_key_and_check_is_in_the_documents():
    projects, policy = documented_keys("projects.md"), documented_keys("policy.md")
    for key in Project.model_fields:
        assert f"`{key}" in projects
    for key in PolicyFile.model_fields:
        assert key in policy or key in ("version", "installation")
    for check in Check.__args__:
        assert f"`{check}`" in projects


def test_the_demo_lets_ana_do_the_first_conversation_and_dan_nothing():
    policy = parse_policy(DEMO, {})
    ana, dan = Person("UANA00001", "Ana"), Person("UDAN00001", "Dan", is_guest=True)
    for command in (
        "train_model",
        "show_run",
        "deploy_model",
        "predict",
        "list_models",
        "stop_run",
    ):
        assert isinstance(may(policy, ana, command, "claims-frequency", "staging"), Allowed)
        assert not isinstance(may(policy, dan, command, "claims-frequency", "staging"), Allowed)
