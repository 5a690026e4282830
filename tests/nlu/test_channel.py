"""What the channel refuses, and what it says then."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest

from actions.understanding import UnderstandingUnavailableError
from bot.cli.rasa_model import current
from infra.clients.nlu import Rasa
from tests.nlu.servers import TOKEN, Running, end, free_port, start_rasa, wait_for

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


@contextmanager
def alone(actions_url: str, logs: Path) -> Iterator[Running]:
    """Rasa without the action server it should have."""
    port = free_port()
    server = start_rasa(port, actions_url, logs / "rasa.log")
    running = Running(f"http://127.0.0.1:{port}", actions_url, TOKEN)
    try:
        wait_for(f"{running.url}/webhooks/cooper/health", server, logs / "rasa.log")
        yield running
    finally:
        end(server)


class Nonsense(BaseHTTPRequestHandler):
    """Answers with a plan, and with an event as no action server writes it."""

    def do_POST(self) -> None:
        plan = {"outcome": "proposal", "command": "deploy_model", "params": {}}
        events = [{"event": "slot", "name": "project", "value": "fraud", "timestamp": "noon"}]
        answer = {"events": events, "responses": [{"custom": plan}]}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_an_answer_of_another_shape_is_none(tmp_path: Path) -> None:
    actions = HTTPServer(("127.0.0.1", 0), Nonsense)
    Thread(target=actions.serve_forever, daemon=True).start()
    try:
        with alone(f"http://127.0.0.1:{actions.server_port}/webhook", tmp_path) as running:
            answer = post(running, "turn", {**TURN, "text": "list models"})
            assert answer.status_code == 503, answer.text
    finally:
        actions.shutdown()
        actions.server_close()


def test_the_action_server_is_down(tmp_path: Path) -> None:
    with alone(f"http://127.0.0.1:{free_port()}/webhook", tmp_path) as running:
        for path, body in (
            ("turn", TURN),
            ("turn", {**TURN, "text": "hi"}),
            ("turn", {**TURN, "text": "list models"}),
            ("parse", {"texts": ["hi"]}),
        ):
            answer = post(running, path, body)
            assert answer.status_code == 503, (path, body, answer.text)
            assert "action server" in answer.json()["error"]
