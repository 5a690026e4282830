"""Rasa's parse of one text, read as the parse contract has it. Pure: no SDK, no I/O."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from actions.catalog import COMMANDS, CONVERSATION, PARAMETERS
from actions.normalise import UnreadableError, find_reason, normalise
from actions.normalise.patterns import LOOKS_LIKE
from actions.rasa.figures import FIGURE, counted, lone
from actions.rasa.moods import asks_another, gives_up, hesitates, speaks_for_another
from actions.rasa.orders import asks_for, is_for_machines
from actions.rasa.spans import (
    OPEN,
    UNCERTAIN,
    Places,
    Span,
    as_taken,
    blanked,
    chosen,
    class_of,
    classes_of,
    marked,
    only_values,
    readable,
    said,
    spans_of,
    touches,
    with_names,
    without,
    without_slips,
)
from actions.spec import Kind, Parameter, Risk

NEEDS_VALUES = frozenset({"inform", "correct"})
"""Intents that say nothing where no value can be read."""
NEAREST = 3
_SURELY = 0.9
_UNCLEAR = frozenset({"nlu_fallback", "out_of_scope"})
_NOT_READ = _UNCLEAR | {"affirm", "deny"}
"""What a text is no more than seemingly where it holds values and nothing else: "no spot"."""
_STATED = {"resolve_alert": frozenset({"alert", "state"})}
"""Commands that values by themselves ask for: "A17 is fixed"."""
_REFUSED = "negated"
_ASKED = "asked"
_UNKNOWN = "unknown"
_REGISTERED = "registered"
_SLIP = "slip"
_TOLD = frozenset(
    {
        *(Kind.SLUG, Kind.WORD, Kind.USER, Kind.STATE, Kind.INCIDENT_STATE, Kind.SEVERITY),
        *(Kind.PERIOD, Kind.NOTEBOOK, Kind.CHANNEL, Kind.ENVIRONMENT),
    }
)
"""Kinds of what people tell around a request as well: times, places, names."""
_REFERS = re.compile(
    r"\b(?:it|its|it[’']s|(?:this|that|the same) (?:one|model|project))\b", re.IGNORECASE
)
"""In a request: words for what the story before it has named."""
_REFERRED = frozenset({"project", "environment"})
_ALL = re.compile(r"\b(?:all|any|every\w*|each|whole|overall)\b", re.IGNORECASE)
"""In a request: words for more than what the story before it has named."""
_REQUEST = re.compile(r"(?:the )?requests?\b", re.IGNORECASE)
_BEFORE_NAMES = re.compile(
    r"\b(?:of|for|on|in|from|with|about|to|project|model)\s+(?:the |our |my )?$"
)
_CORRECTS = re.compile(r"\W*(?:no|nope|nah|wait|sorry|oops|actually)\b[\s,.!-]*", re.IGNORECASE)
"""Before nothing but values: they take the place of what was said before."""
_TARGETS = {"promote_model": frozenset({"champion"})}
"""Versions that a command makes of another: "make v4 the champion" promotes v4."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text says by itself."""

    text: str
    intent: str | None
    """A command, a conversation intent, or None: out of scope or too unsure."""
    confidence: float
    spans: tuple[Span, ...]
    nearest: tuple[tuple[str, float], ...] = field(default=())
    """Commands with their confidence, the likeliest first."""
    refused: tuple[tuple[int, int], ...] = ()
    """Where the text says what is not wanted: "not v3, promote v4"."""
    asked: tuple[int, int] | None = None
    """Where a long text says what it asks for."""
    unknown: tuple[tuple[int, int], ...] = ()
    """Words that no request has but as names."""

    @property
    def hesitates(self) -> bool:
        """Whether it is less than the yes it was taken for: "ok?"."""
        return self.intent == "affirm" and hesitates(self.text)

    @property
    def command(self) -> str | None:
        """The command, where the text names one."""
        return self.intent if self.intent in COMMANDS else None

    def params(self, command: str | None = None) -> dict[str, Any]:
        """What the text says of `command`'s parameters, normalised.

        Without a command: of all that can be told apart by themselves, so "R42" is a run.
        """
        uses = _ALONE if command is None else COMMANDS[command].parameters
        if command is None and self.intent in CONVERSATION and self.intent not in NEEDS_VALUES:
            uses = tuple(use for use in uses if use.kind not in UNCERTAIN)
        found = said(self._asked_first(uses), uses, last=self.intent == "correct")
        if command is not None:
            self._drop_story(command, found)
        if command is not None and command == self.command:
            found |= self._named(command, found)
            found |= self._figures(command, found)
        if command is None and "run" in found and self._says_request():
            found["request"] = found.pop("run")
        if command in _TARGETS and found.get("version") in _TARGETS[command]:
            del found["version"]
        return found

    def _says_request(self) -> bool:
        """Whether the run is called a request: "request 42"."""
        return any(each.name == "run" and _REQUEST.match(each.raw) for each in self.spans)

    def _asked_first(self, uses: Iterable[Parameter]) -> tuple[Span, ...]:
        """The spans; of a kind that the request itself has, none of the story around it."""
        spans = self._spans_for(uses)
        if self.asked is None:
            return spans
        inside = {span for span in spans if self.asked[0] <= span.start < self.asked[1]}
        kinds = {span.name for span in inside}
        return tuple(span for span in spans if span in inside or span.name not in kinds)

    def _drop_story(self, command: str, found: dict[str, Any]) -> None:
        """Take out what only the story around the request says and the command does not need."""
        if self.asked is None:
            return
        start, end = self.asked
        inside = [span for span in self.spans if start <= span.start < end]
        if COMMANDS[command].risk is Risk.READ and self.text[:start].rstrip().endswith("?"):
            return  # "What did Ana do last week? The audit trail please": both ask for one thing.
        refers = bool(_REFERS.search(self.text, start, end))
        one = self._names_one_project() and not _ALL.search(self.text, start, end)
        names = {span.name for span in as_taken(inside, classes_of(COMMANDS[command].parameters))}
        for use in COMMANDS[command].uses:
            name = use.parameter.name
            aside = use.parameter.kind in _TOLD and class_of(name) not in names
            meant = (refers and name in _REFERRED) or (one and name == "project")
            if aside and not meant and not use.required and name in found:
                del found[name]

    def _names_one_project(self) -> bool:
        """Whether all of the text, the story too, surely names one project and no other."""
        names = [span for span in self.spans if span.name == "project"]
        sure = any(span.confidence >= _SURELY for span in names)
        return sure and len({span.raw.lower() for span in names}) == 1

    def _figures(self, command: str, found: Mapping[str, Any]) -> dict[str, Any]:
        """Values of the lone figures, in the order in which they are said."""
        counts = counted(command)
        figures = [each.group() for each in self._lone_figures(command, found)]
        return {
            parameter.name: normalise(parameter, figure)
            for parameter, figure in zip(counts, figures, strict=False)
        }

    def _lone_figures(self, command: str, found: Mapping[str, Any]) -> list[re.Match[str]]:
        """Figures by themselves that can only be what the command counts: of one kind, and unsaid."""
        counts = counted(command)
        if any(each.name in found for each in counts):
            return []
        start, end = self.asked or (0, len(self.text))
        figures = lone(self.text, start, end, (*self.taken(command), *self.refused))
        return figures if len(figures) <= len(counts) else []

    def _named(self, command: str, found: Mapping[str, Any]) -> dict[str, Any]:
        """The name of the command's that was not found, where only one unknown word can be it.

        What the command can do without must stand where a name stands: "the cost of tpl-motor".
        """
        uses = [use for use in COMMANDS[command].uses if use.parameter.name in OPEN]
        needed = set(COMMANDS[command].missing(found))
        free = [use.parameter for use in uses if use.parameter.name not in found]
        free = [each for each in free if each.name in needed] or free
        names = self.names(command)
        if len(free) != 1 or len(names) != 1:
            return {}
        ((start, end),) = names
        placed = _BEFORE_NAMES.search(self.text, 0, start)
        if free[0].name not in needed and (free[0].name != "project" or not placed):
            return {}
        try:
            return {free[0].name: normalise(free[0], self.text[start:end])}
        except UnreadableError:
            return {}

    def names(self, command: str) -> list[tuple[int, int]]:
        """Unknown words in what is asked for that no value takes; neighbours are one name."""
        start, end = self.asked or (0, len(self.text))
        taken = self.taken(command)
        names: list[tuple[int, int]] = []
        for place in self.unknown:
            if not start <= place[0] < end or touches(*place, (*taken, *self.refused)):
                continue
            beside = bool(names) and self.text[names[-1][1] : place[0]] == " "
            if beside and not self._joined(place) and not self._joined(names[-1]):
                names[-1] = (names[-1][0], place[1])
            else:
                names.append(place)
        joined = [
            place for place in self.unknown if touches(*place, tuple(names)) and self._joined(place)
        ]
        return joined if len(joined) == 1 else names

    def taken(self, command: str) -> Places:
        """Where the values of the command stand."""
        classes = classes_of(COMMANDS[command].parameters)
        spans = chosen(as_taken(self._spans_for(COMMANDS[command].parameters), classes), classes)
        return tuple((span.start, span.end) for span in spans)

    def _joined(self, place: tuple[int, int]) -> bool:
        """Whether the word is one that only names are: "claims-triage", "lapse_risk"."""
        return bool(re.search(r"\w[-_]\w", self.text[slice(*place)]))

    def _spans_for(self, uses: Iterable[Parameter]) -> tuple[Span, ...]:
        """The spans, with the reason where one of `uses` takes it."""
        names = [parameter.name for parameter in uses if parameter.kind is Kind.TEXT]
        place = find_reason(self.text) if names else None
        if place is None:
            return self.spans
        start, end = place
        reason = Span(names[0], start, end, self.text[start:end], by_pattern=True, confidence=1.0)
        return (*self.spans, reason)

    def begun(self, command: str) -> dict[str, str]:
        """Words in the text that are a part of a value of `command`'s: "every monday"."""
        parameters = {class_of(use.name): use for use in COMMANDS[command].parameters}
        found: dict[str, str] = {}
        for span in chosen(self.spans, frozenset(parameters)):
            try:
                normalise(parameters[span.name], span.raw)
            except UnreadableError as error:
                if error.half_said:
                    found[parameters[span.name].name] = span.raw
        said = self.params(command)
        return {name: words for name, words in found.items() if name not in said}

    def unread(self) -> tuple[str, ...]:
        """Figures in the text that no parameter of the command took: "-2 gpus", "3.5 gpus".

        A plan that left them out without a word would be a guess.
        """
        if self.command is None:
            return ()
        uses = COMMANDS[self.command].parameters
        spans = chosen(self._spans_for(uses), classes_of(uses))
        taken = [(span.start, span.end) for span in spans if readable(span)]
        lone = self._lone_figures(self.command, said(self._asked_first(uses), uses))
        taken += [each.span() for each in lone]
        return tuple(
            found.group()
            for found in FIGURE.finditer(self.text)
            if not touches(found.start(), found.end(), (*taken, *self.refused))
        )


