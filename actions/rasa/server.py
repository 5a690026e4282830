"""The Rasa action server: what Rasa's forms and rules call. It proposes; it never acts.

Every action is a function of the request: the tracker carries the draft, the text and its parse.
"""

import os
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Protocol

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, FollowupAction, SlotSet
from rasa_sdk.executor import ActionExecutor, CollectingDispatcher
from rasa_sdk.interfaces import ActionExecutionRejection

from actions.catalog import COMMANDS, PARAMETERS
from actions.rasa.dialogue import (
    Draft,
    Elsewhere,
    Filled,
    Invalid,
    answer,
    begin,
    draft_of,
    lacking,
)
from actions.rasa.reading import NEEDS_VALUES, Reading, contract, read

HOST = "127.0.0.1"
MAX_PARSES = 500
_REQUESTED = "requested_slot"
_INFERRED = "inferred"
_BEGUN = "begun"
_CANCEL = "cancel"
"""Told by its words as well, whatever Rasa takes them for: "cancel it"."""


def _metadata(tracker: Tracker) -> Mapping[str, Any]:
    """What the channel sent along with the message that is being handled."""
    for event in reversed(tracker.events or []):
        if event.get("event") == "user":
            found = event.get("metadata")
            return found if isinstance(found, Mapping) else {}
    return {}


def _reading(tracker: Tracker) -> Reading:
    return read(tracker.latest_message or {})


def _draft(tracker: Tracker) -> Draft | None:
    return draft_of(_metadata(tracker).get("draft"))


def _values(tracker: Tracker, command: str) -> dict[str, Any]:
    """The slots of `command` that hold a value, in the catalogue's order."""
    names = (parameter.name for parameter in COMMANDS[command].parameters)
    return {name: tracker.slots[name] for name in names if tracker.slots.get(name) is not None}


def _facts(reading: Reading) -> dict[str, Any]:
    return {
        "intent": reading.intent,
        "confidence": reading.confidence,
        "nearest": [
            {"command": command, "confidence": sure, "params": reading.params(command)}
            for command, sure in reading.nearest
        ],
        "unread": list(reading.unread()),
    }


def _tell(dispatcher: CollectingDispatcher, reading: Reading, **answer: Any) -> list[EventType]:
    """Hand the turn's outcome to the channel and end the turn."""
    dispatcher.utter_message(json_message={**_facts(reading), **answer})
    return [FollowupAction("action_listen")]


def _kept(tracker: Tracker) -> dict[str, Any] | None:
    """The draft as it stood."""
    draft = _draft(tracker)
    if draft is None:
        return None
    return asdict(draft)


class ValidateForm:
    """Fills a form from the text (Rasa calls it `validate_{form}`), or says that it is no answer."""

    def __init__(self, command: str) -> None:
        self.command = command

    def name(self) -> str:
        """Rasa's name of the action."""
        return f"validate_{self.command}_form"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, _domain: dict[str, Any]
    ) -> list[EventType]:
        """Slots to set and the next one to ask for."""
        draft, reading = _draft(tracker), _reading(tracker)
        if draft is None or draft.command != self.command:
            if reading.command != self.command:
                raise ActionExecutionRejection(self.name())
            return self._events(begin(self.command, reading, _metadata(tracker).get("context")))
        step = answer(draft, reading)
        if isinstance(step, Elsewhere):
            raise ActionExecutionRejection(self.name())
        if isinstance(step, Invalid):
            facts = {"outcome": "invalid", "asked": draft.asked, "problem": step.problem}
            message = {**_facts(reading), **facts, "draft": _kept(tracker)}
            dispatcher.utter_message(json_message=message)
            return [SlotSet(_REQUESTED, draft.asked), SlotSet(_INFERRED, None)]
        return self._events(step)

    def _events(self, filled: Filled) -> list[EventType]:
        missing = COMMANDS[self.command].missing(filled.params)
        return [
            *(SlotSet(name, filled.params.get(name)) for name in PARAMETERS),
            SlotSet(_INFERRED, list(filled.inferred) or None),
            SlotSet(_BEGUN, filled.begun or None),
            SlotSet(_REQUESTED, missing[0] if missing else None),
        ]


class Ask:
    """Asks for one parameter of the form in progress."""

    def __init__(self, parameter: str) -> None:
        self.parameter = parameter

    def name(self) -> str:
        """Rasa's name of the action."""
        return f"action_ask_{self.parameter}"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, _domain: dict[str, Any]
    ) -> list[EventType]:
        """Outcome `ask`, with the draft as far as it is filled."""
        command = str((tracker.active_loop or {}).get("name") or "").removesuffix("_form")
        if command not in COMMANDS:
            return []
        params = _values(tracker, command)
        begun = tracker.slots.get(_BEGUN) or {}
        draft = asdict(Draft(command, params, self.parameter, begun))
        reading = _reading(tracker)
        message = {"outcome": "ask", "command": command, "params": params, "draft": draft}
        dispatcher.utter_message(
            json_message={
                **_facts(reading),
                **message,
                "asked": self.parameter,
                "problem": lacking(self.parameter, begun),
                "inferred": tracker.slots.get(_INFERRED) or [],
            }
        )
        return []


