"""Rasa behind our own channel (docs/contracts.md, "bot ⇄ nlu")."""

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import httpx

from actions.store import StoredDraft
from actions.understanding import Guess, Parse, Turn, UnderstandingUnavailableError

_TIMEOUT = httpx.Timeout(10.0, connect=2.0)


class Rasa:
    """The `Understanding` port; close it, or use it as an async context manager."""

    def __init__(self, url: str, token: str) -> None:
        self._client = httpx.AsyncClient(
            base_url=url.rstrip("/") + "/webhooks/cooper",
            headers={"Authorization": f"Bearer {token}"},
            timeout=_TIMEOUT,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._client.aclose()

    async def turn(
        self, sender: str, text: str, draft: StoredDraft | None, context: Mapping[str, Any]
    ) -> Turn:
        """What `text` means, given the form in progress and the thread's values.

        Raises:
            UnderstandingUnavailableError: Rasa or its action server does not answer.
        """
        asked = {
            "sender": sender,
            "text": text,
            "draft": None
            if draft is None
            else {"command": draft.command, "params": draft.params, "asked": draft.asked},
            "context": dict(context),
        }
        return _turn(await self._post("/turn", asked))

    async def parse(self, texts: Sequence[str]) -> Sequence[Parse]:
        """Each text by itself, in order.

        Raises:
            UnderstandingUnavailableError: Rasa does not answer.
        """
        answered = await self._post("/parse", {"texts": list(texts)})
        return [
            Parse(one["text"], one["command"], one["params"], one["confidence"])
            for one in answered["parses"]
        ]

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        try:
            response = await self._client.post(path, json=body)
            response.raise_for_status()
            answered: dict[str, Any] = response.json()
        except (httpx.HTTPError, ValueError) as error:
            msg = f"The language service does not answer ({type(error).__name__})."
            raise UnderstandingUnavailableError(msg) from error
        return answered


def _turn(answered: dict[str, Any]) -> Turn:
    draft = answered.get("draft")
    return Turn(
        outcome=answered["outcome"],
        intent=answered.get("intent"),
        confidence=answered.get("confidence", 0.0),
        command=answered.get("command"),
        params=answered.get("params") or {},
        draft=None
        if draft is None
        else StoredDraft(draft["command"], draft["params"], draft.get("asked")),
        asked=answered.get("asked"),
        problem=answered.get("problem"),
        inferred=tuple(answered.get("inferred") or ()),
        nearest=tuple(
            Guess(one["command"], one["confidence"]) for one in answered.get("nearest") or ()
        ),
        model=answered.get("model"),
    )
