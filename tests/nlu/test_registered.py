"""A registered project is understood by its name, whatever words that is made of."""

from typing import Any

import pytest

from infra.clients.nlu import Rasa
from tests.nlu.servers import Running


@pytest.mark.parametrize(
    ("text", "names", "command", "params"),
    [
        ("deploy page layout", ["page layout"], "deploy_model", {"project": "page-layout"}),
        (
            "roll back late cancel in prod",
            ["late cancel"],
            "rollback_model",
            {"project": "late-cancel", "environment": "production"},
        ),
        ("train Stop Loss on 2 gpus", ["Stop Loss"], "train_model", {"project": "stop-loss", "gpu_count": 2}),
        ("show the drift of cost report", ["cost report"], "show_drift", {"project": "cost-report"}),
        ("what does live score cost", ["live score"], "show_costs", {"project": "live-score"}),
        ("list the runs", ["page layout"], "list_runs", {}),
    ],
)  # fmt: skip
async def test_names_of_plain_words_are_names(
    rasa: Running, text: str, names: list[str], command: str, params: dict[str, Any]
) -> None:
    async with Rasa(rasa.url, rasa.token) as understanding:
        turn = await understanding.turn("T1:C1:1.1:U1", text, None, {"names": names})
    assert turn.command == command
    assert turn.params == params


@pytest.mark.parametrize("names", [["("], ["page (layout"], [" "], ["& %"], ["x" * 5000]])
async def test_odd_names_change_nothing(rasa: Running, names: list[str]) -> None:
    async with Rasa(rasa.url, rasa.token) as understanding:
        turn = await understanding.turn("T1:C1:1.1:U1", "list the runs", None, {"names": names})
    assert turn.command == "list_runs"
