"""What words come to: commands that are not there yet, what was meant, and what is kept of both."""

import asyncio

import pytest
import typer

from actions.answers import Answer, Choice
from actions.catalog import COMMANDS
from actions.requests import Place
from bot.bootstrap import core
from bot.cli.review import review
from tests.support.bot import Cooper, buttons, drawn, payload

UNAVAILABLE = {
    *("tune_model", "batch_predict", "schedule_training", "cancel_schedule", "list_schedules"),
    *("explain_model", "scale_endpoint", "start_notebook", "stop_notebook", "extend_notebook"),
    *("list_notebooks", "list_features"),
    *("show_feature", "list_datasets", "estimate_cost", "show_costs", "show_audit"),
}


def test_these_are_not_available_yet() -> None:
    assert {name for name, command in COMMANDS.items() if not command.available} == UNAVAILABLE


@pytest.mark.parametrize(
    "text",
    [
        "@cooper start a notebook for 2 hours",
        "@cooper tune fraud with 20 trials",
        "@cooper estimate the cost of a notebook",
        "@cooper show the costs of last month",
    ],
)
async def test_a_command_that_is_not_available_gets_one_line_and_no_plan(
    cooper: Cooper, text: str
) -> None:
    ts = await cooper.says("ana", "#ml", text)
    await cooper.told("ana", "#ml", "is not available here yet", ts)
    await cooper.settled()
    assert len(await cooper.from_bot("ana", "#ml", ts)) == 1
    assert await cooper.rows("SELECT 1 FROM requests") == []
    assert await cooper.rows("SELECT 1 FROM drafts") == []


async def test_nor_by_slash_and_help_does_not_name_it(cooper: Cooper) -> None:
    await cooper.types("ana", "#ml", "notebook")
    await cooper.told("ana", "#ml", "is not available here yet")
    await cooper.types("ana", "#ml", "help")
    told = drawn(await cooper.told("ana", "#ml", "What you can ask me"))
    assert "Train a model" in told
    assert not [name for name in UNAVAILABLE if COMMANDS[name].title in told]


async def test_what_a_text_was_taken_for_is_audited_with_the_model(cooper: Cooper) -> None:
    ts = await cooper.says("ana", "#ml", "@cooper deploy a model")
    await cooper.told("ana", "#ml", "Which project?", ts)
    await cooper.settled()
    (entry,) = await cooper.rows("SELECT who, detail FROM audit WHERE what = 'understood'")
    assert entry["who"] == "UANA00001"
    assert (entry["detail"]["outcome"], entry["detail"]["command"]) == ("ask", "deploy_model")
    assert len(entry["detail"]["model"]) == 64
    assert "deploy a model" not in str(entry["detail"])


async def offered(cooper: Cooper, *choices: Choice) -> str:
    """Cooper asks which of these was meant; the message's ts."""
    place = Place(cooper.workspace.workspace.seed.team.id, "CML000001", None)
    answer = Answer(text="Which do you mean?", choices=choices)
    async with (
        core(cooper.settings) as base,
        base.queue.open_async(),
        base.store.transaction() as tx,
    ):
        await tx.say("offer", place, answer)
    message = await cooper.told("ana", "#ml", "Which do you mean?")
    return str(message["ts"])


async def test_what_was_meant_is_kept_and_goes_on_as_the_command(cooper: Cooper) -> None:
    heard = "put some fraud into the oven"
    train = Choice(label="Train a model", command="train_model", heard=heard, model="f" * 64)
    ts = await offered(cooper, train)
    await cooper.clicks("ana", "#ml", "choose:0", ts)
    asked = await cooper.told("ana", "#ml", "Which project?", ts)
    assert payload(asked)["asks_for"] == "project"
    await cooper.settled()
    kept = await cooper.rows("SELECT text, command, who, model, taken FROM meanings")
    assert kept == [
        {
            "text": heard,
            "command": "train_model",
            "who": "UANA00001",
            "model": "f" * 64,
            "taken": None,
        }
    ]
    assert await cooper.rows("SELECT 1 FROM requests") == []


async def test_what_was_meant_is_reviewed_at_the_terminal(
    cooper: Cooper, capsys: pytest.CaptureFixture[str]
) -> None:
    train = Choice(label="Train a model", command="train_model", heard="bake \x1b[2J fraud")
    ts = await offered(cooper, train)
    await cooper.clicks("ana", "#ml", "choose:0", ts)
    await cooper.told("ana", "#ml", "Which project?", ts)
    await cooper.settled()
    (kept,) = await cooper.rows("SELECT id FROM meanings")

    await asyncio.to_thread(review, cooper.settings, (), (), only_list=True)
    told = capsys.readouterr().out
    assert "→ train_model, meant UANA00001" in told
    assert "\x1b" not in told
    with pytest.raises(typer.Exit):
        await asyncio.to_thread(review, cooper.settings, (), (kept["id"] + 7,), only_list=False)
    await asyncio.to_thread(review, cooper.settings, (), (kept["id"],), only_list=False)
    assert "0 taken, 1 dropped." in capsys.readouterr().out
    await asyncio.to_thread(review, cooper.settings, (), (), only_list=True)
    assert "Nothing waits for review." in capsys.readouterr().out
    (entry,) = await cooper.rows("SELECT who, detail FROM audit WHERE what = 'reviewed'")
    assert (entry["who"], entry["detail"]["dropped"]) == ("cli", [kept["id"]])


async def test_an_offer_that_was_no_misunderstanding_is_not_kept(cooper: Cooper) -> None:
    ts = await offered(cooper, Choice(label="Runs", command="list_runs"))
    await cooper.clicks("ana", "#ml", "choose:0", ts)
    await cooper.told("ana", "#ml", "No runs match.", ts)
    await cooper.settled()
    assert await cooper.rows("SELECT 1 FROM meanings") == []


async def test_what_nobody_could_mean_offers_nothing(cooper: Cooper) -> None:
    ts = await cooper.says("ana", "#ml", "@cooper 🍕🍕🍕")
    answer = await cooper.told("ana", "#ml", "I did not get that", ts)
    assert buttons(answer) == []
