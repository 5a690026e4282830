"""Plans, confirmations and approvals by slash command and button, with everything else down."""

import asyncio
import json

from infra.local.slack.rates import Fault
from tests.scenario.degraded.conftest import HOURLY
from tests.support.bot import buttons, drawn, payload, running_bot
from tests.support.projects import GPU_IMAGE, ROOT, registered
from tests.support.waiting import eventually

DEAR = "train claims-frequency instance=ml.g5.12xlarge"


async def planned(cooper, text="train claims-frequency", state="awaiting_confirmation"):
    await cooper.types("ana", "#ml", text)
    return await cooper.card("#ml", "R1", state)


async def awaiting_approval(cooper):
    card = await planned(cooper, DEAR)
    await cooper.clicks("ana", "#ml", "confirm", card["ts"])
    return await cooper.card("#ml", "R1", "awaiting_approval")


async def state_of(cooper, number=1):
    [row] = await cooper.rows("SELECT state FROM requests WHERE number = %s", number)
    return row["state"]


async def test_a_plan_is_shown_with_its_price(cooper):
    card = await planned(cooper)
    assert "at most $0.23" in drawn(card)
    assert "1 × ml.m5.xlarge" in drawn(card)
    assert buttons(card) == ["confirm", "edit", "cancel"]
    assert card["metadata"]["event_type"] == "cooper_request"
    assert payload(card) == {
        "request": "R1",
        "command": "train_model",
        "params": {"project": "claims-frequency"},
        "state": "awaiting_confirmation",
        "asks_for": "confirmation",
        "plan_digest": payload(card)["plan_digest"],
    }
    assert payload(card)["plan_digest"].startswith("sha256:")


async def test_an_unknown_project_is_refused_with_the_nearest_to_its_asker_alone(cooper):
    await cooper.types("ana", "#ml", "train claims-frequenzy")
    told = await cooper.told("ana", "#ml", "There is no project “claims-frequenzy”")
    await cooper.settled()
    assert "claims-frequency" in drawn(told)
    assert await cooper.from_bot("ben", "#ml") == []
    assert await cooper.rows("SELECT 1 FROM requests") == []


async def test_nobody_else_can_confirm(cooper):
    card = await planned(cooper)
    await cooper.clicks("ben", "#ml", "confirm", card["ts"])
    await cooper.told("ben", "#ml", "Only Ana Lima can confirm R1.")
    await cooper.settled()
    assert await state_of(cooper) == "awaiting_confirmation"
    assert len(await cooper.from_bot("ana", "#ml")) == 1


async def test_two_clicks_confirm_once_and_airflow_down_is_on_the_card(cooper):
    card = await planned(cooper)
    await asyncio.gather(
        cooper.clicks("ana", "#ml", "confirm", card["ts"]),
        cooper.clicks("ana", "#ml", "confirm", card["ts"]),
    )
    card = await cooper.card("#ml", "R1", "queued")
    await cooper.told("ana", "#ml", "Airflow")
    await cooper.settled()
    assert await state_of(cooper) == "queued"
    confirmed = await cooper.rows("SELECT 1 FROM audit WHERE what = 'confirmed'")
    started = await cooper.rows(
        "SELECT 1 FROM procrastinate_jobs WHERE task_name = 'start_request'"
    )
    assert (len(confirmed), len(started)) == (1, 1)
    assert len(await cooper.cards("#ml", "R1")) == 1
    assert buttons(card) == ["stop"]


async def test_cancelling_ends_it(cooper):
    card = await planned(cooper)
    await cooper.clicks("ben", "#ml", "cancel", card["ts"])
    await cooper.told("ben", "#ml", "Only Ana Lima can cancel R1.")
    await cooper.clicks("ana", "#ml", "cancel", card["ts"])
    cancelled = await cooper.card("#ml", "R1", "cancelled")
    assert buttons(cancelled) == []
    assert payload(cancelled)["asks_for"] is None


