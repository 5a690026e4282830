"""Block Kit: Slack's limits hold and nothing hostile comes alive, whatever the values are."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actions.answers import Answer, Chart, Choice, Field, Link, Series, Table
from actions.plans import Money
from actions.requests import Line, RunProgress, StageProgress, State
from bot.blocks import text as t
from bot.blocks.answer import draw
from bot.blocks.card import card
from bot.blocks.modal import edit_plan
from infra.local.slack.limits import check_message_blocks, check_view
from tests.support.requests import NOW, needing, plan, request, vote

HOSTILE = "<!channel> <@UANA00001> <https://evil.example|free> `code` ```x``` *b* &amp; " + "<" * 50
LONG = "x<&" * 4000
TEXTS = st.sampled_from(["a", HOSTILE, LONG, "é\n" * 900, "😀" * 3000]) | st.text(
    min_size=1, max_size=60
)
# What Slack makes a mention, a channel, a broadcast or a link of.
ALIVE = re.compile(r"<[@#!]|<https?:")
OURS = re.compile(r"<@U(?:ANA00001|BEN00001)>|<!date\^\d+\^[^>]*>|<https://our\.example[^|>]*\|")


def checked(message):
    """The message, held to the limits as Slack's stand-in holds every message."""
    check_message_blocks(message.blocks)
    assert message.text.strip()
    assert len(message.text) <= 40_000
    json.dumps([message.blocks, message.metadata])
    return message


def alive(message):
    """What would come alive that is not ours."""
    return ALIVE.findall(OURS.sub("", "\n".join([message.text, *markup(message.blocks)])))


def markup(part):
    """The texts that Slack reads as markup; plain texts and values it shows as they are."""
    if isinstance(part, list):
        return [text for one in part for text in markup(one)]
    if not isinstance(part, dict):
        return []
    if part.get("type") == "mrkdwn":
        return [part["text"]]
    return [text for one in part.values() for text in markup(one)]


def words(message):
    return json.dumps(message.blocks, ensure_ascii=False)


def action_ids(message):
    return [
        element["action_id"]
        for block in message.blocks
        if block["type"] == "actions"
        for element in block["elements"]
    ]


def shown(made, progress=None, votes=(), links=()):
    return checked(card(made, progress, tuple(votes), tuple(links), NOW))


BUTTONS = {
    State.AWAITING_CONFIRMATION: ["confirm", "edit", "cancel"],
    State.AWAITING_APPROVAL: ["approve", "reject", "cancel"],
    State.QUEUED: ["stop"],
    State.RUNNING: ["stop"],
}
ASKS = {State.AWAITING_CONFIRMATION: "confirmation", State.AWAITING_APPROVAL: "approval"}


@pytest.mark.parametrize("state", State)
def test_each_state_has_its_buttons_and_its_metadata(state):
    made = request(42, state=state, plan=needing((1, "approver")))
    drawn = shown(made)
    assert action_ids(drawn) == BUTTONS.get(state, [])
    assert drawn.metadata == {
        "event_type": "cooper_request",
        "event_payload": {
            "request": "R42",
            "command": "train_model",
            "params": {"project": "claims-frequency"},
            "state": state.value,
            "asks_for": ASKS.get(state),
            "plan_digest": made.plan.digest,
        },
    }
    assert "R42" in drawn.text
    for block in drawn.blocks:
        if block["type"] == "actions":
            assert block["block_id"] == "request:R42"
            for button in block["elements"]:
                assert json.loads(button["value"]) == {
                    "request": "R42",
                    "digest": made.plan.digest,
                }


@pytest.mark.parametrize("state", State)
def test_stopping_a_run_has_nothing_to_edit_and_cannot_be_stopped(state):
    made = request(state=state, command="stop_run", plan=plan(conf=None, dag=None, target="R1"))
    expected = [one for one in BUTTONS.get(state, []) if one not in {"edit", "stop"}]
    assert action_ids(shown(made)) == expected


def test_a_stop_asks_before_it_stops():
    drawn = shown(request(state=State.RUNNING))
    [row] = [block for block in drawn.blocks if block["type"] == "actions"]
    assert row["elements"][0]["confirm"]["style"] == "danger"


def test_defaults_are_marked_and_the_price_is_the_highest():
    drawn = words(shown(request()))
    assert "*Runs on* _(default)_" in drawn
    assert "at most $0.23" in drawn
    hourly = request(command="deploy_model", plan=plan(hourly=True))
    assert "$0.23 an hour" in words(shown(hourly))
    assert "*Price*" not in words(shown(request(plan=plan(price=None))))


