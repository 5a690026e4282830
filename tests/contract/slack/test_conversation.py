"""Unmodified slack-bolt over Socket Mode: mentions, clicks, modals, commands, Home."""

from __future__ import annotations

import asyncio

import pytest

from tests.contract.slack.waiting import eventually

BUTTONS = [
    {"type": "section", "text": {"type": "mrkdwn", "text": "*Train* `claims-frequency`?"}},
    {
        "type": "actions",
        "block_id": "decide",
        "elements": [
            {
                "type": "button",
                "action_id": "confirm",
                "value": '{"request": "R1"}',
                "style": "primary",
                "text": {"type": "plain_text", "text": "Confirm"},
            }
        ],
    },
]


def modal(**changes):
    view = {
        "type": "modal",
        "callback_id": "train",
        "title": {"type": "plain_text", "text": "Train"},
        "submit": {"type": "plain_text", "text": "Go"},
        "blocks": [
            {
                "type": "input",
                "block_id": "trials",
                "label": {"type": "plain_text", "text": "Trials"},
                "element": {
                    "type": "number_input",
                    "action_id": "number",
                    "is_decimal_allowed": False,
                    "max_value": "50",
                },
            },
            {
                "type": "input",
                "block_id": "instance",
                "optional": True,
                "label": {"type": "plain_text", "text": "Instance"},
                "element": {
                    "type": "static_select",
                    "action_id": "type",
                    "options": [
                        {"text": {"type": "plain_text", "text": "large"}, "value": "ml.m5.large"}
                    ],
                },
            },
        ],
    }
    return view | changes


async def test_a_mention_reaches_the_handler_and_its_reply_the_thread(app, connect, ana):
    heard = []

    @app.event("app_mention")
    async def mentioned(event, say):
        heard.append(event)
        await say(text="On it.", thread_ts=event["ts"])

    await connect(app)
    sent = await ana.does("messages", channel="#ml", text="@cooper train a & b in #random for @ben")

    replies = await eventually(lambda: _replies(ana, "#ml", sent["ts"]))
    assert replies[0]["text"] == "On it."
    assert replies[0]["bot_id"] == "B0COOPER1"
    assert heard[0]["user"] == "UANA00001"
    assert heard[0]["text"] == (
        "<@U0COOPER1> train a &amp; b in <#CRANDOM01|random> for <@UBEN00001>"
    )
    root = (await ana.messages("CML000001"))[0]
    assert (root["reply_count"], root["reply_users"]) == (1, ["U0COOPER1"])


async def _replies(person, channel, ts):
    return (await person.messages(channel, thread_ts=ts))[1:]


async def test_a_mention_comes_as_message_and_as_app_mention(app, connect, ana):
    heard = []

    @app.event("message")
    async def message(body):
        heard.append(body)

    @app.event("app_mention")
    async def mention(body):
        heard.append(body)

    await connect(app)
    await ana.does("messages", channel="ml", text="@cooper hello")
    # Heard again where the answer was late; a busy machine may be.
    await eventually(
        lambda: {each["event"]["type"] for each in heard} >= {"message", "app_mention"}
    )
    assert len({body["event_id"] for body in heard}) == 2
    assert heard[0]["authorizations"][0]["user_id"] == "U0COOPER1"


async def test_a_direct_message_is_a_message_of_an_im_and_no_mention(app, connect, ana):
    heard = []

    @app.event("message")
    async def message(event, say):
        heard.append(event)
        await say("Hello.")

    await connect(app)
    await ana.does("messages", channel="@cooper", text="@cooper hi")
    await eventually(lambda: len(heard) == 1)
    assert heard[0]["channel_type"] == "im"
    texts = await eventually(lambda: _texts(ana, "@cooper", 2))
    assert texts == ["<@U0COOPER1> hi", "Hello."]


async def _texts(person, channel, count):
    found = [message["text"] for message in await person.messages(channel)]
    return found if len(found) >= count else None


async def test_nothing_reaches_the_app_from_where_it_is_no_member(app, connect, ana):
    heard = []

    @app.event("message")
    async def message(event):
        heard.append(event["text"])

    await connect(app)
    await ana.does("messages", channel="random", text="@cooper are you there?")
    await ana.does("messages", channel="ml", text="here you are")
    await eventually(lambda: heard)
    assert heard == ["here you are"]
    notice = (await ana.messages("random"))[-1]
    assert notice["is_ephemeral"]
    assert "/invite" in notice["text"]

    await ana.does("commands", channel="random", command="/invite", text="@cooper")
    await ana.does("messages", channel="random", text="and now?")
    await eventually(lambda: "and now?" in heard)


