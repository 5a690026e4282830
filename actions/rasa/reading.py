"""Rasa's parse of one text, read as the parse contract has it. Pure: no SDK, no I/O."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from actions.catalog import COMMANDS, CONVERSATION, PARAMETERS
from actions.normalise import UnreadableError, normalise
from actions.normalise.patterns import PATTERNS
from actions.spec import Kind, Parameter, Risk

NEEDS_VALUES = frozenset({"inform", "correct"})
"""Intents that say nothing where no value can be read."""
NEAREST = 3
_MIN_PROJECT_CONFIDENCE = 0.35
_FIGURE = re.compile(r"(?<!\S)[^\s\d]?\d[\w.,:%/-]*(?:\s+[a-z]{3,12}\b)?", re.IGNORECASE)
_NEGATED = re.compile(
    r"\W*(?:please\s+|pls\s+|but\s+|no,?\s+)*(?:do\s+not|don[’']?t|never|no\s+need\s+to|nobody\s+should)\b",
    re.IGNORECASE,
)
_PATTERN_EXTRACTOR = "RegexEntityExtractor"


@dataclass(frozen=True, slots=True)
class Span:
    """One entity: `text[start:end]`, found by a pattern or learned."""

    name: str
    start: int
    end: int
    raw: str
    by_pattern: bool
    confidence: float

    def overlaps(self, other: "Span") -> bool:
        """Whether the two share a character."""
        return self.start < other.end and other.start < self.end


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

    @property
    def command(self) -> str | None:
        """The command, where the text names one."""
        return self.intent if self.intent in COMMANDS else None

    def params(self, command: str | None = None) -> dict[str, Any]:
        """What the text says of `command`'s parameters (of all, where None), normalised."""
        uses = COMMANDS[command].parameters if command else tuple(PARAMETERS.values())
        return said(self.text, self.spans, uses, last=self.intent == "correct")

    def unread(self) -> tuple[str, ...]:
        """Figures in the text that no parameter of the command took: "-2 gpus", "3.5 gpus".

        A plan that left them out without a word would be a guess.
        """
        if self.command is None:
            return ()
        names = frozenset(parameter.name for parameter in COMMANDS[self.command].parameters)
        taken = [span for span in _wanted(self.spans, names) if _readable(self.text, span)]
        return tuple(
            found.group()
            for found in _FIGURE.finditer(self.text)
            if not any(span.start < found.end() and found.start() < span.end for span in taken)
        )


def _readable(text: str, span: Span) -> bool:
    try:
        normalise(PARAMETERS[span.name], text[span.start : span.end])
    except UnreadableError:
        return False
    return True


def _spans(text: str, entities: Iterable[Mapping[str, Any]]) -> tuple[Span, ...]:
    found = []
    for entity in entities:
        name, start, end = str(entity["entity"]), int(entity["start"]), int(entity["end"])
        by_pattern = entity.get("extractor") == _PATTERN_EXTRACTOR
        inside = text[max(start - 1, 0) : start] in {"-", "_"} or text[end : end + 1] in {"-", "_"}
        if name not in PARAMETERS or (by_pattern and inside and not _is_assignment(name)):
            continue
        confidence = 1.0 if by_pattern else float(entity.get("confidence_entity") or 0.0)
        found.append(Span(name, start, end, text[start:end], by_pattern, confidence))
    return tuple(found)


def _is_assignment(name: str) -> bool:
    return name == Kind.HYPERPARAMETERS.value


def _wanted(spans: Iterable[Span], names: frozenset[str]) -> list[Span]:
    """The spans of `names` that do not overlap: patterns before learned ones, the longest first."""
    usable = [
        span
        for span in spans
        if span.name in names
        and (span.by_pattern or span.name not in PATTERNS)
        and (span.by_pattern or span.confidence >= _MIN_PROJECT_CONFIDENCE)
    ]
    usable.sort(key=lambda span: (not span.by_pattern, span.start - span.end, span.start))
    kept: list[Span] = []
    for span in usable:
        rivals = [other for other in kept if other.overlaps(span)]
        if all(_share(span, other) for other in rivals):
            kept.append(span)
    return sorted(kept, key=lambda span: span.start)


def _share(one: Span, other: Span) -> bool:
    """Whether one stretch may say both: "#12" is a run or a version, whichever the command has."""
    return one.by_pattern and other.by_pattern and {one.name, other.name} == {"run", "version"}


def _merged(values: list[Any], parameter: Parameter, *, last: bool) -> Any:
    """One value of several: all hyperparameters, else the last said in a correction, else none."""
    if parameter.kind is Kind.HYPERPARAMETERS:
        return {key: value for each in values for key, value in each.items()}
    distinct = [value for at, value in enumerate(values) if value not in values[:at]]
    if last or len(distinct) == 1:
        return distinct[-1]
    return None if parameter.kind in {Kind.ENVIRONMENT, Kind.REQUEST} else distinct[0]


def said(
    text: str, spans: Iterable[Span], parameters: Iterable[Parameter], *, last: bool = False
) -> dict[str, Any]:
    """Normalised values of `parameters` in `text`; what cannot be read or is said twice is left out."""
    wanted = {parameter.name: parameter for parameter in parameters}
    values: dict[str, list[Any]] = {}
    for span in _wanted(spans, frozenset(wanted)):
        try:
            value = normalise(wanted[span.name], text[span.start : span.end])
        except UnreadableError:
            continue
        values.setdefault(span.name, []).append(value)
    merged = {name: _merged(found, wanted[name], last=last) for name, found in values.items()}
    return {name: merged[name] for name in wanted if merged.get(name) is not None}


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
    if name in COMMANDS and COMMANDS[name].risk is not Risk.READ and _NEGATED.match(text):
        known = False  # "don't deploy it" asks for nothing
    confidence = ranking[0][1] if ranking else 0.0
    commands = [(each, sure) for each, sure in ranking if each in COMMANDS]
    return Reading(
        text=text,
        intent=name if known and text else None,
        confidence=round(confidence, 4),
        spans=_spans(text, parse.get("entities") or ()),
        nearest=tuple((each, round(sure, 4)) for each, sure in commands[:NEAREST]),
    )


def contract(reading: Reading, text: str) -> dict[str, Any]:
    """The parse contract's object for `text`, as it was typed."""
    params = reading.params(reading.command) if reading.intent else {}
    empty = reading.intent in NEEDS_VALUES and not params
    return {
        "text": text,
        "command": None if empty else reading.intent,
        "params": params,
        "confidence": reading.confidence,
    }
