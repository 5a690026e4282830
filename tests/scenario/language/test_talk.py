"""Who talks about a plan or a decision neither confirms nor decides."""

from __future__ import annotations

from tests.scenario.approvals.steps import ML, PROJECT, asked, state_of
from tests.support.bot import Cooper, buttons


async def test_less_than_a_yes_starts_nothing(cooper: Cooper) -> None:
    texts = ("ok?", "ok let me check first", "I can't say yes", "Ben says yes", "do it later")
    for number, text in enumerate(texts, start=1):
        thread = await cooper.says("ana", ML, "@cooper train claims-frequency")
        await cooper.card(ML, f"R{number}", "awaiting_confirmation", thread)
        await cooper.says("ana", ML, text, thread)
        told = f"I did not take that as a yes, so R{number} has not started."
        await cooper.told("ana", ML, told, thread)
        await cooper.settled()
        assert await state_of(cooper, number) == ("awaiting_confirmation", None), text
    await cooper.says("ana", ML, "yes", thread)
    await cooper.told("ana", ML, f"R{number} is confirmed.", thread)


async def test_talk_of_a_decision_is_none(cooper: Cooper) -> None:
    await cooper.knows(PROJECT)
    await asked(cooper)
    for text in (
        "@cooper Ana says that R1 needs approval",
        "@cooper Chloe approved R1",
        "@cooper should I approve R1?",
        "@cooper I'll approve R1 tomorrow",
    ):
        thread = await cooper.says("ben", ML, text)
        answer = await cooper.told("ben", ML, "say “help”", thread)
        await cooper.settled()
        assert await cooper.rows("SELECT 1 FROM votes") == [], text
    assert "choose:0" in buttons(answer), "one press away"
    assert await state_of(cooper) == ("awaiting_approval", None)
    thread = await cooper.says("ben", ML, "@cooper I've read the plan, approve R1")
    await cooper.told("ben", ML, "That was the last one it needed.", thread)
