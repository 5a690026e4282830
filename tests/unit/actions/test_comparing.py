"""What is said of two evaluations beside the metric that leads."""

from __future__ import annotations

import pytest

from actions.comparing import Compared, spoken

BETTER, WORSE, SAME = (Compared("m", 1.0, value, more=True) for value in (2.0, 0.5, 1.0))


@pytest.mark.parametrize(
    ("others", "words"),
    [
        ([], ""),
        ([SAME], " The other metric is the same."),
        ([BETTER], " The other metric speaks for v2."),
        ([WORSE], " The other metric speaks for v1."),
        ([SAME, SAME], " The 2 other metrics are the same."),
        ([BETTER, SAME], " Of the 2 other metrics, 1 speaks for v2."),
        ([WORSE, WORSE], " Of the 2 other metrics, 2 speak for v1."),
        ([BETTER, BETTER, WORSE], " Of the 3 other metrics, 2 speak for v2 and 1 speaks for v1."),
    ],
)
def test_it_is_said_for_whom_the_others_speak(others, words):
    assert spoken(others, "v1", "v2") == words
