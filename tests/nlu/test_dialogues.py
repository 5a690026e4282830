"""Whole dialogues through a real Rasa and its action server: each turn hands over the draft."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from actions.store import StoredDraft
from actions.understanding import Turn
from infra.clients.nlu import Rasa
from tests.nlu import dialogue
from tests.nlu.servers import Running

TEAMS = dialogue.load(Path(__file__).parent / "dialogues_teams.jsonl")
"""Written blind by people who had the catalogue alone, and read afterwards."""
PARTS = 4
PART_MISSES = 5
WRITTEN = dialogue.load(Path(__file__).parent / "dialogues_development.jsonl")


@dataclass(frozen=True)
class Expect:
    """What a turn must give; `draft` is checked where it is not the default."""

    text: str
    outcome: str
    command: str | None = None
    params: dict[str, Any] = field(default_factory=dict)
    asked: str | None = None
    intent: str | None = None
    keeps_draft: bool | None = None
    inferred: tuple[str, ...] = ()


FRAUD = {"project": "fraud"}
DIALOGUES: dict[str, list[Expect]] = {
    "all in one line": [
        Expect("train fraud on 2 gpus", "proposal", "train_model", {**FRAUD, "gpu_count": 2}),
    ],
    "one thing asked": [
        Expect("train a model", "ask", "train_model", {}, "project"),
        Expect("claims-frequency", "proposal", "train_model", {"project": "claims-frequency"}),
    ],
    "two things asked, in order": [
        Expect("deploy a model", "ask", "deploy_model", {}, "project"),
        Expect("the fraud model", "ask", "deploy_model", FRAUD, "environment"),
        Expect("prod", "proposal", "deploy_model", {**FRAUD, "environment": "production"}),
    ],
    "the answers come out of order": [
        Expect("deploy a model", "ask", "deploy_model", {}, "project"),
        Expect("to staging please", "ask", "deploy_model", {"environment": "staging"}, "project"),
        Expect("fraud", "proposal", "deploy_model", {**FRAUD, "environment": "staging"}),
    ],
    "a bare number answers": [
        Expect("please stop a run", "ask", "stop_run", {}, "run"),
        Expect("2", "proposal", "stop_run", {"run": "R2"}),
    ],
    "a schedule without its time is completed": [
        Expect("schedule a training of fraud", "ask", "schedule_training", FRAUD, "schedule"),
        Expect("every monday", "ask", "schedule_training", FRAUD, "schedule"),
        Expect("6am", "proposal", "schedule_training", {**FRAUD, "schedule": "0 6 * * 1"}),
    ],
    "the days are said with the command, the time afterwards": [
        Expect("retrain fraud every friday", "ask", "schedule_training", FRAUD, "schedule"),
        Expect("at 18:30", "proposal", "schedule_training", {**FRAUD, "schedule": "30 18 * * 5"}),
    ],
    "an unreadable answer is explained and asked again": [
        Expect("deploy fraud", "ask", "deploy_model", FRAUD, "environment"),
        Expect("moon", "invalid", None, {}, "environment", keeps_draft=True),
        Expect("staging", "proposal", "deploy_model", {**FRAUD, "environment": "staging"}),
    ],
    "a question in between keeps the form": [
        Expect("deploy fraud", "ask", "deploy_model", FRAUD, "environment"),
        Expect("list the models", "proposal", "list_models", {}, keeps_draft=True),
        Expect("staging", "proposal", "deploy_model", {**FRAUD, "environment": "staging"}),
    ],
    "thanks in between keep the form": [
        Expect("deploy fraud", "ask", "deploy_model", FRAUD, "environment"),
        Expect("thanks", "intent", intent="thank", keeps_draft=True),
        Expect("in production", "proposal", "deploy_model", {**FRAUD, "environment": "production"}),
    ],
    "something else in between changes nothing": [
        Expect("deploy fraud", "ask", "deploy_model", FRAUD, "environment"),
        Expect("what is the weather like today?", "unsure", keeps_draft=True),
    ],
    "a new change replaces the form and takes nothing along": [
        Expect("deploy fraud v7", "ask", "deploy_model", {**FRAUD, "version": 7}, "environment"),
        Expect("train churn on 4 gpus", "proposal", "train_model", {"project": "churn", "gpu_count": 4}),
    ],
    "cancel drops the form": [
        Expect("deploy fraud", "ask", "deploy_model", FRAUD, "environment"),
        Expect("never mind", "intent", intent="cancel", keeps_draft=False),
        Expect("yes", "intent", intent="affirm", keeps_draft=False),
    ],
    "a project stands in for the run": [
        Expect("stop the fraud training", "proposal", "stop_run", FRAUD),
    ],
    "nothing leaks from one command to the next": [
        Expect("deploy fraud v7 to staging", "proposal", "deploy_model",
               {**FRAUD, "version": 7, "environment": "staging"}),
        Expect("deploy churn", "ask", "deploy_model", {"project": "churn"}, "environment"),
    ],
    "what somebody else is asked leaves the form as it is": [
        Expect("deploy fraud", "ask", "deploy_model", FRAUD, "environment"),
        Expect("Ingrid, could you list the runs?", "unsure", keeps_draft=True),
        Expect("don't list the runs", "unsure", keeps_draft=True),
        Expect("staging", "proposal", "deploy_model", {**FRAUD, "environment": "staging"}),
    ],
    "several answers in one line": [
        Expect("deploy a model", "ask", "deploy_model", {}, "project"),
        Expect("fraud to staging", "proposal", "deploy_model", {**FRAUD, "environment": "staging"}),
    ],
}  # fmt: skip


def check(turn: Turn, expect: Expect, before: StoredDraft | None) -> None:
    assert turn.outcome == expect.outcome, (expect.text, turn)
    assert turn.model
    assert len(turn.model) == 64
    if expect.outcome in {"proposal", "ask"}:
        assert (turn.command, turn.params) == (expect.command, expect.params), expect.text
    assert turn.asked == expect.asked, (expect.text, turn)
    assert turn.inferred == expect.inferred
    if expect.intent:
        assert turn.intent == expect.intent, expect.text
    if expect.outcome == "invalid":
        assert turn.problem
    if expect.keeps_draft is not None:
        assert turn.draft == (before if expect.keeps_draft else None), expect.text


@pytest.mark.parametrize("written", WRITTEN, ids=[each["name"] for each in WRITTEN])
async def test_dialogue_goes_as_written(rasa: Running, written: dict[str, Any]) -> None:
    async with Rasa(rasa.url, rasa.token) as understanding:
        assert await dialogue.play(understanding, written) is None


@pytest.mark.parametrize("part", range(PARTS))
async def test_nearly_all_that_others_wrote_go_as_written(rasa: Running, part: int) -> None:
    async with Rasa(rasa.url, rasa.token) as understanding:
        found = [await dialogue.play(understanding, each) for each in TEAMS[part::PARTS]]
    misses = [why for why in found if why]
    assert len(misses) <= PART_MISSES, misses


@pytest.mark.parametrize("name", DIALOGUES)
async def test_dialogue(rasa: Running, name: str) -> None:
    draft: StoredDraft | None = None
    async with Rasa(rasa.url, rasa.token) as understanding:
        for expect in DIALOGUES[name]:
            turn = await understanding.turn("T1:C1:1.1:U1", expect.text, draft, {})
            check(turn, expect, draft)
            draft = turn.draft


async def test_the_thread_says_what_it_is(rasa: Running) -> None:
    async with Rasa(rasa.url, rasa.token) as understanding:
        turn = await understanding.turn(
            "T1:C1:1.1:U1", "deploy it to staging", None, {"project": "claims-frequency"}
        )
        params = {"project": "claims-frequency", "environment": "staging"}
        assert (turn.outcome, turn.params) == ("proposal", params)
        assert turn.inferred == ("project",)
        said = await understanding.turn(
            "T1:C1:1.1:U1", "deploy fraud to staging", None, {"project": "claims-frequency"}
        )
        assert said.params["project"] == "fraud"
        assert said.inferred == ()


@pytest.mark.parametrize("thread", [{"project": "fraud"}, {"project": "fraud", "run": "R42"}])
async def test_a_runs_thread_is_about_the_run_and_another_about_its_project(
    rasa: Running, thread: dict[str, str]
) -> None:
    async with Rasa(rasa.url, rasa.token) as understanding:
        turn = await understanding.turn("T1:C1:1.1:U1", "show me the run", None, thread)
        least = {"run": "R42"} if "run" in thread else {"project": "fraud"}
        assert (turn.outcome, turn.command, turn.params) == ("proposal", "show_run", least)
        lost = await understanding.turn("T1:C1:1.1:U1", "show me the run", None, {})
        assert (lost.outcome, lost.asked) == ("ask", "project"), "never somebody else's run"


async def test_an_undecided_requests_thread_is_about_it(rasa: Running) -> None:
    thread = {"project": "fraud", "request": "R42"}
    async with Rasa(rasa.url, rasa.token) as understanding:
        turn = await understanding.turn("T1:C1:1.1:U1", "who approved it?", None, thread)
    assert (turn.outcome, turn.command) == ("proposal", "show_audit")
    assert turn.params == {"request": "R42"}


async def test_a_registered_project_needs_no_training(rasa: Running) -> None:
    async with Rasa(rasa.url, rasa.token) as client:
        words = "train zebra-of-the-week on 2 gpus"
        turn = await client.turn("u1", words, None, {"names": ["zebra-of-the-week"]})
    assert (turn.outcome, turn.command) == ("proposal", "train_model")
    assert turn.params == {"project": "zebra-of-the-week", "gpu_count": 2}


async def test_the_thread_gives_only_what_is_required(rasa: Running) -> None:
    context = {"project": "claims-frequency", "gpu_count": "8", "environment": 3}
    async with Rasa(rasa.url, rasa.token) as understanding:
        turn = await understanding.turn("T1:C1:1.1:U1", "list models", None, context)
        assert turn.params == {}
        predict = await understanding.turn("T1:C1:1.1:U1", "predict", None, context)
        assert predict.params == {"project": "claims-frequency"}


@pytest.mark.parametrize(
    ("text", "outcome", "params"),
    [
        ("no, make that 4 gpus", "proposal", {"project": "fraud", "gpu_count": 4}),
        ("actually on ml.g5.xlarge", "proposal",
         {"project": "fraud", "gpu_count": 2, "instance_type": "ml.g5.xlarge"}),
        ("yes", "intent", {}),
        ("no", "intent", {}),
    ],
)  # fmt: skip
async def test_a_shown_plan_can_be_corrected(
    rasa: Running, text: str, outcome: str, params: dict[str, Any]
) -> None:
    plan = StoredDraft("train_model", {"project": "fraud", "gpu_count": 2}, None)
    async with Rasa(rasa.url, rasa.token) as understanding:
        turn = await understanding.turn("T1:C1:1.1:U1", text, plan, {})
    assert (turn.outcome, turn.params) == (outcome, params)


async def test_two_people_share_nothing(rasa: Running) -> None:
    async with Rasa(rasa.url, rasa.token) as understanding:
        ana = await understanding.turn("T1:C1:1.1:UANA", "deploy fraud", None, {})
        ben = await understanding.turn("T1:C1:1.1:UBEN", "staging", None, {})
    assert ana.outcome == "ask"
    assert ben.outcome in {"intent", "unsure"}
    assert ben.draft is None
