"""The composer, the workspace file, the door, the command line, the page's build."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import aiohttp
import pytest

from infra.local.slack.build_page import PageError, build
from infra.local.slack.composer import Names, compose
from infra.local.slack.seed import SeedError, load_seed
from tests.contract.slack.waiting import eventually

NAMES = Names(
    users={"ana": "U1", "ana lima": "U1", "cooper": "U0", "ana-maria": "U2"},
    groups={"ml-leads": "S1"},
    channels={"ml": "C1", "ml-alerts": "C2"},
)


@pytest.mark.parametrize(
    ("typed", "markup"),
    [
        ("@cooper train", "<@U0> train"),
        ("@Ana Lima, hi", "<@U1>, hi"),
        ("@ana-maria and @ana", "<@U2> and <@U1>"),
        ("@anabel is nobody", "@anabel is nobody"),
        ("ask @ml-leads", "ask <!subteam^S1>"),
        ("@here @channel", "<!here> <!channel>"),
        ("in #ml-alerts, not #mlx", "in <#C2|ml-alerts>, not #mlx"),
        ("a < b && c > d", "a &lt; b &amp;&amp; c &gt; d"),
        ("<!channel> <@U9>", "&lt;!channel&gt; &lt;@U9&gt;"),
        ("see https://x.example/a?b=1&c=2.", "see <https://x.example/a?b=1&amp;c=2>."),
        ("mail ana@x.example", "mail <mailto:ana@x.example|ana@x.example>"),
        ("`@ana` and ```#ml <b>```", "`@ana` and ```#ml &lt;b&gt;```"),
        ("s3://bucket/key ml.g5.2xlarge lr=0.01", "s3://bucket/key ml.g5.2xlarge lr=0.01"),
        ("run #7", "run #7"),
        ("", ""),
    ],
)
def test_typed_text_becomes_slacks_markup(typed, markup):
    assert compose(typed, NAMES) == markup


def test_commands_get_labelled_mentions():
    assert compose("to @ana", NAMES, labelled=True) == "to <@U1|ana>"


GOOD = """
team: {id: T0000001, name: Acme, domain: acme}
app: {id: A0000001, name: Cooper, handle: cooper, user: U0000001, bot: B0000001}
users:
  - {id: U0000002, handle: eve, name: Eve Adams, email: eve@acme.example}
channels:
  - {id: C0000001, name: ml, members: [U0000002]}