def test_votes_on_this_plan_are_shown_with_what_is_missing():
    needed = needing((2, "approver"), (1, "risk"))
    made = request(state=State.AWAITING_APPROVAL, plan=needed)
    old = vote(plan(conf={"old": 1}), "UCHLOE001")
    drawn = words(shown(made, votes=[vote(needed), old]))
    assert "👍 <@UBEN00001>" in drawn
    assert "UCHLOE001" not in drawn
    assert "Waits for 1 × approver and 1 × risk" in drawn


def test_progress_shows_stages_metrics_and_cost():
    begun = NOW - timedelta(minutes=30)
    progress = RunProgress(
        run_id="demo-R1-a1",
        dag="train_model",
        state="running",
        stages=(
            StageProgress(
                name="validate", state="success", headline="fine", started=begun, ended=begun
            ),
            StageProgress(name="train", state="running", started=begun),
            StageProgress(name="evaluate"),
        ),
        phase="Training",
        metrics={"gini": 0.31234},
        started=begun,
    )
    drawn = words(shown(request(state=State.RUNNING), progress))
    assert "✅ Check the plan – fine" in drawn
    assert "🔄 Train – 30 min 00 s, Training" in drawn
    assert "⚪ Evaluate on the holdout" in drawn
    assert "gini *0.3123*" in drawn
    assert "$0.12 so far of at most $0.23" in drawn


def stages_of_a_deployment(**aporia):
    progress = RunProgress(
        run_id="demo-R1-a1",
        dag="deploy_model",
        state="success",
        stages=(
            StageProgress(name="record", state="success", headline="Recorded."),
            StageProgress(name="aporia", **aporia),
            StageProgress(name="report", state="success"),
        ),
    )
    return words(shown(request(state=State.SUCCEEDED), progress))


def test_where_aporia_gave_up_the_card_says_why():
    drawn = stages_of_a_deployment(state="skipped", headline="Aporia refuses the token (401).")
    assert "⚠️ Register in Aporia – Aporia refuses the token (401)." in drawn


def test_where_aporia_is_not_connected_the_card_is_silent():
    assert "Aporia" not in stages_of_a_deployment(state="skipped")


def test_what_aporia_was_told_is_on_the_card():
    drawn = stages_of_a_deployment(state="success", headline="3 created.")
    assert "✅ Register in Aporia – 3 created." in drawn


def test_a_run_without_stages_is_drawn():
    progress = RunProgress(run_id="demo-R1-a1", dag="train_model", state="queued")
    shown(request(state=State.RUNNING), progress)


@settings(max_examples=60, deadline=None)
@given(
    state=st.sampled_from(list(State)),
    title=TEXTS,
    lines=st.lists(st.tuples(TEXTS, TEXTS), max_size=30),
    note=st.none() | TEXTS,
    reason=st.none() | TEXTS,
    headline=st.none() | TEXTS,
    running=st.booleans(),
)
def test_no_card_breaks_slacks_limits_or_calls_anybody(
    state, title, lines, note, reason, headline, running
):
    hostile = needing(
        (2, "approver"),
        title=title,
        lines=tuple(Line(label=label, value=value) for label, value in lines),
        price_note=note,
    )
    made = request(state=state, plan=hostile, note=note)
    progress = RunProgress(
        run_id="demo-R1-a1",
        dag="train_model",
        state="running",
        stages=tuple(
            StageProgress(name=name, state="success", headline=headline, started=NOW)
            for name in ("validate", "train", "evaluate", "register")
        ),
        phase=headline,
        metrics={str(n) + (headline or "")[:3000]: 1.0 for n in range(9)},
        started=NOW,
    )
    votes = [vote(hostile, "UBEN00001", reason=reason)] * 30
    links = [("Airflow", "https://our.example/run")]
    drawn = shown(made, progress if running else None, votes, links)
    assert alive(drawn) == []


@settings(max_examples=60, deadline=None)
@given(
    st.builds(
        Answer,
        text=TEXTS,
        tone=st.sampled_from(["info", "success", "warning", "error"]),
        title=st.none() | TEXTS,
        fields=st.lists(st.builds(Field, label=TEXTS, value=TEXTS), max_size=40).map(tuple),
        code=st.none() | TEXTS,
        table=st.none()
        | st.lists(st.tuples(TEXTS, TEXTS), max_size=60).map(
            lambda rows: Table(columns=("a", "b"), rows=tuple(rows))
        ),
        chart=st.none()
        | st.lists(TEXTS, min_size=1, max_size=30).map(
            lambda labels: Chart(
                title=labels[0],
                subtitle=labels[-1],
                labels=tuple(labels),
                series=(Series(name=labels[0], values=(1.5,) * len(labels)),),
            )
        ),
        links=st.lists(
            st.builds(Link, text=TEXTS, url=st.just("https://our.example/x")), max_size=3
        ).map(tuple),
        choices=st.lists(st.builds(Choice, label=TEXTS, text=TEXTS), max_size=9).map(tuple),
        asks_for=st.none() | st.just("project"),
    ),
    st.none() | st.just("F012345678"),
)
def test_no_answer_breaks_slacks_limits_or_calls_anybody(answer, picture):
    drawn = checked(draw(answer, "say:event:Ev1", picture))
    assert alive(drawn) == []
    payload = drawn.metadata["event_payload"]
    assert payload["key"] == "say:event:Ev1"
    assert payload.get("asks_for") == answer.asks_for
    assert ("state" in payload) == (answer.asks_for is not None)


