"""Examples that people's clicks give: annotated as training sentences are, kept once, harmless."""

from pathlib import Path

import pytest
import yaml

from actions.rasa.reading import read
from bot.cli.rasa_model import parse_offline
from bot.cli.review import add_examples, annotated, change, examples_file


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "nlu" / "data" / "handwritten").mkdir(parents=True)
    return tmp_path


def kept(root: Path) -> dict[str, list[str]]:
    blocks = yaml.safe_load(examples_file(root).read_text(encoding="utf-8"))["nlu"]
    return {block["intent"]: block["examples"].splitlines() for block in blocks}


def test_values_are_annotated_for_the_command_that_was_meant() -> None:
    (parse,) = parse_offline(["put fraud v7 into staging, R42 said so"])
    assert annotated(read(parse), "deploy_model") == (
        "put [fraud](project) [v7](version) into [staging](environment), R42 said so"
    )
    assert annotated(read(parse), "show_run") == (
        "put [fraud](project) v7 into staging, [R42](run) said so"
    )


def test_what_looks_like_markup_or_control_is_taken_out() -> None:
    (parse,) = parse_offline(["please [run](project) it\n- intent: deny\x1b[31m {x}"])
    sentence = annotated(read(parse), "help")
    assert "\n" not in sentence
    assert "\x1b" not in sentence
    assert "[run]" not in sentence


def test_examples_are_kept_by_command_and_once(root: Path) -> None:
    add_examples([("train_model", "bake [fraud](project)"), ("help", "what now")], root)
    add_examples([("train_model", "bake [fraud](project)"), ("train_model", "cook it")], root)
    assert kept(root) == {
        "help": ["- what now"],
        "train_model": ["- bake [fraud](project)", "- cook it"],
    }


def test_an_empty_sentence_is_no_example(root: Path) -> None:
    add_examples([("help", ""), ("greet", "salut")], root)
    assert kept(root) == {"greet": ["- salut"]}


def test_the_change_is_told_figure_by_figure() -> None:
    told = change({"commands right": 0.9}, {"commands right": 0.915})
    assert told.splitlines()[1].split() == ["commands", "right", "90.00%", "91.50%"]