"""


def test_a_workspace_of_ones_own_is_read(tmp_path):
    file = tmp_path / "own.yaml"
    file.write_text(GOOD)
    assert load_seed(file).users[0].name == "Eve Adams"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("members: [U0000002]", "members: [U0000009]", "people who do not exist: U0000009"),
        ("handle: eve", "handle: cooper", "handle used twice: cooper"),
        ("id: C0000001", "id: X1", "channels.0.id"),
        ("id: C0000001", "id: U0000002", "channels.0.id"),
        ("name: Acme, ", "", "team.name: Field required"),
        ("domain: acme", "domain: acme, colour: red", "team.colour"),
        ("team: {", "team: [", "is not YAML"),
    ],
)
def test_a_mistake_in_the_workspace_file_is_named(tmp_path, before, after, said):
    file = tmp_path / "own.yaml"
    file.write_text(GOOD.replace(before, after))
    with pytest.raises(SeedError, match=said):
        load_seed(file)


def test_a_workspace_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SeedError, match="No such file"):
        load_seed(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "evil.example"}, 403),
        ({"Host": "127.0.0.1.evil.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
async def test_only_the_own_page_may_act(workspace, headers, status):
    body = {"user": "ana", "channel": "ml", "text": "hi"}
    url = f"{workspace.people_url}/messages"
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, json=body, headers=headers) as answer,
    ):
        assert answer.status == status
    sent = (await workspace.read("messages", channel="ml"))["messages"]
    assert len(sent) == (1 if status == 200 else 0)


@pytest.mark.parametrize(
    ("what", "body", "error"),
    [
        ("messages", b"{", "invalid_json"),
        ("messages", b"[]", "invalid_json"),
        ("messages", b"{}", "missing_field"),
        ("messages", b'{"user": "ana", "channel": "ml", "text": "  "}', "missing_field"),
        (
            "messages",
            b'{"user": "ana", "channel": "ml", "text": "x", "thread_ts": "1.0"}',
            "thread_not_found",
        ),
        ("messages", b'{"user": "ana", "channel": "DBEN00001", "text": "x"}', "channel_not_found"),
        ("submits", b'{"user": "ana", "view_id": "V1", "values": {}}', "view_not_found"),
        ("clicks", b'{"user": "ana", "action_id": "confirm"}', "nowhere_to_click"),
        ("joins", b'{"user": "dan", "channel": "ml"}', "user_is_restricted"),
        ("shouts", b"{}", "not_found"),
    ],
)
async def test_a_request_that_makes_no_sense_is_explained(workspace, what, body, error):
    url = f"{workspace.people_url}/{what}"
    async with aiohttp.ClientSession() as session, session.post(url, data=body) as answer:
        found = await answer.json()
    assert answer.status in (400, 403, 404)
    assert found["error"] == error
    assert found["message"]


async def test_open_pages_hear_of_changes_they_may_see(workspace):
    heard: dict[str, bytes] = {"ana": b"", "ben": b""}
    async with aiohttp.ClientSession() as session:

        async def listen(user: str) -> None:
            url = f"{workspace.people_url}/events?user={user}"
            async with session.get(url) as stream:
                async for chunk in stream.content:
                    heard[user] += chunk

        tasks = [asyncio.create_task(listen(user)) for user in heard]
        await eventually(lambda: all(heard.values()))
        await workspace.act("messages", user="ana", channel="@cooper", text="between us")
        await workspace.act("messages", user="ana", channel="ml", text="for all")
        await eventually(lambda: all(b"for all" in text for text in heard.values()))
        for task in tasks:
            task.cancel()
    assert b"between us" in heard["ana"]
    assert b"between us" not in heard["ben"]


async def _program(*arguments: str, **environment: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "infra.local.slack", *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **environment},
    )


async def test_the_program_serves_with_the_given_tokens_until_it_is_stopped(tmp_path):
    program = await _program(
        "--state", str(tmp_path), SLACK_BOT_TOKEN="xoxb-simulator-given", SLACK_APP_TOKEN=""
    )
    said = (await asyncio.wait_for(program.stdout.readline(), 20)).decode()
    url = said.split()[-1]
    headers = {"Authorization": "Bearer xoxb-simulator-given"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{url}/api/auth.test", headers=headers) as answer,
    ):
        assert (await answer.json())["user_id"] == "U0COOPER1"
    program.send_signal(signal.SIGTERM)
    out, err = await asyncio.wait_for(program.communicate(), 10)
    assert program.returncode == 0
    assert b"xoxb" not in out + err
    assert (tmp_path / "tokens.json").stat().st_mode & 0o777 == 0o600


async def test_the_program_says_what_is_wrong_and_exits_with_2(tmp_path, workspace):
    missing = await _program("--state", str(tmp_path), "--workspace", str(tmp_path / "none"))
    _, err = await asyncio.wait_for(missing.communicate(), 20)
    assert (missing.returncode, b"cannot read" in err) == (2, True)
    taken = await _program("--state", str(tmp_path), "--port", str(workspace.port))
    _, err = await asyncio.wait_for(taken.communicate(), 20)
    assert (taken.returncode, b"cannot serve on" in err) == (2, True)


def test_a_page_that_does_not_build_says_which_step_failed(tmp_path):
    page = tmp_path / "page"
    page.mkdir()
    for name in ("package.json", "package-lock.json", "index.html", "tsconfig.json"):
        (page / name).write_text("{}")
    (page / "vite.config.ts").write_text("")
    (page / "src").mkdir()
    with pytest.raises(PageError, match="npm"):
        build(page)
    assert not Path(page / "dist").exists()
