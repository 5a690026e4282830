"""Where values of closed classes stand in a text."""

import re

import pytest

from actions.normalise.patterns import PATTERNS


def found(name: str, text: str) -> list[str]:
    return [each[0] for each in re.finditer(PATTERNS[name], text, re.IGNORECASE)]


@pytest.mark.parametrize(
    ("name", "text", "values"),
    [
        ("run", "halt run three hundred and forty", ["run three hundred and forty"]),
        ("run", "logs of run two hundred nineteen please", ["run two hundred nineteen"]),
        ("run", "stop run two and forget it", ["run two"]),
        ("alert", "ack alert one hundred and twenty now", ["alert one hundred and twenty"]),
        ("version", "compare version 4 and 7 of churn", ["version 4 and 7"]),
        ("version", "compare v4 and 7", ["v4 and 7"]),
        ("version", "train v4 and 7 gpus", ["v4"]),
        ("version", "put version 4 on 7 machines", ["version 4"]),
        ("version", "version 4 and 7% of it", ["version 4"]),
        ("state", "which runs are still going", ["still going"]),
        ("state", "what is going on", ["going on"]),
        ("state", "which jobs are underway", ["underway"]),
        ("state", "which runs are still going to fail", []),
        ("state", "where are they going", []),
    ],
)
def test_what_is_found(name: str, text: str, values: list[str]) -> None:
    assert found(name, text) == values
