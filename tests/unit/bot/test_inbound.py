"""What Slack's payloads mean, and which mean nothing to Cooper."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.requests import Place
from bot.inbound import MAX_TEXT, Clicked, OpenedHome, Said, Submitted, Typed, decode, envelope_key
from tests.unit.bot.payloads import BOT, click, command, event, message, submission

TEAM, ML, ROOT = "T0COOPER1", "CML000001", "1700000000.000100"


def read(body):
    kind, _ = envelope_key(body)
    return decode(kind, body, BOT)


def test_a_mention_begins_a_thread():
    assert read(event()) == Said("UANA00001", Place(TEAM, ML, ROOT), "train fraud", addressed=True)


@pytest.mark.parametrize(
    "text", [f"<@{BOT}> train", f"  <@{BOT}>: train", f"<@{BOT}>, train", f"<@{BOT}>train"]
)
def test_the_mention_is_no_part_of_the_words(text):
    assert read(event(text=text)).text == "train"


def test_a_mention_later_in_the_words_stays():
    assert read(event(text=f"hey <@{BOT}> train")).text == f"hey <@{BOT}> train"


def test_a_mention_in_a_thread_stays_there():
    found = read(event(thread_ts="1699999999.000100"))
    assert found.place.thread == "1699999999.000100"


def test_a_direct_message_is_addressed_without_a_mention():
    found = read(message(channel="D1", channel_type="im", thread_ts=None, text="train fraud"))
    assert found == Said(
        "UANA00001", Place(TEAM, "D1", "1700000005.000200"), "train fraud", addressed=True
    )


def test_a_mention_in_a_direct_message_comes_as_a_message_alone():
    assert read(message(channel_type="im", text=f"<@{BOT}> help")).text == "help"


def test_words_in_a_thread_are_heard_but_not_addressed():
    assert read(message()) == Said(
        "UANA00001", Place(TEAM, ML, ROOT), "on two gpus", addressed=False
    )


@pytest.mark.parametrize(
    "ignored",
    [
        message(thread_ts=None),
        message(text=f"<@{BOT}> on two gpus"),
        message(user=BOT),
        message(user=None),
        message(bot_id="B0COOPER1"),
        message(bot_id="BOTHER", subtype="bot_message", user=None),
        message(subtype="message_changed", message={"text": "edited", "user": "UANA00001"}),
        message(subtype="message_deleted", deleted_ts="1.1"),
        message(subtype="channel_join"),
        message(subtype="assistant_app_thread"),
        message(hidden=True, subtype="message_replied"),
        event(type="reaction_added", item={"type": "message"}, reaction="eyes"),
        event(type="member_joined_channel"),
        event(type="app_home_opened", tab="messages", channel="D1"),
        event(bot_id="B9"),
    ],
    ids=lambda body: body["event"].get("subtype") or body["event"]["type"],
)
def test_what_is_not_for_cooper_is_nothing(ignored):
    assert read(ignored) is None


@pytest.mark.parametrize("subtype", ["file_share", "thread_broadcast"])
def test_words_with_a_file_or_shown_to_the_channel_are_words(subtype):
    assert read(message(subtype=subtype)).text == "on two gpus"


def test_the_home_tab():
    assert read(event(type="app_home_opened", tab="home")) == OpenedHome("UANA00001", TEAM)


def test_a_slash_command():
    assert read(command()) == Typed("UANA00001", Place(TEAM, ML), "train fraud")
    assert read(command("")).text == ""


def test_a_click_on_a_card_outside_a_thread():
    found = read(click())
    assert found == Clicked(
        "UANA00001",
        Place(TEAM, ML, "1700000001.000100"),
        "confirm",
        '{"request": "R1", "digest": "sha256:0"}',
        "1700000001.000100",
    )


def test_a_click_in_a_thread():
    found = read(click(message={"ts": "1700000001.000100", "thread_ts": ROOT}))
    assert (found.place.thread, found.message) == (ROOT, "1700000001.000100")


def test_a_click_on_what_only_one_person_sees():
    found = read(click(message=None))
    assert (found.place, found.message) == (Place(TEAM, ML, None), None)


def test_a_choice_from_a_menu_is_its_value():
    action = {"action_id": "pick", "block_id": "b", "selected_option": {"value": "R9"}}
    assert read(click(actions=[action])).value == "R9"


def test_a_click_outside_a_conversation_is_nothing():
    assert read(click(channel=None, message=None)) is None


def test_a_form():
    found = read(submission())
    assert found == Submitted(
        "UANA00001",
        Place(TEAM, ML, ROOT),
        "edit_plan",
        {"request": "R1", "channel": ML, "thread": ROOT},
        {"max_runtime": "2 hours", "spot": None, "environment": "staging"},
    )


@pytest.mark.parametrize("private", ["", "{}", '{"request": "R1"}'])
def test_a_form_of_another_kind_is_nothing(private):
    assert read(submission(private_metadata=private)) is None


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"type": "url_verification", "challenge": "x"},
        {"type": "view_closed", "view": {}},
        {"type": "block_suggestion", "value": "fra"},
        {"type": "shortcut", "callback_id": "x", "trigger_id": "1"},
        {"type": "app_rate_limited", "minute_rate_limited": 1},
    ],
)
def test_other_payloads_have_no_key(body):
    assert envelope_key(body) is None


@pytest.mark.parametrize("kind", ["", "unknown", "EVENT"])
def test_an_unknown_kind_is_nothing(kind):
    assert decode(kind, event(), BOT) is None


def test_a_retry_has_the_same_key_and_another_deed_another():
    assert envelope_key(event()) == envelope_key(event(text="other"))
    assert envelope_key(event()) != envelope_key(event() | {"event_id": "Ev0002"})
    assert envelope_key(click()) != envelope_key(click("cancel"))
    assert envelope_key(click()) != envelope_key(click(trigger_id="9.9.9"))
    assert envelope_key(command()) != envelope_key(command() | {"trigger_id": "9.9.9"})
    assert envelope_key(submission()) != envelope_key(submission(hash="2.abc"))
    keys = {envelope_key(body) for body in (event(), command(), click(), submission())}
    assert len(keys) == 4


@given(st.text(max_size=6000))
def test_any_words_are_taken_and_capped(text):
    found = read(message(text=text))
    if f"<@{BOT}>" in text:
        return
    assert found.text in (text, text[:MAX_TEXT])
    assert len(found.text) <= MAX_TEXT