_ALONE = tuple(
    parameter
    for name, parameter in PARAMETERS.items()
    if name not in LOOKS_LIKE and parameter.kind is not Kind.TEXT
)


def read(parse: Mapping[str, Any]) -> Reading:
    """The reading of Rasa's parse: `{"text", "intent", "intent_ranking", "entities"}`."""
    text = str(parse.get("text") or "")
    top = parse.get("intent") or {}
    name = top.get("name")
    ranking = [
        (str(entry["name"]), float(entry["confidence"]))
        for entry in parse.get("intent_ranking") or ()
        if entry.get("name") != "nlu_fallback"
    ]
    known = name in COMMANDS or name in CONVERSATION
    entities = parse.get("entities") or ()
    refused = marked(entities, _REFUSED)
    trimmed = without_slips(text, spans_of(text, entities), marked(entities, _SLIP))
    spans = without(with_names(text, trimmed, marked(entities, _REGISTERED)), refused)
    asked = next(iter(marked(entities, _ASKED)), None)
    if name in COMMANDS:
        wanted = blanked(text, refused)
        known = asks_for(name, wanted, spans, asked)
        known = known and not (speaks_for_another(text) or asks_another(wanted))
        known = known and (name == "help" or not is_for_machines(text))
    intent = name if known and text else None
    stated = name in _STATED and {span.name for span in spans} >= _STATED[name]
    if (name in _NOT_READ or name in COMMANDS) and not stated and only_values(text, spans):
        intent = "inform"
    if name in _UNCLEAR and only_values(text, spans, _names(spans)):
        intent = "inform"
    corrects = _CORRECTS.match(text)
    unclear = name in COMMANDS or name in _UNCLEAR
    if corrects and unclear and only_values(blanked(text, (corrects.span(),)), spans):
        intent = "correct"
    confidence = ranking[0][1] if ranking else 0.0
    if gives_up(text):
        intent, confidence = "cancel", 1.0
    commands = [(each, sure) for each, sure in ranking if each in COMMANDS]
    return Reading(
        text=text,
        intent=intent,
        confidence=round(confidence, 4),
        spans=spans,
        nearest=tuple((each, round(sure, 4)) for each, sure in commands[:NEAREST]),
        refused=refused,
        asked=asked,
        unknown=marked(entities, _UNKNOWN),
    )


def _names(spans: Iterable[Span]) -> Places:
    """Where projects surely stand."""
    sure = (each for each in spans if each.name == "project" and each.confidence >= _SURELY)
    return tuple((span.start, span.end) for span in sure)


def contract(reading: Reading, text: str) -> dict[str, Any]:
    """The parse contract's object for `text`, as it was typed."""
    says = reading.intent in COMMANDS or reading.intent in NEEDS_VALUES
    params = reading.params(reading.command) if says else {}
    empty = (reading.intent in NEEDS_VALUES and not params) or reading.hesitates
    return {
        "text": text,
        "command": None if empty else reading.intent,
        "params": params,
        "confidence": reading.confidence,
    }
