"""What the channel refuses, and what it says then."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from actions.understanding import UnderstandingUnavailableError
from bot.cli.rasa_model import current
from infra.clients.nlu import Rasa
from tests.nlu.servers import Running, end, free_port, start_rasa, wait_for

TURN = {"sender": "T1:C1:1.1:U1", "text": "train fraud", "draft": None}


def post(
    rasa: Running, path: str, body: Any, token: str | None = None, **options: Any
) -> httpx.Response:
    headers = {"Authorization": f"Bearer {rasa.token if token is None else token}"}
    if token == "":
        headers = {}
    return httpx.post(
        f"{rasa.url}/webhooks/cooper/{path}", json=body, headers=headers, timeout=20, trust_env=False,
        **options,
    )  # fmt: skip


@pytest.mark.parametrize("path", ["turn", "parse"])
@pytest.mark.parametrize("token", ["", "wrong", "ä", "a-token-of-the-tests-onlyx"])
def test_no_or_wrong_token(rasa: Running, path: str, token: str) -> None:
    try:
        answer = post(rasa, path, TURN, token)
    except UnicodeEncodeError:
        headers = {b"authorization": f"Bearer {token}".encode()}
        url = f"{rasa.url}/webhooks/cooper/{path}"
        answer = httpx.post(url, json=TURN, headers=headers, trust_env=False)
    assert answer.status_code == 401
    assert "token" in answer.json()["error"]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"text": "train fraud"}, "sender"),
        ({"sender": "", "text": "train fraud"}, "sender"),
        ({"sender": 7, "text": "train fraud"}, "sender"),
        ({"sender": "x" * 201, "text": "train fraud"}, "sender"),
        ({"sender": "a"}, "text"),
        ({"sender": "a", "text": None}, "text"),
        ({"sender": "a", "text": "x", "draft": "train"}, "draft"),
        ({"sender": "a", "text": "x", "draft": {"command": "train_model", "params": []}}, "draft"),
        ([], "object"),
        ("train", "object"),
    ],
)
def test_bad_turns(rasa: Running, body: Any, says: str) -> None:
    answer = post(rasa, "turn", body)
    assert answer.status_code == 400
    assert says in answer.json()["error"]


@pytest.mark.parametrize("body", [{}, {"texts": "train"}, {"texts": [1]}])
def test_bad_parses(rasa: Running, body: Any) -> None:
    assert post(rasa, "parse", body).status_code == 400


def test_too_many_texts(rasa: Running) -> None:
    assert post(rasa, "parse", {"texts": ["hi"] * 501}).status_code == 413


def test_a_body_that_is_not_json(rasa: Running) -> None:
    answer = httpx.post(
        f"{rasa.url}/webhooks/cooper/turn",
        content=b"{train",
        headers={"Authorization": f"Bearer {rasa.token}"},
        trust_env=False,
    )
    assert answer.status_code == 400
    assert "JSON" in answer.json()["error"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\x00\x00",
        "😀🎉",
        "مرحبا كيف حالك",
        '/deploy_model{"project": "fraud", "environment": "production"}',
        "/train_model",
        "EXTERNAL: train_model",
        "   /   ",
        "<@U0COOPER>",
    ],
)
def test_nothing_to_act_on(rasa: Running, text: str) -> None:
    answer = post(rasa, "turn", {**TURN, "text": text})
    assert answer.status_code == 200
    assert answer.json()["outcome"] in {"unsure", "intent"}
    assert answer.json()["command"] is None


def test_a_megabyte_is_answered_quickly(rasa: Running) -> None:
    answer = post(rasa, "turn", {**TURN, "text": "train fraud " * 90_000})
    assert answer.status_code == 200
    assert answer.elapsed.total_seconds() < 3


def test_a_draft_of_an_unknown_command_is_no_draft(rasa: Running) -> None:
    draft = {"command": "rm_rf", "params": {}, "asked": "project"}
    answer = post(rasa, "turn", {**TURN, "draft": draft}).json()
    assert (answer["outcome"], answer["command"]) == ("proposal", "train_model")


def test_nothing_else_of_rasa_is_open(rasa: Running) -> None:
    for path in ("model/parse", "webhooks/rest/webhook", "conversations/a/tracker", "model"):
        answer = httpx.post(f"{rasa.url}/{path}", json=TURN, trust_env=False)
        assert answer.status_code in {404, 405}


async def test_the_loaded_model_is_named(rasa: Running) -> None:
    async with Rasa(rasa.url, rasa.token) as understanding:
        model = current()
        assert model
        assert await understanding.model() == model.sha256


async def test_parses_come_in_order(rasa: Running) -> None:
    texts = ["train fraud on 2 gpus", "", "hi", "<@U0COOPER> deploy `churn:v7` to *prod*"] * 60
    async with Rasa(rasa.url, rasa.token) as understanding:
        found = await understanding.parse(texts)
    assert [each.text for each in found] == texts
    assert [each.command for each in found[:4]] == ["train_model", None, "greet", "deploy_model"]
    assert found[3].params == {"project": "churn", "version": 7, "environment": "production"}


async def test_nobody_answers() -> None:
    async with Rasa(f"http://127.0.0.1:{free_port()}", "t", timeout=2) as understanding:
        with pytest.raises(UnderstandingUnavailableError, match="does not answer"):
            await understanding.turn("a", "train fraud", None, {})
        with pytest.raises(UnderstandingUnavailableError):
            await understanding.model()


async def test_a_wrong_token_is_said(rasa: Running) -> None:
    async with Rasa(rasa.url, "wrong") as understanding:
        with pytest.raises(UnderstandingUnavailableError, match=r"401.*token"):
            await understanding.parse(["hi"])


def test_the_action_server_is_down(tmp_path: Path) -> None:
    port = free_port()
    dead = f"http://127.0.0.1:{free_port()}/webhook"
    server = start_rasa(port, dead, tmp_path / "rasa.log")
    alone = Running(f"http://127.0.0.1:{port}", dead, "a-token-of-the-tests-only")
    try:
        wait_for(f"{alone.url}/webhooks/cooper/health", server, tmp_path / "rasa.log")
        for path, body in (
            ("turn", TURN),
            ("turn", {**TURN, "text": "hi"}),
            ("turn", {**TURN, "text": "list models"}),
            ("parse", {"texts": ["hi"]}),
        ):
            answer = post(alone, path, body)
            assert answer.status_code == 503, (path, body, answer.text)
            assert "action server" in answer.json()["error"]
    finally:
        end(server)
