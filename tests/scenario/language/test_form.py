"""A form that is filled in at once, in a modal, instead of answered question by question."""

from tests.support.bot import Cooper, buttons, payload


async def asked(cooper: Cooper, text: str = "@cooper deploy a model") -> tuple[str, str]:
    """The thread in which ana is asked which project, and the question."""
    thread = await cooper.says("ana", "#ml", text)
    question = await cooper.told("ana", "#ml", "Which project?", thread)
    await cooper.settled()
    return thread, question["ts"]


async def test_all_is_asked_at_once_with_what_was_said(cooper: Cooper) -> None:
    _, question = await asked(cooper, "@cooper deploy a model to staging")
    await cooper.clicks("ana", "#ml", "fill", question)
    [view] = await cooper.views("ana")
    blocks = {block["block_id"]: block for block in view["blocks"]}
    assert blocks["environment"]["element"]["initial_value"] == "staging"
    assert not blocks["project"].get("optional")
    assert blocks["version"]["optional"]


async def test_what_is_filled_in_becomes_a_plan(cooper: Cooper) -> None:
    thread, question = await asked(cooper, "@cooper train a model")
    await cooper.clicks("ana", "#ml", "fill", question)
    [view] = await cooper.views("ana")
    await cooper.submits("ana", view["id"], project="claims frequency", max_runtime="20 minutes")
    card = await cooper.card("#ml", "R1", "awaiting_confirmation", thread)
    assert payload(card)["params"] == {"project": "claims-frequency", "max_runtime": "PT20M"}
    await cooper.settled()
    assert await cooper.rows("SELECT 1 FROM drafts") == []


async def test_what_cannot_be_read_keeps_the_modal_open(cooper: Cooper) -> None:
    _, question = await asked(cooper)
    await cooper.clicks("ana", "#ml", "fill", question)
    [view] = await cooper.views("ana")
    answer = await cooper.submits(
        "ana", view["id"], project="claims-frequency", environment="the moon"
    )
    assert "staging" in str(answer)
    assert [each["id"] for each in await cooper.views("ana")] == [view["id"]]
    assert await cooper.rows("SELECT 1 FROM requests") == []
    assert len(await cooper.rows("SELECT 1 FROM drafts")) == 1


async def test_nobody_answers_for_somebody_else(cooper: Cooper) -> None:
    thread, question = await asked(cooper)
    await cooper.clicks("ben", "#ml", "fill", question)
    await cooper.told("ben", "#ml", "it is for somebody else", thread)
    assert await cooper.views("ben") == []


async def test_what_was_answered_meanwhile_is_not_asked_again(cooper: Cooper) -> None:
    thread, question = await asked(cooper, "@cooper train a model")
    await cooper.clicks("ana", "#ml", "fill", question)
    [view] = await cooper.views("ana")
    await cooper.says("ana", "#ml", "claims-frequency", thread)
    await cooper.card("#ml", "R1", "awaiting_confirmation", thread)
    await cooper.settled()
    await cooper.submits("ana", view["id"], project="claims-frequency")
    await cooper.told("ana", "#ml", "answered in the thread meanwhile", thread)
    await cooper.settled()
    assert len(await cooper.rows("SELECT 1 FROM requests")) == 1
    await cooper.clicks("ana", "#ml", "fill", question)
    await cooper.told("ana", "#ml", "answered already", thread)


async def test_what_is_still_missing_is_asked_for(cooper: Cooper) -> None:
    thread = await cooper.says("ana", "#ml", "@cooper stop a run")
    question = await cooper.told("ana", "#ml", "Which run?", thread)
    await cooper.clicks("ana", "#ml", "fill", question["ts"])
    [view] = await cooper.views("ana")
    await cooper.submits("ana", view["id"])
    await cooper.settled()
    asked = [m for m in await cooper.from_bot("ana", "#ml", thread) if "fill" in buttons(m)]
    assert [payload(each)["asks_for"] for each in asked] == ["run", "run"]
