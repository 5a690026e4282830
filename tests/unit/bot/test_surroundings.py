"""What the thread makes plain of words that could mean two things."""

import pytest

from actions.understanding import Guess, Turn
from bot.surroundings import Surroundings
from tests.support.requests import request

BESIDE = Surroundings(last=None, plans=(), running=request(6))
ALONE = Surroundings(last=None, plans=(), running=None)
UNSURE = (Guess("stop_notebook", 0.5, {}), Guess("stop_run", 0.4, {}))


@pytest.mark.parametrize(
    "turn",
    [
        Turn("proposal", None, 0.6, command="stop_notebook"),
        Turn("unsure", None, 0.5, nearest=UNSURE),
    ],
)
def test_beside_a_run_stop_it_is_about_the_run(turn: Turn) -> None:
    meant = BESIDE.about_the_run(turn)
    assert (meant.outcome, meant.command, meant.params) == ("proposal", "stop_run", {"run": "R6"})
    assert meant.inferred == ("run",)
    assert ALONE.about_the_run(turn) is turn


@pytest.mark.parametrize(
    "turn",
    [
        Turn("proposal", None, 0.97, command="stop_notebook"),
        Turn("proposal", None, 0.6, command="stop_notebook", params={"notebook": "eda"}),
        Turn("proposal", None, 0.6, command="undeploy_model"),
        Turn("unsure", None, 0.4, nearest=tuple(reversed(UNSURE))),
        Turn("unsure", None, 0.1),
    ],
)
def test_what_is_plain_or_about_something_else_stays(turn: Turn) -> None:
    assert BESIDE.about_the_run(turn) is turn
