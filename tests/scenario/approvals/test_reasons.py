"""Why somebody decided against a request: said behind the command, or afterwards in the dialog."""

from __future__ import annotations

import pytest

from infra.local.slack.rates import Fault
from tests.scenario.approvals.steps import ML, alone, asked, nothing_changes, reaches, state_of
from tests.support.bot import PersonError, buttons, drawn
from tests.support.waiting import eventually

NEWS = "R1 was rejected by Ben Okafor"


async def rejected(cooper):
    """The card of a request that Ben rejected by its button, without a word."""
    card = await asked(cooper)
    await cooper.clicks("ben", ML, "reject", card["ts"])
    return await cooper.card(ML, "R1", "rejected")


async def dialog(cooper, card, who="ben"):
    """The dialog behind “Say why”."""
    await cooper.clicks(who, ML, "explain", card["ts"])
    [view] = await eventually(lambda: cooper.views(who), "the dialog is open")
    return view["id"]


async def test_a_reason_given_afterwards_is_kept_shown_and_told(cooper):
    card = await rejected(cooper)
    assert await state_of(cooper) == ("rejected", "by Ben Okafor")
    assert buttons(card) == ["explain"]
    await cooper.submits("ben", await dialog(cooper, card), reason="the holdout leaks")
    await cooper.told("ana", ML, "Ben Okafor on R1: the holdout leaks", card["ts"])
    await cooper.settled()
    assert await state_of(cooper) == ("rejected", "Ben Okafor: the holdout leaks")
    [vote] = await cooper.rows("SELECT voter_id, approve, reason FROM votes")
    assert vote == {"voter_id": "UBEN00001", "approve": False, "reason": "the holdout leaks"}
    [shown] = await cooper.cards(ML, "R1")
    assert buttons(shown) == []
    assert "👎 <@UBEN00001> " in drawn(shown)
    assert "the holdout leaks" in drawn(shown)
    [entry] = await cooper.rows("SELECT who, detail FROM audit WHERE what = 'explained'")
    assert (entry["who"], entry["detail"]["reason"]) == ("UBEN00001", "the holdout leaks")


async def test_only_who_rejected_says_why(cooper):
    card = await rejected(cooper)
    for who in ("ana", "chloe"):
        async with nothing_changes(cooper):
            await cooper.clicks(who, ML, "explain", card["ts"])
            await cooper.told(who, ML, "Only who rejected R1 can say why.")
        assert await cooper.views(who) == []


@pytest.mark.parametrize("typed", ["   ", "\n\t "])
async def test_a_reason_without_words_is_none(cooper, typed):
    card = await rejected(cooper)
    view = await dialog(cooper, card)
    async with nothing_changes(cooper):
        with pytest.raises(PersonError, match="not complete"):
            await cooper.submits("ben", view)  # Slack itself asks for something
        answer = await cooper.submits("ben", view, reason=typed)
        assert "empty" in answer["errors"]["reason"]
    assert [one["id"] for one in await cooper.views("ben")] == [view], "it stays open"
    await cooper.submits("ben", view, reason="too dear")
    await cooper.told("ana", ML, "Ben Okafor on R1: too dear", card["ts"])


async def test_a_reason_is_given_once(cooper, workspace):
    card = await rejected(cooper)
    view = await dialog(cooper, card)
    await cooper.settled()
    # The button stays for as long as Slack does not take the card's edits.
    workspace.workspace.faults.add(Fault("chat.update", "outage", count=1000))
    # The same person was quicker on the phone.
    await cooper.rows("UPDATE votes SET reason = 'the holdout leaks'")
    async with nothing_changes(cooper):
        await cooper.submits("ben", view, reason="no, something else")
        await alone(cooper, "ben", ML, "There is no rejection of R1 by you without a reason.")
        await cooper.clicks("ben", ML, "explain", card["ts"])
        await alone(cooper, "ben", ML, "You gave the reason for R1 already.")
    assert await cooper.views("ben") == []


async def test_a_long_reason_is_cut_and_markup_stays_words(cooper):
    card = await rejected(cooper)
    await cooper.submits("ben", await dialog(cooper, card), reason="<!channel> & " + "a" * 600)
    told = await cooper.told("ana", ML, "Ben Okafor on R1:", card["ts"])
    [vote] = await cooper.rows("SELECT reason FROM votes")
    assert vote["reason"] == ("<!channel> & " + "a" * 600)[:500]
    assert "<!channel>" not in drawn(told)
    assert "&lt;!channel&gt; &amp; aaa" in drawn(told)


async def test_a_reason_behind_the_command_is_told_at_once(cooper):
    card = await asked(cooper)
    await cooper.types("ben", ML, "reject R1 because it's too expensive")
    assert await reaches(cooper, "rejected") == "Ben Okafor: it's too expensive"
    await cooper.told("ana", ML, f"{NEWS}: it's too expensive. Nothing was started.", card["ts"])
    await alone(cooper, "ben", ML, "You rejected R1, “Train claims-frequency”")
    shown = await cooper.card(ML, "R1", "rejected")
    assert buttons(shown) == []
    assert "Ben Okafor: it's too expensive" in drawn(shown)
    [vote] = await cooper.rows("SELECT approve, reason FROM votes")
    assert vote == {"approve": False, "reason": "it's too expensive"}


async def test_a_rejection_that_opens_no_reason_asks_for_none(cooper):
    card = await asked(cooper)
    async with nothing_changes(cooper):
        await cooper.types("ben", ML, "reject R1 because")
        await alone(cooper, "ben", ML, "say why")
    await cooper.types("ben", ML, "reject R1")
    assert await reaches(cooper, "rejected") == "by Ben Okafor"
    await cooper.told("ana", ML, f"{NEWS}. Nothing was started.", card["ts"])
