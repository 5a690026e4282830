"""Our channel: the only way into Rasa. Token, sender, size and shape are checked before anything runs.

`POST turn` reads one text in its dialogue, `POST parse` reads texts by themselves, `GET health` says
which model answers (docs/contracts.md, "bot ⇄ nlu"). Nothing is kept between two requests.
"""

import hashlib
import hmac
import json
import logging
from collections.abc import Awaitable, Callable
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

from answers import check_quickly
from parse import rasa_parse
from rasa.core.channels.channel import CollectingOutputChannel, InputChannel, UserMessage
from rasa.core.processor import MessageProcessor
from rasa.shared.core.constants import ACTION_LISTEN_NAME, ACTION_SESSION_START_NAME, REQUESTED_SLOT
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    Event,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker
from sanic import Blueprint, response
from sanic.exceptions import SanicException
from sanic.request import Request
from sanic.response import HTTPResponse
from text import prepare

logger = logging.getLogger(__name__)

MAX_TEXTS = 500
MAX_SENDER = 200
MIN_TOKEN = 16


class BadRequestError(Exception):
    """The request cannot be answered; the message is for its sender."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@lru_cache(maxsize=4)
def _sha256(path: str, _modified_ns: int) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def model_hash(processor: MessageProcessor) -> str:
    """SHA-256 of the file that the loaded model came from, in hex."""
    path = Path(processor.model_path)
    return _sha256(str(path), path.stat().st_mtime_ns)


def _draft(body: dict[str, Any]) -> dict[str, Any] | None:
    draft = body.get("draft")
    if draft is None:
        return None
    shaped = isinstance(draft, dict) and isinstance(draft.get("command"), str)
    if not shaped or not isinstance(draft.get("params", {}), dict):
        raise BadRequestError(400, "draft must be null or {command, params, asked}.")
    if not isinstance(draft.get("asked"), (str, type(None))):
        raise BadRequestError(400, "draft.asked must be a parameter's name or null.")
    begun = draft.get("begun") or {}
    if not isinstance(begun, dict):
        raise BadRequestError(400, "draft.begun must be an object of words by parameter.")
    return {
        "command": draft["command"],
        "params": draft.get("params", {}),
        "asked": draft.get("asked"),
        "begun": begun,
    }


def _hydrated(
    processor: MessageProcessor, sender: str, draft: dict[str, Any] | None
) -> DialogueStateTracker:
    """A fresh tracker in which the draft's form is active and asks what the draft asks."""
    domain = processor.domain
    tracker = DialogueStateTracker(sender, domain.slots)
    tracker.model_id = processor.model_metadata.model_id
    tracker.assistant_id = processor.model_metadata.assistant_id
    events: list[Event] = [
        ActionExecuted(ACTION_SESSION_START_NAME),
        SessionStarted(),
        ActionExecuted(ACTION_LISTEN_NAME),
    ]
    form = "{}_form".format(draft["command"]) if draft else None
    if draft and form in domain.form_names:
        known = {slot.name for slot in domain.slots}
        events += [
            UserUttered("", intent={"name": draft["command"], "confidence": 1.0}),
            ActionExecuted(form),
            ActiveLoop(form),
            *(SlotSet(name, value) for name, value in draft["params"].items() if name in known),
            SlotSet(REQUESTED_SLOT, draft["asked"]),
            ActionExecuted(ACTION_LISTEN_NAME),
        ]
    for event in events:
        tracker.update(event, domain)
    return tracker


def _outcome(messages: "list[dict[str, Any]]") -> dict[str, Any]:
    """The turn's answer: what is not a question goes first, since a form asks again after it."""
    answers = [message["custom"] for message in messages if message.get("custom")]
    said = [answer for answer in answers if answer.get("outcome") != "ask"]
    chosen = (said or answers)[:1]
    if not chosen:
        raise BadRequestError(503, "The action server does not answer, so no turn can be taken.")
    return chosen[0]


