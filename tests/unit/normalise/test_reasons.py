"""Where a decision gives its reason, and where it only goes on."""

import pytest

from actions.normalise.reasons import find_reason, without_marker


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("R42: rejected, it leaks", "it leaks"),
        ("A7 can be closed, please resolve it because the feed is back", "the feed is back"),
        ("reject R4, rejected by legal already", "rejected by legal already"),
        ("close A7 - reject it", None),
        ("reject R4, R5", None),
        ("reject R4 please", None),
    ],
)
def test_the_reason_is_what_follows_the_decision(text: str, reason: str | None) -> None:
    place = find_reason(text)
    assert (without_marker(text[slice(*place)]) if place else None) == reason