async def test_editing_makes_a_new_plan_and_the_old_button_is_refused(cooper, workspace):
    card = await planned(cooper)
    old = json.loads(
        next(b for b in card["blocks"] if b["type"] == "actions")["elements"][0]["value"]
    )
    await cooper.clicks("ana", "#ml", "edit", card["ts"])
    [view] = await eventually(lambda: cooper.views("ana"), "the modal is open")
    await cooper.submits("ana", view["id"], hyperparameters="learning_rate=0.2", max_runtime="20m")

    async def edited():
        [shown] = await cooper.cards("#ml", "R1")
        return shown if payload(shown)["plan_digest"] != old["digest"] else None

    card = await eventually(edited, "the card shows the new plan")
    assert "learning_rate=0.2" in drawn(card)
    assert "20 min" in drawn(card)
    [confirmed] = await cooper.rows("SELECT version, plan_digest FROM requests")
    assert confirmed["plan_digest"] == payload(card)["plan_digest"]


async def test_an_edit_that_cannot_be_read_changes_nothing(cooper):
    card = await planned(cooper)
    await cooper.clicks("ana", "#ml", "edit", card["ts"])
    [view] = await eventually(lambda: cooper.views("ana"), "the modal is open")
    answer = await cooper.submits("ana", view["id"], max_runtime="as long as it takes")
    assert answer["response_action"] == "errors"
    assert list(answer["errors"]) == ["max_runtime"]
    assert "is not a length of time" in answer["errors"]["max_runtime"]
    assert [one["id"] for one in await cooper.views("ana")] == [view["id"]], "it stays open"
    await cooper.settled()
    [shown] = await cooper.cards("#ml", "R1")
    assert payload(shown) == payload(card)
    assert len(await cooper.from_bot("ana", "#ml")) == 1


async def test_only_the_requester_gets_the_edit_dialog(cooper):
    card = await planned(cooper)
    await cooper.clicks("ben", "#ml", "edit", card["ts"])
    await cooper.told("ben", "#ml", "Only Ana Lima can edit R1.")
    assert await cooper.views("ben") == []


async def test_a_dear_training_waits_for_an_approver_who_did_not_ask(cooper):
    card = await awaiting_approval(cooper)
    assert buttons(card) == ["approve", "reject", "cancel"]
    assert payload(card)["asks_for"] == "approval"
    assert "1 × approver" in drawn(card)
    await cooper.clicks("ana", "#ml", "approve", card["ts"])
    await cooper.told("ana", "#ml", "somebody else has to decide")
    await cooper.settled()
    assert await state_of(cooper) == "awaiting_approval"
    await cooper.clicks("ben", "#ml", "approve", card["ts"])
    approved = await cooper.card("#ml", "R1", "queued")
    assert "👍 <@UBEN00001>" in drawn(approved)


async def test_those_who_may_decide_are_called_and_the_requester_is_told(cooper):
    card = await awaiting_approval(cooper)
    call = await cooper.told("ana", "#ml", "R1 waits for approval by 1 × approver", card["ts"])
    assert "<@UBEN00001> <@UCHLOE001>" in drawn(call)
    assert "<@UANA00001>" not in drawn(call)
    await cooper.clicks("chloe", "#ml", "approve", card["ts"])
    news = await cooper.told("ana", "#ml", "R1 is approved by Chloe Martin", card["ts"])
    assert "<@UANA00001>" in drawn(news)


async def test_a_guest_cannot_approve_where_they_see_the_card(cooper):
    await cooper.types("ana", "#claims-frequency", DEAR)
    card = await cooper.card("#claims-frequency", "R1", "awaiting_confirmation")
    await cooper.clicks("ana", "#claims-frequency", "confirm", card["ts"])
    card = await cooper.card("#claims-frequency", "R1", "awaiting_approval")
    await cooper.clicks("dan", "#claims-frequency", "approve", card["ts"])
    await cooper.told("dan", "#claims-frequency", "Guests cannot use Cooper.")
    await cooper.settled()
    assert await state_of(cooper) == "awaiting_approval"
    assert await cooper.rows("SELECT 1 FROM votes") == []