class CooperChannel(InputChannel):
    """Rasa behind a bearer token."""

    @classmethod
    def name(cls) -> str:
        """The path below `/webhooks/`."""
        return "cooper"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> "CooperChannel":
        """The channel with the token of `credentials.yml`.

        Raises:
            ValueError: There is none, or it is too short to be one.
        """
        token = str((credentials or {}).get("token") or "")
        if len(token) < MIN_TOKEN or token.startswith("${"):
            msg = f"Set NLU_TOKEN to a secret of at least {MIN_TOKEN} characters."
            raise ValueError(msg)
        check_quickly()
        return cls(token)

    def __init__(self, token: str = "") -> None:
        self._token = token.encode()

    def _allow(self, request: Request) -> None:
        given = (request.token or "").encode(errors="replace")
        if not self._token or not hmac.compare_digest(given, self._token):
            raise BadRequestError(401, "The bearer token is missing or wrong.")

    @staticmethod
    def _body(request: Request) -> dict[str, Any]:
        try:
            body = request.json
        except SanicException as error:
            raise BadRequestError(400, "The body is not JSON.") from error
        if not isinstance(body, dict):
            raise BadRequestError(400, "The body must be a JSON object.")
        return body

    @staticmethod
    def _processor(request: Request) -> MessageProcessor:
        agent = getattr(request.app.ctx, "agent", None)
        if not agent or not agent.processor:
            raise BadRequestError(503, "No model is loaded.")
        return agent.processor

    def blueprint(self, _on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """The routes, to be mounted below `/webhooks/cooper`."""
        routes = Blueprint("cooper", "cooper")

        def guarded(
            answer: Callable[[Request], Awaitable[dict[str, Any]]],
        ) -> Callable[[Request], Awaitable[HTTPResponse]]:
            async def handle(request: Request) -> HTTPResponse:
                try:
                    self._allow(request)
                    return response.json(await answer(request), dumps=_dumps)
                except BadRequestError as error:
                    return response.json({"error": str(error)}, status=error.status)
                except Exception:
                    logger.exception("A request to %s failed.", request.path)
                    status = HTTPStatus.INTERNAL_SERVER_ERROR
                    return response.json({"error": "The text could not be read."}, status=status)

            return handle

        async def health(request: Request) -> HTTPResponse:
            try:
                return response.json(
                    {"status": "ok", "model": model_hash(self._processor(request))}
                )
            except BadRequestError as error:
                return response.json({"error": str(error)}, status=error.status)

        routes.add_route(health, "/health", methods=["GET"], name="health")
        routes.add_route(guarded(self._turn), "/turn", methods=["POST"], name="turn")
        routes.add_route(guarded(self._parse), "/parse", methods=["POST"], name="parse")
        return routes

    async def _turn(self, request: Request) -> dict[str, Any]:
        body = self._body(request)
        sender, text = body.get("sender"), body.get("text")
        if not isinstance(sender, str) or not 0 < len(sender) <= MAX_SENDER:
            raise BadRequestError(400, "sender is missing: team:channel:thread:user.")
        if not isinstance(text, str):
            raise BadRequestError(400, "text is missing.")
        draft, context = _draft(body), body.get("context")
        processor = self._processor(request)
        facts = {"intent": None, "confidence": 0.0, "nearest": [], "model": model_hash(processor)}
        ready = prepare(text)
        if not ready:
            return {**_nothing(), **facts, "outcome": "unsure", "draft": draft}
        collector = CollectingOutputChannel()
        message = UserMessage(
            ready,
            collector,
            sender,
            input_channel=self.name(),
            metadata={"draft": draft, "context": context if isinstance(context, dict) else {}},
        )
        tracker = _hydrated(processor, sender, draft)
        await processor._handle_message_with_tracker(message, tracker)  # noqa: SLF001
        await processor._run_prediction_loop(collector, tracker)  # noqa: SLF001
        return {**_nothing(), **facts, **_outcome(collector.messages)}

    async def _parse(self, request: Request) -> dict[str, Any]:
        texts = self._body(request).get("texts")
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise BadRequestError(400, "texts must be a list of texts.")
        if len(texts) > MAX_TEXTS:
            raise BadRequestError(413, f"At most {MAX_TEXTS} texts at once.")
        processor = self._processor(request)
        parses = []
        for text in texts:
            ready = prepare(text)
            found = await processor.parse_message(UserMessage(ready)) if ready else {}
            parses.append(rasa_parse(found, ready))
        return {"parses": await _read(processor, texts, parses)}


def _nothing() -> dict[str, Any]:
    return {
        **dict.fromkeys(("command", "draft", "asked", "problem")),
        "params": {},
        "inferred": [],
        "unread": [],
    }


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


async def _read(
    processor: MessageProcessor, texts: "list[str]", parses: "list[dict[str, Any]]"
) -> "list[dict[str, Any]]":
    """The parses by the contract: the action server normalises them."""
    metadata = {"texts": texts, "parses": parses}
    call = {
        "next_action": "action_read",
        "sender_id": "parse",
        "tracker": {
            "sender_id": "parse",
            "slots": {},
            "latest_message": {},
            "events": [{"event": "user", "metadata": metadata}],
            "paused": False,
            "active_loop": {},
        },
        "domain": {},
        "version": "3.6.21",
    }
    try:
        answer = await processor.action_endpoint.request(json=call, method="post")
        return list(answer["responses"][0]["custom"]["parses"])
    except Exception as error:
        logger.warning("The action server did not answer: %s", type(error).__name__)
        raise BadRequestError(
            503, "The action server does not answer, so no text can be read."
        ) from error
