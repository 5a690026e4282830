"""Rasa behind our channel, as the domain's `Understanding` (docs/contracts.md, "bot ⇄ nlu")."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Self

import httpx

from actions.store import StoredDraft
from actions.understanding import Guess, Parse, Turn, UnderstandingUnavailableError
from infra.timing import timed

TIMEOUT_SECONDS = 10.0
MAX_TEXT = 4000
_BATCH = 200


class Rasa:
    """Asks Rasa what texts mean; an async context manager that owns its connections."""

    def __init__(self, url: str, token: str, *, timeout: float = TIMEOUT_SECONDS) -> None:
        self._client = httpx.AsyncClient(
            base_url=f"{url.rstrip('/')}/webhooks/cooper",
            headers={"Authorization": f"Bearer {token}"},
            timeout=timeout,
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def turn(
        self, sender: str, text: str, draft: StoredDraft | None, context: Mapping[str, Any]
    ) -> Turn:
        """What `text` means, given the form in progress and the thread's values.

        Raises:
            UnderstandingUnavailableError: Rasa or its action server does not answer.
        """
        body = {
            "sender": sender,
            "text": text[:MAX_TEXT],
            "draft": draft and asdict(draft),
            "context": dict(context),
        }
        return _turn(await self._post("turn", body))

    async def parse(self, texts: Sequence[str]) -> Sequence[Parse]:
        """Each text by itself, in order.

        Raises:
            UnderstandingUnavailableError: Rasa or its action server does not answer.
        """
        found: list[Parse] = []
        for start in range(0, len(texts), _BATCH):
            batch = texts[start : start + _BATCH]
            answer = await self._post("parse", {"texts": [text[:MAX_TEXT] for text in batch]})
            found += _parses(batch, answer)
        return found

    async def model(self) -> str:
        """SHA-256 of the loaded model's file, in hex.

        Raises:
            UnderstandingUnavailableError: Rasa does not answer, or has no model.
        """
        try:
            response = await self._client.get("/health")
            response.raise_for_status()
            return str(response.json()["model"])
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise _unavailable(error) from error

    async def _post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        try:
            with timed("nlu"):
                response = await self._client.post(f"/{path}", json=body)
            response.raise_for_status()
            answer = response.json()
        except (httpx.HTTPError, ValueError) as error:
            raise _unavailable(error) from error
        if not isinstance(answer, dict):
            msg = "it answered with something that is no JSON object"
            raise _unavailable(msg)
        return answer


def _unavailable(cause: Exception | str) -> UnderstandingUnavailableError:
    detail = str(cause) or type(cause).__name__
    if isinstance(cause, httpx.HTTPStatusError):
        detail = f"HTTP {cause.response.status_code}: {_error(cause.response)}"
    return UnderstandingUnavailableError(f"Language understanding does not answer: {detail}")


def _error(response: httpx.Response) -> str:
    try:
        return str(response.json()["error"])[:300]
    except (ValueError, KeyError, TypeError):
        return "no reason given"


def _draft(raw: Mapping[str, Any] | None) -> StoredDraft | None:
    if raw is None:
        return None
    begun = {str(name): str(words) for name, words in (raw.get("begun") or {}).items()}
    return StoredDraft(str(raw["command"]), dict(raw["params"]), raw["asked"], begun)


def _turn(answer: Mapping[str, Any]) -> Turn:
    try:
        return Turn(
            outcome=answer["outcome"],
            intent=answer["intent"],
            confidence=float(answer["confidence"]),
            command=answer["command"],
            params=dict(answer["params"]),
            draft=_draft(answer["draft"]),
            asked=answer["asked"],
            problem=answer["problem"],
            inferred=tuple(answer["inferred"]),
            unread=tuple(answer["unread"]),
            nearest=tuple(
                Guess(str(each["command"]), float(each["confidence"]), dict(each["params"]))
                for each in answer["nearest"]
            ),
            model=answer["model"],
        )
    except (KeyError, TypeError, ValueError) as error:
        msg = f"its answer lacks {error}"
        raise _unavailable(msg) from error


def _parses(texts: Sequence[str], answer: Mapping[str, Any]) -> list[Parse]:
    try:
        return [
            Parse(text, each["command"], dict(each["params"]), float(each["confidence"]))
            for text, each in zip(texts, answer["parses"], strict=True)
        ]
    except (KeyError, TypeError, ValueError) as error:
        msg = f"its answer lacks {error}"
        raise _unavailable(msg) from error
