"""Learned names of plain words: what belongs to them, and which of several is meant."""

import pytest

from tests.unit.actions.parses import parsed


@pytest.mark.parametrize(
    ("text", "found", "project"),
    [
        ("bump city bikes up to prod", "bump city bikes", "city-bikes"),
        ("please crown city bikes", "crown city bikes", "city-bikes"),
        ("ugh city bikes is broken", "ugh city bikes", "city-bikes"),
        ("the history of city bikes runs", "city bikes runs", "city-bikes"),
        ("how much did Bluebird drift", "Bluebird drift", "bluebird"),
        ("sorry, rolling back city bikes", "back city bikes", "city-bikes"),
        ("promote return fraud", "return fraud", "return-fraud"),
        ("promote back pain", "back pain", "back-pain"),
        ("promote bump", "bump", "bump"),
        ("promote runs", "runs", "runs"),
        ("promote crown jewels", "crown jewels", "crown-jewels"),
    ],
)
def test_words_of_requests_at_its_ends_are_no_part(text: str, found: str, project: str) -> None:
    reading = parsed("promote_model", text, {"project": found})
    assert reading.params("promote_model") == {"project": project}


@pytest.mark.parametrize(
    ("text", "slip", "project"),
    [
        ("subscriber winback weekly", "subscriber", "winback"),
        ("use the subscriber winback model", "subscriber", "subscriber-winback"),
        ("the figures of subscriber winback", "subscriber", "subscriber-winback"),
        ("the subscriber winback", "winback", "subscriber"),
    ],
)
def test_a_mistyped_word_at_an_end_is_no_part_but_where_a_name_must_begin(
    text: str, slip: str, project: str
) -> None:
    reading = parsed("promote_model", text, {"project": "subscriber winback", "slip": slip})
    assert reading.params("promote_model") == {"project": project}


@pytest.mark.parametrize(
    ("sure", "doubted", "params"),
    [
        (0.99, 0.7, {"project": "fraud"}),
        (0.7, 0.5, {"project": "fraud"}),
        (0.99, 0.9, {}),
        (0.6, 0.55, {}),
    ],
)
def test_a_name_much_less_sure_than_another_is_none(
    sure: float, doubted: float, params: dict[str, str]
) -> None:
    text = "promote fraud, it burns cash"
    reading = parsed(
        "promote_model", text, {f"project {sure}": "fraud", f"project {doubted}": "cash"}
    )
    assert reading.params("promote_model") == params


@pytest.mark.parametrize("word", ["something", "Anything", "one", "whatever", "a model"])
def test_any_of_them_is_no_name(word: str) -> None:
    reading = parsed("promote_model", f"promote {word}", {"project": word.removeprefix("a ")})
    assert reading.params("promote_model") == {}


def test_a_name_may_hold_a_word_of_a_schedule() -> None:
    reading = parsed(
        "schedule_training", "retrain night shift daily at 9", {"project": "night shift"}
    )
    assert reading.params("schedule_training") == {
        "project": "night-shift",
        "schedule": "0 9 * * *",
    }


def test_a_value_is_no_part_of_the_name_beside_it() -> None:
    found = {"project": "fraud daily at 9"}
    reading = parsed("schedule_training", "retrain fraud daily at 9", found)
    assert reading.params("schedule_training") == {"schedule": "0 9 * * *"}
