"""Rasa does not answer: slash commands work, and people are told."""

import pytest

from tests.support.bot import drawn, payload


async def test_help_by_slash_works(cooper):
    await cooper.types("ana", "#ml", "help")
    answer = await cooper.told("ana", "#ml", "What you can ask me")
    assert "Train a model" in drawn(answer)


async def test_a_sentence_is_answered_once_that_language_is_down(cooper):
    ts = await cooper.says("ana", "#ml", "@cooper train claims-frequency")
    await cooper.told("ana", "#ml", "my language service does not answer", ts)
    await cooper.settled()
    assert len(await cooper.from_bot("ana", "#ml", ts)) == 1


async def test_it_is_not_said_over_and_over(cooper):
    ts = await cooper.says("ana", "#ml", "@cooper train claims-frequency")
    await cooper.told("ana", "#ml", "my language service does not answer", ts)
    await cooper.says("ana", "#ml", "@cooper hello?", ts)
    await cooper.settled()
    said = [drawn(each) for each in await cooper.from_bot("ana", "#ml", ts)]
    # Twice only where the full hour falls between the two.
    assert len(said) <= 2
    assert all("my language service" in each for each in said)


async def test_people_who_talk_to_each_other_are_not_told(cooper):
    ts = await cooper.says("ana", "#ml", "lunch?")
    await cooper.says("ben", "#ml", "train leaves at ten", ts)
    marker = await cooper.says("ben", "#ml", "@cooper hello")
    await cooper.told("ben", "#ml", "my language service", marker)
    await cooper.settled()
    assert await cooper.from_bot("ana", "#ml", ts) == []


async def test_a_file_without_words_in_a_thread_is_no_greeting(cooper, workspace):
    ts = await cooper.says("ana", "#ml", "numbers below")
    workspace.workspace.messages.from_person("CML000001", "UBEN00001", "", ts)
    marker = await cooper.says("ben", "#ml", "@cooper hello")
    await cooper.told("ben", "#ml", "my language service", marker)
    await cooper.settled()
    assert await cooper.from_bot("ana", "#ml", ts) == []


@pytest.mark.parametrize("text", ["trian claims-frequency", "train", "train x speed=9", 'train "x'])
async def test_a_malformed_slash_command_is_explained_to_its_typer_alone(cooper, text):
    await cooper.types("ana", "#ml", text)
    await cooper.told("ana", "#ml", "quotation" if '"' in text else "/cooper")
    await cooper.settled()
    assert len(await cooper.from_bot("ana", "#ml")) == 1
    assert await cooper.from_bot("ben", "#ml") == []
    assert await cooper.rows("SELECT 1 FROM requests") == []


async def test_a_guest_is_refused_reads_too(cooper):
    await cooper.types("dan", "#claims-frequency", "help")
    refused = await cooper.told("dan", "#claims-frequency", "Guests cannot use Cooper.")
    assert "Train" not in drawn(refused)
    await cooper.types("dan", "#claims-frequency", "runs")
    await cooper.settled()
    assert [
        drawn(m).count("Guests") > 0 for m in await cooper.from_bot("dan", "#claims-frequency")
    ] == [True, True]
    assert await cooper.from_bot("ana", "#claims-frequency") == []


async def test_a_registry_that_is_down_is_named_to_the_person(cooper):
    await cooper.types("ana", "#ml", "models")
    await cooper.told("ana", "#ml", "MLflow does not answer")
    await cooper.settled()
    assert [payload(m).get("request") for m in await cooper.from_bot("ana", "#ml")] == [None]