async def test_one_vote_is_one_vote(workspace, database_url, tmp_path):
    rules = (ROOT / "cooper.yaml").read_text()
    assert rules.count("- count: 1\n        role: approver\n    expiry: PT24H") == 1
    strict = tmp_path / "cooper.yaml"
    strict.write_text(rules.replace("- count: 1", "- count: 2", 1))
    async with running_bot(workspace, database_url, tmp_path, config=strict) as cooper:
        await cooper.knows(registered(image=GPU_IMAGE, instance=HOURLY))
        card = await awaiting_approval(cooper)
        for _ in range(2):
            await cooper.clicks("ben", "#ml", "approve", card["ts"])
        await cooper.told("ben", "#ml", "You already decided on R1.")
        await cooper.settled()
        assert await state_of(cooper) == "awaiting_approval"
        assert len(await cooper.rows("SELECT 1 FROM votes")) == 1
        await cooper.clicks("chloe", "#ml", "approve", card["ts"])
        approved = await cooper.card("#ml", "R1", "queued")
        assert "👍 <@UBEN00001>" in drawn(approved)
        assert "👍 <@UCHLOE001>" in drawn(approved)


async def test_what_expired_cannot_be_confirmed(cooper):
    card = await planned(cooper)
    await cooper.rows("UPDATE requests SET expires = now() - interval '1 second'")
    await cooper.clicks("ana", "#ml", "confirm", card["ts"])
    await cooper.told("ana", "#ml", "R1 has expired.")
    await cooper.settled()
    assert await state_of(cooper) in {"awaiting_confirmation", "expired"}
    assert await cooper.rows("SELECT 1 FROM audit WHERE what = 'confirmed'") == []


async def test_a_plan_that_changed_behind_the_card_is_not_confirmed(cooper, workspace):
    card = await planned(cooper)
    await cooper.clicks("ana", "#ml", "edit", card["ts"])
    [view] = await eventually(lambda: cooper.views("ana"), "the modal is open")
    workspace.workspace.faults.add(Fault("chat.update", "outage", count=100))
    await cooper.submits("ana", view["id"], instance_count="4")
    await eventually(
        lambda: cooper.rows("SELECT 1 FROM audit WHERE what = 'edited'"), "the plan is edited"
    )
    await cooper.clicks("ana", "#ml", "confirm", card["ts"])
    await cooper.told("ana", "#ml", "The plan of R1 changed since you saw it.")
    assert await state_of(cooper) == "awaiting_confirmation"
    workspace.workspace.faults.clear()

    async def caught_up():
        [shown] = await cooper.cards("#ml", "R1")
        return "4 × ml.m5.xlarge" in drawn(shown)

    await eventually(caught_up, "the card shows the plan after all")


async def test_a_rejection_ends_it(cooper):
    card = await awaiting_approval(cooper)
    await cooper.clicks("chloe", "#ml", "reject", card["ts"])
    rejected = await cooper.card("#ml", "R1", "rejected")
    assert "Chloe Martin" in drawn(rejected)
    assert buttons(rejected) == ["explain"], "she may still say why"
    await cooper.told("ana", "#ml", "R1 was rejected by Chloe Martin", card["ts"])
    await cooper.settled()
    jobs = await cooper.rows("SELECT 1 FROM procrastinate_jobs WHERE task_name = 'start_request'")
    assert jobs == []


async def test_the_nearest_value_is_one_click_away(cooper):
    await cooper.types("ana", "#ml", "train claims-frequency instance=ml.m5.xlrage max_runtime=20m")
    told = await cooper.told("ana", "#ml", "I do not know the instance type ml.m5.xlrage")
    assert buttons(told)[0] == "choose:0"
    await cooper.clicks("ana", "#ml", "choose:0", told["ts"])
    card = await cooper.card("#ml", "R2", "awaiting_confirmation")
    assert payload(card)["params"] == {
        "project": "claims-frequency",
        "instance_type": "ml.m5.xlarge",
        "max_runtime": "PT20M",
    }


async def test_home_shows_what_waits_for_whom(cooper, workspace):
    await awaiting_approval(cooper)

    async def home(user: str) -> str:
        return drawn((await workspace.read("home", user=user))["view"])

    async def called():
        return "Waits for your decision" in await home("ben")

    await eventually(called, "Ben's Home shows what waits for him")
    assert "R1" in await home("chloe")
    assert "Waits for your decision" not in await home("ana"), "she asked for it herself"
    assert "Waits for your decision" not in await home("dan")