async def test_a_click_is_acknowledged_and_the_card_changes_in_place(app, client, connect, ana):
    clicked = []

    @app.action("confirm")
    async def confirm(ack, body, client):
        await ack()
        clicked.append(body)
        await client.chat_update(
            channel=body["channel"]["id"], ts=body["message"]["ts"], text="Started."
        )

    await connect(app)
    card = await client.chat_postMessage(channel="#ml", text="Train?", blocks=BUTTONS)
    answer = await ana.does("clicks", channel="#ml", ts=card["ts"], action_id="confirm")

    assert answer["ok"]
    message = await eventually(lambda: _edited(ana, "ml"))
    assert (message["ts"], message["text"]) == (card["ts"], "Started.")
    assert "blocks" not in message
    action = clicked[0]["actions"][0]
    assert (action["value"], action["block_id"]) == ('{"request": "R1"}', "decide")
    assert clicked[0]["container"]["message_ts"] == card["ts"]
    assert clicked[0]["trigger_id"]
    assert clicked[0]["user"]["id"] == "UANA00001"


async def _edited(person, channel):
    last = (await person.messages(channel))[-1]
    return last if "edited" in last else None


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"action_id": "approve"}, 404, "action_not_found"),
        ({"block_id": "elsewhere"}, 404, "action_not_found"),
        ({"value": "R2"}, 404, "value_differs"),
        ({"ts": "1.000000"}, 404, "message_not_found"),
        ({"channel": "#nowhere"}, 404, "channel_not_found"),
        ({"user": "eve"}, 404, "user_not_found"),
        ({"user": "dan"}, 403, "not_in_channel"),
        ({"action_id": None}, 400, "missing_field"),
    ],
)
async def test_a_click_on_what_is_not_there_says_so(client, ana, change, status, error):
    card = await client.chat_postMessage(channel="#ml", text="Train?", blocks=BUTTONS)
    body = {"channel": "#ml", "ts": card["ts"], "action_id": "confirm"} | change
    found, answer = await ana.post("clicks", **body)
    assert (found, answer["error"]) == (status, error)
    assert answer["message"]


async def test_a_click_nobody_acknowledges_says_so(app, client, connect, ana):
    card = await client.chat_postMessage(channel="#ml", text="Train?", blocks=BUTTONS)
    click = {"channel": "#ml", "ts": card["ts"], "action_id": "confirm"}
    status, answer = await ana.post("clicks", **click)
    assert (status, answer["error"]) == (504, "dispatch_failed")

    @app.action("confirm")
    async def confirm(ack):
        await asyncio.Event().wait()

    await connect(app)
    status, answer = await ana.post("clicks", **click)
    assert (status, answer["error"]) == (504, "operation_timeout")


async def test_a_modal_opens_refuses_wrong_values_and_is_submitted(app, client, connect, ana):
    got = []

    @app.action("confirm")
    async def confirm(ack, body, client):
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=modal())

    @app.view("train")
    async def train(ack, view):
        trials = view["state"]["values"]["trials"]["number"]["value"]
        if int(trials) % 2:
            await ack(response_action="errors", errors={"trials": "Even numbers only."})
            return
        got.append(view["state"]["values"])
        await ack()

    await connect(app)
    await client.chat_postMessage(channel="#ml", text="Train?", blocks=BUTTONS)
    await ana.does("clicks", channel="#ml", action_id="confirm")
    view = (await eventually(lambda: _views(ana)))[0]

    async def submit(values):
        return await ana.post("submits", view_id=view["id"], values=values)

    status, answer = await submit({})
    assert (status, list(answer["errors"])) == (422, ["trials"])
    status, answer = await submit({"trials": {"number": "51"}})
    assert (status, answer["error"]) == (422, "invalid_values")
    status, answer = await submit({"trials": "4", "instance": "ml.p5.huge"})
    assert (status, answer["error"]) == (404, "invalid_option")
    status, answer = await submit({"nothing": "4"})
    assert (status, answer["error"]) == (404, "no_such_input")
    status, answer = await submit({"trials": "3"})
    assert answer["errors"] == {"trials": "Even numbers only."}
    assert got == []
    assert len(await _views(ana)) == 1

    status, answer = await submit({"number": 4, "instance": {"type": "ml.m5.large"}})
    assert (status, answer["closed"]) == (200, True)
    assert got[0]["trials"]["number"] == {"type": "number_input", "value": "4"}
    assert got[0]["instance"]["type"]["selected_option"]["value"] == "ml.m5.large"
    assert await _views(ana) == []


async def _views(person):
    return (await person.sees("views"))["views"]


async def test_a_modal_is_filled_later_and_closing_it_tells_the_app(app, client, connect, ana):
    closed = []

    @app.action("confirm")
    async def confirm(ack, body, client):
        await ack()
        opened = await client.views_open(
            trigger_id=body["trigger_id"], view=modal(notify_on_close=True)
        )
        title = {"type": "plain_text", "text": "Filled"}
        known = opened["view"]["hash"]
        await client.views_update(
            view_id=opened["view"]["id"], hash=known, view=modal(title=title, notify_on_close=True)
        )

    @app.view_closed("train")
    async def gone(ack, view):
        await ack()
        closed.append(view["id"])

    await connect(app)
    await client.chat_postMessage(channel="#ml", text="Train?", blocks=BUTTONS)
    await ana.does("clicks", channel="#ml", action_id="confirm")
    view = await eventually(lambda: _titled(ana, "Filled"))
    await ana.does("closes", view_id=view["id"])
    await eventually(lambda: closed == [view["id"]])
    status, answer = await ana.post("submits", view_id=view["id"], values={"trials": "2"})
    assert (status, answer["error"]) == (404, "view_not_found")


