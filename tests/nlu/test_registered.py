"""A registered project is understood by its name, whatever words that is made of."""

from typing import Any

import pytest

from actions.store import StoredDraft
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


@pytest.mark.parametrize(
    ("text", "names", "command", "params"),
    [
        ("train parking", ["parking"], "train_model", {"project": "parking"}),
        ("how is weather doing?", ["weather"], "show_endpoint", {"project": "weather"}),
        ("what does price cost", ["price"], "show_costs", {"project": "price"}),
        ("what does price cost", ["price", "cost"], "show_costs", {"project": "price"}),
        ("train cost", ["cost"], "train_model", {"project": "cost"}),
        (
            "deploy live to staging",
            ["live"],
            "deploy_model",
            {"project": "live", "environment": "staging"},
        ),
    ],
)
async def test_a_name_may_be_a_word_of_requests(
    rasa: Running, text: str, names: list[str], command: str, params: dict[str, Any]
) -> None:
    async with Rasa(rasa.url, rasa.token) as understanding:
        turn = await understanding.turn("T1:C1:1.1:U1", text, None, {"names": names})
    assert (turn.outcome, turn.command, turn.params) == ("proposal", command, params)


@pytest.mark.parametrize(
    ("text", "name", "command"),
    [
        ("what does churn cost", "cost", "show_costs"),
        ("what did churn cost", "cost", "show_costs"),
        ("stop the run of churn", "run", "stop_run"),
        ("is churn live", "live", "show_endpoint"),
        ("which alerts are open for churn", "alerts", "list_alerts"),
        ("how much traffic does churn get", "traffic", "show_endpoint"),
        ("deploy churn to staging", "staging", "deploy_model"),
    ],
)
async def test_a_word_of_the_request_is_no_name(
    rasa: Running, text: str, name: str, command: str
) -> None:
    async with Rasa(rasa.url, rasa.token) as understanding:
        for names in ([name], ["churn", name]):
            turn = await understanding.turn("T1:C1:1.1:U1", text, None, {"names": names})
            assert (turn.command, turn.params["project"]) == (command, "churn")


@pytest.mark.parametrize(
    "text", ["the parking lot is full", "who wants parking?", "my parking permit is too dear"]
)
async def test_a_name_makes_no_request(rasa: Running, text: str) -> None:
    async with Rasa(rasa.url, rasa.token) as understanding:
        turn = await understanding.turn("T1:C1:1.1:U1", text, None, {"names": ["parking"]})
    assert (turn.outcome, turn.command) == ("unsure", None)


async def test_a_bare_name_answers_whatever_it_means(rasa: Running) -> None:
    draft = StoredDraft("train_model", {}, "project")
    async with Rasa(rasa.url, rasa.token) as understanding:
        for name in ("cost", "parking", "live", "report"):
            turn = await understanding.turn("T1:C1:1.1:U1", name, draft, {"names": [name]})
            assert (turn.outcome, turn.params) == ("proposal", {"project": name})


@pytest.mark.parametrize("names", [["("], ["page (layout"], [" "], ["& %"], ["x" * 5000]])
async def test_odd_names_change_nothing(rasa: Running, names: list[str]) -> None:
    async with Rasa(rasa.url, rasa.token) as understanding:
        turn = await understanding.turn("T1:C1:1.1:U1", "list the runs", None, {"names": names})
    assert turn.command == "list_runs"