def propose(
    dispatcher: CollectingDispatcher,
    tracker: Tracker,
    reading: Reading,
    command: str,
    params: dict[str, Any],
) -> list[EventType]:
    """Outcome `proposal`; a form that waits keeps its draft where the command only reads."""
    draft = _draft(tracker)
    reads = COMMANDS[command].risk == "read"
    other = draft is not None and draft.command != command
    return _tell(
        dispatcher,
        reading,
        outcome="proposal",
        command=command,
        params=params,
        draft=_kept(tracker) if reads and other else None,
        inferred=tracker.slots.get(_INFERRED) or [],
    )


class Propose:
    """The command is complete: hand it to the bot, which plans, authorises and confirms."""

    def name(self) -> str:
        """Rasa's name of the action."""
        return "action_propose"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, _domain: dict[str, Any]
    ) -> list[EventType]:
        """Outcome `proposal`; a form that waits keeps its draft."""
        reading, draft = _reading(tracker), _draft(tracker)
        command, formless = reading.command, draft is not None and _has_no_form(draft)
        if reading.intent == _CANCEL or (formless and command is None):
            return Converse().run(dispatcher, tracker, _domain)
        if draft and not formless and not isinstance(answer(draft, reading), Elsewhere):
            # The answer that completed the form may look like another command: "daily at 18:30".
            filled = _values(tracker, draft.command)
            return propose(dispatcher, tracker, reading, draft.command, filled)
        if command is None:
            return Unsure().run(dispatcher, tracker, _domain)
        if not COMMANDS[command].required:
            params = begin(command, reading, {}).params
            return propose(dispatcher, tracker, reading, command, params)
        return propose(dispatcher, tracker, reading, command, _values(tracker, command))


def _has_no_form(draft: Draft) -> bool:
    """Whether the draft is a shown plan of a command that asks for nothing."""
    return draft.asked is None and not COMMANDS[draft.command].required


class Converse:
    """A conversation intent: the bot answers it."""

    def name(self) -> str:
        """Rasa's name of the action."""
        return "action_converse"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, _domain: dict[str, Any]
    ) -> list[EventType]:
        """Outcome `intent`; `cancel` drops the draft, everything else leaves it."""
        reading, shown = _reading(tracker), _draft(tracker)
        if shown is not None and _has_no_form(shown):
            # Its command asks for nothing, so it has no form that could take the correction.
            step = answer(shown, reading)
            if isinstance(step, Filled):
                return propose(dispatcher, tracker, reading, shown.command, step.params)
        draft = None if reading.intent == "cancel" else _kept(tracker)
        params = reading.params(None) if reading.intent in NEEDS_VALUES else {}
        outcome = "unsure" if reading.hesitates else "intent"
        return _tell(dispatcher, reading, outcome=outcome, draft=draft, params=params)


class Unsure:
    """Out of scope or below the threshold: nothing is proposed."""

    def name(self) -> str:
        """Rasa's name of the action."""
        return "action_unsure"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, _domain: dict[str, Any]
    ) -> list[EventType]:
        """Outcome `unsure` with the nearest commands; mere values are an answer nobody asked for."""
        if _reading(tracker).intent in {*NEEDS_VALUES, _CANCEL}:
            return Converse().run(dispatcher, tracker, _domain)
        return _tell(dispatcher, _reading(tracker), outcome="unsure", draft=_kept(tracker))


class Read:
    """Reads parses by the parse contract; the channel's stateless half calls it."""

    def name(self) -> str:
        """Rasa's name of the action."""
        return "action_read"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, _domain: dict[str, Any]
    ) -> list[EventType]:
        """One object a parse, in order, as `{"parses": […]}`."""
        parses = _metadata(tracker).get("parses") or []
        typed = _metadata(tracker).get("texts") or []
        found = [
            contract(read(parse), str(text))
            for parse, text in zip(parses[:MAX_PARSES], typed, strict=False)
        ]
        dispatcher.utter_message(json_message={"parses": found})
        return []


class Action(Protocol):
    """What the executor calls."""

    def name(self) -> str:
        """Rasa's name of the action."""

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, _domain: dict[str, Any]
    ) -> list[EventType]:
        """Answer through the dispatcher; the events change Rasa's tracker."""


def actions() -> list[Action]:
    """One instance of every action that the domain names."""
    forms = [command for command in COMMANDS.values() if command.required]
    asked = dict.fromkeys(name for command in forms for name in command.required)
    return [
        *(ValidateForm(command.name) for command in forms),
        *(Ask(name) for name in asked),
        Propose(),
        Converse(),
        Unsure(),
        Read(),
    ]


def executor() -> ActionExecutor:
    """The SDK's executor with all actions."""
    found = ActionExecutor()
    for action in actions():
        found.register_function(action.name(), action.run)
    return found


def serve(port: int) -> None:
    """Serve the actions on loopback until SIGTERM or SIGINT, in this one process.

    Raises:
        OSError: The port is taken.
    """
    os.environ["SANIC_HOST"] = HOST
    from rasa_sdk.endpoint import create_app

    app = create_app(executor(), cors_origins=[])
    app.run(host=HOST, port=port, single_process=True, access_log=False, motd=False)