async def _titled(person, title):
    return next((v for v in await _views(person) if v["title"]["text"] == title), None)


async def test_a_slash_command_answers_at_once_and_later(app, connect, ana, people):
    got = []

    @app.command("/cooper")
    async def cooper(ack, command, respond):
        got.append(command)
        await ack("Working on it.")
        await respond(text="Done.", response_type="in_channel")

    await connect(app)
    answer = await ana.does("commands", channel="ml", command="/cooper", text="help @ben <b>")
    assert answer["message"]["text"] == "Working on it."
    assert got[0]["text"] == "help <@UBEN00001|ben> &lt;b&gt;"
    assert (got[0]["channel_id"], got[0]["user_id"]) == ("CML000001", "UANA00001")
    texts = await eventually(lambda: _texts(ana, "ml", 2))
    assert sorted(texts) == ["Done.", "Working on it."]
    assert await _texts(people("ben"), "ml", 1) == ["Done."]


async def test_a_command_that_fails_is_told_to_the_person(ana):
    status, answer = await ana.post("commands", channel="ml", command="/cooper", text="help")
    assert (status, answer["error"]) == (504, "dispatch_failed")
    assert "dispatch_failed" in (await ana.messages("ml"))[-1]["text"]
    status, answer = await ana.post("commands", channel="ml", command="/nothing", text="")
    assert (status, answer["error"]) == (404, "invalid_command")


async def test_response_urls_replace_delete_and_end_after_five_uses(app, client, connect, ana):
    url = []

    @app.action("confirm")
    async def confirm(ack, respond, body):
        await ack()
        url.append(body["response_url"])
        await respond(text="Only for you.", replace_original=False)
        await respond(text="Replaced.", replace_original=True)

    await connect(app)
    card = await client.chat_postMessage(channel="#ml", text="Train?", blocks=BUTTONS)
    await ana.does("clicks", channel="#ml", action_id="confirm")
    texts = await eventually(lambda: _texts(ana, "ml", 2))
    await eventually(lambda: _text_is(ana, "ml", card["ts"], "Replaced."))
    assert texts[1] == "Only for you."

    async with ana._session.post(url[0], json={"delete_original": True}) as answer:
        assert answer.status == 200
    assert [m["text"] for m in await ana.messages("ml")] == ["Only for you."]
    for _ in range(2):
        async with ana._session.post(url[0], json={"text": "More."}) as answer:
            assert answer.status == 200
    async with ana._session.post(url[0], json={"text": "Too much."}) as answer:
        assert (answer.status, (await answer.json())["error"]) == (404, "used_url")


async def _text_is(person, channel, ts, text):
    return any(m["ts"] == ts and m["text"] == text for m in await person.messages(channel))


async def test_opening_home_tells_the_app_which_publishes(app, connect, ana, people):
    @app.event("app_home_opened")
    async def opened(event, client):
        text = {"type": "mrkdwn", "text": f"Hello <@{event['user']}>"}
        view = {"type": "home", "blocks": [{"type": "section", "text": text}]}
        await client.views_publish(user_id=event["user"], view=view)

    await connect(app)
    home = await ana.sees("home")
    assert home["view"]["blocks"][0]["text"]["text"] == "Hello <@UANA00001>"
    assert (await people("ben").sees("home", open="0"))["view"] is None


async def test_an_external_select_asks_the_app(app, client, connect, ana):
    @app.options("project")
    async def projects(ack, payload):
        option = {"text": {"type": "plain_text", "text": payload["value"]}, "value": "p1"}
        await ack(options=[option])

    element = {
        "type": "external_select",
        "action_id": "project",
        "placeholder": {"type": "plain_text", "text": "Project"},
    }
    await connect(app)
    blocks = [{"type": "actions", "elements": [element]}]
    await client.chat_postMessage(channel="#ml", text="Which?", blocks=blocks)
    found = await ana.sees("options", channel="ml", action_id="project", value="cla")
    assert found["options"][0]["text"]["text"] == "cla"


async def test_reactions_edits_and_deletions_by_people_are_events(app, connect, ana, client):
    heard = []

    @app.event("reaction_added")
    async def reaction(event):
        heard.append(event["reaction"])

    @app.event("message")
    async def message(event):
        heard.append(event.get("subtype", "new"))

    await connect(app)
    sent = await ana.does("messages", channel="ml", text="first")
    await ana.does("reactions", channel="ml", ts=sent["ts"], name="tada")
    await ana.does("edits", channel="ml", ts=sent["ts"], text="second")
    await ana.does("deletes", channel="ml", ts=sent["ts"])
    await eventually(lambda: len(heard) == 4)
    assert sorted(heard) == ["message_changed", "message_deleted", "new", "tada"]
    assert await ana.messages("ml") == []
