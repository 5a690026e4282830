"""Files as slack-sdk uploads them, and pictures in blocks."""

from __future__ import annotations

import contextlib
import time

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from tests.contract.slack.refusals import refused
from tests.contract.slack.waiting import eventually

PNG = b"\x89PNG\r\n\x1a\nbytes"


async def uploaded(client, name="chart.png") -> str:
    done = await client.files_upload_v2(filename=name, content=PNG, title="Chart")
    return done["files"][0]["id"]


def image(**source):
    return {"type": "image", "alt_text": "a chart", **source}


async def test_a_picture_is_uploaded_shared_and_read_back(client, workspace, ana):
    root = await client.chat_postMessage(channel="#ml", text="root")
    done = await client.files_upload_v2(
        channel="CML000001",
        thread_ts=root["ts"],
        content=PNG,
        filename="drift.png",
        title="Drift",
        initial_comment="See",
    )
    assert done["file"]["title"] == "Drift"
    message = (await ana.messages("ml", thread_ts=root["ts"]))[1]
    assert (message["text"], message["files"][0]["mimetype"]) == ("See", "image/png")
    url = message["files"][0]["url_private"]
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        assert await answer.read() == PNG
        assert answer.content_type == "image/png"
    info = await client.files_info(file=done["file"]["id"])
    assert info["file"]["size"] == len(PNG)
    assert await refused(client.files_info(file="F0")) == "file_not_found"


async def test_a_file_that_was_never_uploaded_is_not_shared(client, ana):
    asked = await client.files_getUploadURLExternal(filename="a.csv", length=3)
    call = client.files_completeUploadExternal(
        files=[{"id": asked["file_id"], "title": "a"}], channel_id="CML000001"
    )
    assert await refused(call) == "file_update_failed"
    assert await ana.messages("ml") == []


@pytest.mark.parametrize("named", ["id", "url"])
async def test_an_uploaded_picture_is_shown_by_a_block_as_soon_as_it_is_read(
    client, workspace, ana, named
):
    file = await uploaded(client)
    assert await ana.messages("ml") == []
    url = (await client.files_info(file=file))["file"]["url_private"]
    block = image(slack_file={"id": file} if named == "id" else {"url": url})
    assert await refused(client.chat_postMessage(channel="#ml", text="c", blocks=[block])) == (
        "invalid_blocks"
    )

    async def posted():
        with contextlib.suppress(SlackApiError):
            return await client.chat_postMessage(channel="#ml", text="c", blocks=[block])

    await eventually(posted)
    [message] = await ana.messages("ml")
    assert message["blocks"][0]["slack_file"] == block["slack_file"]
    base = workspace.api_url.removesuffix("/").removesuffix("/api")
    async with aiohttp.ClientSession() as session, session.get(f"{base}/files-pri/{file}") as got:
        assert (await got.read(), got.content_type) == (PNG, "image/png")


@pytest.mark.parametrize(
    ("block", "problem"),
    [
        (image(), "missing required field: image_url [json-pointer:/blocks/0]"),
        (
            image(image_url="https://x.example/a.png", slack_file={"id": "F012345678"}),
            "must define only one of image_url or slack_file [json-pointer:/blocks/0]",
        ),
        (
            image(slack_file={"id": "F012345678", "url": "https://x.example/a.png"}),
            "must define exactly one of id or url [json-pointer:/blocks/0/slack_file]",
        ),
        (
            image(slack_file={"id": "https://x.example/F1"}),
            "input must match regex pattern: ^[F][A-Z0-9]{8,}$ [json-pointer:/blocks/0/slack_file/id]",
        ),
        (
            image(slack_file={"id": "F0NOSUCHFILE"}),
            "invalid slack file [json-pointer:/blocks/0/slack_file]",
        ),
        (
            image(slack_file={"url": "https://elsewhere.example/a.png"}),
            "invalid slack file [json-pointer:/blocks/0/slack_file]",
        ),
        (
            image(image_url="https://x.example/" + "a" * 3000),
            "must be less than 3001 characters [json-pointer:/blocks/0/image_url]",
        ),
        (
            {**image(slack_file={"id": "F0NOSUCHFILE"}), "alt_text": ""},
            "must be more than 0 characters [json-pointer:/blocks/0/alt_text]",
        ),
        (
            {
                "type": "section",
                "text": {"type": "mrkdwn", "text": "x"},
                "accessory": image(slack_file={"id": "F0NOSUCHFILE"}),
            },
            "invalid slack file [json-pointer:/blocks/0/accessory/slack_file]",
        ),
        (
            {"type": "context", "elements": [image(slack_file={"id": "F0NOSUCHFILE"})]},
            "invalid slack file [json-pointer:/blocks/0/elements/0/slack_file]",
        ),
    ],
)
async def test_a_picture_that_slack_cannot_show_is_refused(client, ana, block, problem):
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel="#ml", text="c", blocks=[block])
    assert caught.value.response["errors"] == [problem]
    assert await ana.messages("ml") == []


async def test_a_file_that_is_no_picture_or_not_complete_is_not_shown(client, workspace):
    text = await uploaded(client, "rows.csv")
    asked = await client.files_getUploadURLExternal(filename="a.png", length=3)
    await eventually(lambda: workspace.workspace.store.file(text)["_readable"] < time.time())
    for file in (text, asked["file_id"]):
        for call in (
            client.chat_postMessage(
                channel="#ml", text="c", blocks=[image(slack_file={"id": file})]
            ),
            client.chat_postEphemeral(
                channel="#ml", user="UANA00001", text="c", blocks=[image(slack_file={"id": file})]
            ),
        ):
            assert await refused(call) == "invalid_blocks"


async def test_a_picture_by_its_address_is_taken_as_it_is(client, ana):
    block = image(image_url="https://x.example/a.png")
    await client.chat_postMessage(channel="#ml", text="c", blocks=[block])
    [message] = await ana.messages("ml")
    assert message["blocks"][0]["image_url"] == "https://x.example/a.png"
