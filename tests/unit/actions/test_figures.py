"""Figures by themselves: values where a command can mean only one thing by them, else nothing."""

from typing import Any

import pytest

from actions.rasa.reading import Reading
from tests.unit.actions.parses import parsed


def reading(command: str, text: str, *, asked: str = "") -> Reading:
    """Of `text`, "city bikes" being the project; `asked` is what it asks for."""
    return parsed(command, text, {"project": "city bikes", **({"asked": asked} if asked else {})})


@pytest.mark.parametrize(
    ("command", "text", "params"),
    [
        ("scale_endpoint", "scale city bikes 7", {"instance_count": 7}),
        (
            "scale_endpoint",
            "scale city bikes staging 2 please",
            {"instance_count": 2, "environment": "staging"},
        ),
        ("compare_models", "compare city bikes 20 19", {"version": 20, "other_version": 19}),
        ("compare_models", "compare city bikes 2 and 6.", {"version": 2, "other_version": 6}),
        (
            "compare_models",
            "compare version 4 and 7 of city bikes",
            {"version": 4, "other_version": 7},
        ),
        ("show_model", "show city bikes 12", {"version": 12}),
    ],
)
def test_they_are_what_the_command_counts(command: str, text: str, params: dict[str, Any]) -> None:
    found = reading(command, text)
    assert found.params(command) == {"project": "city-bikes", **params}
    assert found.unread() == ()


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("train_model", "train city bikes 4"),
        ("deploy_model", "deploy city bikes 4"),
        ("promote_model", "promote city bikes 4"),
        ("scale_endpoint", "scale city bikes 7 8"),
        ("scale_endpoint", "scale city bikes 3.5"),
        ("scale_endpoint", "scale city bikes -2"),
        ("scale_endpoint", "scale city bikes 0"),
        ("scale_endpoint", "scale city bikes 40%"),
        ("scale_endpoint", "scale city bikes 3 times"),
        ("compare_models", "compare city bikes 1 2 3"),
    ],
)
def test_what_may_be_something_else_is_left_out_and_named(command: str, text: str) -> None:
    found = reading(command, text)
    assert found.params(command) == {"project": "city-bikes"}
    assert found.unread()


def test_what_is_said_beside_them_counts() -> None:
    params = reading("scale_endpoint", "scale city bikes to 4 instances 7").params("scale_endpoint")
    assert params["instance_count"] == 4


def test_the_story_around_a_request_counts_nothing() -> None:
    asked = "please scale city bikes"
    found = reading("scale_endpoint", f"we were 12 and, {asked}", asked=asked)
    assert found.params("scale_endpoint") == {"project": "city-bikes"}


@pytest.mark.parametrize(
    ("command", "asked", "params"),
    [
        ("show_run", "could you show me how far it has got", {"project": "city-bikes"}),
        ("list_runs", "could you show me what it has run", {"project": "city-bikes"}),
        ("list_runs", "could you show me all of the runs", {}),
    ],
)
def test_the_storys_project_is_meant_where_the_request_refers_to_it(
    command: str, asked: str, params: dict[str, Any]
) -> None:
    text = f"my boss keeps asking for city bikes, {asked}"
    assert reading(command, text, asked=asked).params(command) == params