@pytest.mark.parametrize("words", ["", " ", "\n"])
def test_an_answer_without_words_is_still_a_message(words):
    checked(draw(Answer(text=words), "k"))
    checked(draw(Answer(text=words, title="Title"), "k"))
    checked(draw(Answer(text="x", fields=(Field(label="", value=""),)), "k"))


def test_a_long_log_keeps_its_end():
    log = words(draw(Answer(text="t", code="\n".join(["line"] * 2000 + ["ValueError: NaN"])), "k"))
    assert "ValueError: NaN" in log


def test_a_long_table_keeps_its_beginning_and_says_what_it_leaves_out():
    rows = tuple((f"R{number}", "x" * 200) for number in range(53))
    drawn = words(
        checked(draw(Answer(text="t", table=Table(columns=("Run", "What"), rows=rows)), "k"))
    )
    assert "Run" in drawn
    assert "R0" in drawn
    assert "R52" not in drawn
    assert re.search(r"and \d+ more", drawn)


def test_the_edit_dialog_fits_slack_and_holds_what_was_said():
    params = {
        "project": "claims-frequency",
        "spot": True,
        "hyperparameters": {"learning_rate": 0.1, "seed": 3},
        "max_runtime": "PT1H",
    }
    view = edit_plan(request(123456789, params=params), None)
    check_view(view)
    initial = {b["block_id"]: b["element"].get("initial_value") for b in view["blocks"]}
    assert initial["spot"] == "yes"
    assert initial["hyperparameters"] == "learning_rate=0.1 seed=3"
    assert initial["instance_type"] is None
    assert json.loads(view["private_metadata"])["request"] == "R123456789"


def test_a_long_list_of_hyperparameters_still_opens_the_dialog():
    many = {f"parameter_{number}": number / 7 for number in range(100)}
    view = edit_plan(request(params={"hyperparameters": many}), "1.1")
    check_view(view)
    [element] = [b["element"] for b in view["blocks"] if b["block_id"] == "hyperparameters"]
    assert len(element["initial_value"]) <= element["max_length"]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "0 s"),
        (0, "0 s"),
        (59.9, "59 s"),
        (60, "1 min 00 s"),
        (185, "3 min 05 s"),
        (3599, "59 min 59 s"),
        (3600, "1 h 00 min"),
        (7800, "2 h 10 min"),
        (90_000, "25 h 00 min"),
    ],
)
def test_durations(seconds, words):
    assert t.elapsed(seconds) == words


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("0", "$0.00"),
        ("0.0001", "under $0.01"),
        ("0.01", "$0.01"),
        ("0.1101", "$0.12"),
        ("5", "$5.00"),
        ("5.0001", "$5.01"),
        ("1234567.891", "$1,234,567.90"),
    ],
)
def test_money_is_never_shown_as_less(amount, words):
    assert t.usd(Decimal(amount)) == words


def test_a_moment_is_in_each_readers_zone_with_utc_to_fall_back():
    shown_as = t.moment(NOW)
    assert (
        shown_as
        == f"<!date^{int(NOW.timestamp())}^{{date_short_pretty}} {{time}}|2026-11-20 09:30 UTC>"
    )
    berlin = NOW.astimezone(ZoneInfo("Europe/Berlin"))
    assert t.moment(berlin) == shown_as


@given(st.text(max_size=300), st.integers(1, 100))
def test_capped_text_fits(text, limit):
    capped = t.cap(text, limit)
    assert len(capped) <= limit
    assert capped == text or capped.endswith("…")


@given(st.text(max_size=300))
def test_escaped_text_reads_as_it_was(text):
    escaped = t.escape(text)
    assert "<" not in escaped
    assert ">" not in escaped
    back = escaped.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    assert back == text


@given(st.text(max_size=5000))
def test_code_stays_code(text):
    block = t.code_block(text)
    assert len(block) <= t.SECTION_LIMIT
    assert block.count("```") == 2
    assert "`" not in t.code(text)[1:-1]


def test_the_price_is_shown_from_its_text():
    made = request(plan=plan(price=Money(amount="7.0900", as_of="2026-01", source="t")))
    assert "at most $7.09" in words(shown(replace(made, version=2)))
