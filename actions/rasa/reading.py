"""Rasa's parse of one text, read as the parse contract has it. Pure: no SDK, no I/O."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from actions.catalog import COMMANDS, CONVERSATION, PARAMETERS
from actions.normalise import UnreadableError, find_reason, normalise
from actions.normalise.patterns import LOOKS_LIKE, PATTERNS, VERSION_PAIR
from actions.rasa.moods import (
    asks_about,
    asks_whether,
    ends_something,
    forbids,
    names_nothing_else,
    refuses,
    speaks_for_another,
)
from actions.rasa.names import places
from actions.spec import Kind, Parameter, Risk

NEEDS_VALUES = frozenset({"inform", "correct"})
"""Intents that say nothing where no value can be read."""
_UNCERTAIN = frozenset({Kind.SLUG, Kind.WORD, Kind.USER})
"""What no greeting, thanks, yes or no says: "thanks, you saved my day" names nobody."""
NEAREST = 3
_MIN_PROJECT_CONFIDENCE = 0.35
_FIGURE = re.compile(r"(?<!\S)[^\s\d]?\d[\w.,:%/-]*(?:\s+[a-z]{3,12}\b)?", re.IGNORECASE)
_REFUSED = "negated"
_ASKED = "asked"
_UNKNOWN = "unknown"
_PATTERN_EXTRACTOR = "MeantPatternExtractor"
_MACHINES = re.compile(
    rf"\b(?:{'|'.join(name for name in COMMANDS if '_' in name)})\b|<\||\b(?:action|utter)_\w|^\s*[\[{{]"
)
_PAIR = re.compile(VERSION_PAIR, re.IGNORECASE)
_NUMBERED = frozenset({"run", "version", "alert"})
_OPEN = frozenset({"project", "feature", "notebook", "dataset", "metric", "topic"})
"""Parameters whose values are names that people give, learned by where they stand."""
_LEARNED_TOO = frozenset({"metric", "dataset", "notebook", "user"})
"""Parameters of which patterns know some values, and the rest is learned."""
_TOLD = frozenset(
    {
        *(Kind.SLUG, Kind.WORD, Kind.USER, Kind.STATE, Kind.INCIDENT_STATE, Kind.SEVERITY),
        *(Kind.PERIOD, Kind.NOTEBOOK, Kind.CHANNEL, Kind.ENVIRONMENT),
    }
)
"""Kinds of what people tell around a request as well: times, places, names."""
_MAY_END = frozenset({"unsubscribe_digest", "cancel_schedule"})
"""Commands that a "don't … any more" asks for."""
_TARGETS = {"promote_model": frozenset({"champion"})}
"""Versions that a command makes of another: "make v4 the champion" promotes v4."""


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
    refused: tuple[tuple[int, int], ...] = ()
    """Where the text says what is not wanted: "not v3, promote v4"."""
    asked: tuple[int, int] | None = None
    """Where a long text says what it asks for."""
    unknown: tuple[tuple[int, int], ...] = ()
    """Words that no request has but as names."""

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
            uses = tuple(use for use in uses if use.kind not in _UNCERTAIN)
        found = said(self._spans_for(uses), uses, last=self.intent == "correct")
        if command is not None:
            self._drop_story(command, found)
            found |= self._named(command, found)
        if command in _TARGETS and found.get("version") in _TARGETS[command]:
            del found["version"]
        return found

    def _drop_story(self, command: str, found: dict[str, Any]) -> None:
        """Take out what only the story around the request says and the command does not need."""
        if self.asked is None:
            return
        start, end = self.asked
        inside = [span for span in self.spans if start <= span.start < end]
        names = {span.name for span in _as_taken(inside, _classes(COMMANDS[command].parameters))}
        for use in COMMANDS[command].uses:
            name = use.parameter.name
            aside = use.parameter.kind in _TOLD and _class(name) not in names
            if aside and not use.required and name in found:
                del found[name]

    def _named(self, command: str, found: Mapping[str, Any]) -> dict[str, Any]:
        """The name that the command cannot do without, where only one word can be it."""
        missing = [name for name in COMMANDS[command].missing(found) if name in _OPEN]
        if len(missing) != 1:
            return {}
        start, end = self.asked or (0, len(self.text))
        taken = [(span.start, span.end) for span in self.spans]
        names: list[tuple[int, int]] = []
        for place in self.unknown:
            if not start <= place[0] < end or _touches(*place, (*taken, *self.refused)):
                continue
            if names and self.text[names[-1][1] : place[0]] == " ":
                names[-1] = (names[-1][0], place[1])
            else:
                names.append(place)
        if len(names) != 1:
            return {}
        try:
            return {missing[0]: normalise(PARAMETERS[missing[0]], self.text[slice(*names[0])])}
        except UnreadableError:
            return {}

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
        parameters = {_class(use.name): use for use in COMMANDS[command].parameters}
        found: dict[str, str] = {}
        for span in _wanted(self.spans, frozenset(parameters)):
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
        spans = _wanted(self._spans_for(uses), _classes(uses))
        taken = [(span.start, span.end) for span in spans if _readable(span)]
        return tuple(
            found.group()
            for found in _FIGURE.finditer(self.text)
            if not _touches(found.start(), found.end(), (*taken, *self.refused))
        )


_ALONE = tuple(
    parameter
    for name, parameter in PARAMETERS.items()
    if name not in LOOKS_LIKE and parameter.kind is not Kind.TEXT
)


def _class(name: str) -> str:
    """The name under which values of the parameter are found in a text."""
    return LOOKS_LIKE.get(name, name)


def _classes(parameters: Iterable[Parameter]) -> frozenset[str]:
    return frozenset(_class(parameter.name) for parameter in parameters)


def _readable(span: Span) -> bool:
    try:
        normalise(PARAMETERS[span.name], span.raw)
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
        parts = _parts(name, text, start, end)
        meant = str(entity.get("value") or "") if by_pattern and len(parts) == 1 else ""
        found += [
            Span(name, at, to, meant or text[at:to], by_pattern, confidence) for at, to in parts
        ]
    return tuple(found)


def _parts(name: str, text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Where the single values of a span stand: "versions 3 and 4" are two."""
    pair = _PAIR.fullmatch(text, start, end) if name == "version" else None
    if pair is None:
        return [(start, end)]
    return [pair.span(group) for group in range(1, 5) if pair[group] is not None]


def _is_assignment(name: str) -> bool:
    return name == Kind.HYPERPARAMETERS.value


def _wanted(spans: Iterable[Span], names: frozenset[str]) -> list[Span]:
    """The spans of `names` that do not overlap: patterns before learned ones, the longest first."""
    usable = [
        span
        for span in spans
        if span.name in names
        and (span.by_pattern or span.name not in PATTERNS or span.name in _LEARNED_TOO)
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
    return one.by_pattern and other.by_pattern and {one.name, other.name} <= _NUMBERED


def _merged(values: list[Any], parameter: Parameter, *, last: bool) -> Any:
    """One value of several: all hyperparameters, else the last said in a correction, else none."""
    if parameter.kind is Kind.HYPERPARAMETERS:
        return {key: value for each in values for key, value in each.items()}
    distinct = [value for at, value in enumerate(values) if value not in values[:at]]
    if last or len(distinct) == 1:
        return distinct[-1]
    certain = {Kind.ENVIRONMENT, Kind.REQUEST, Kind.SLUG}
    return None if parameter.kind in certain else distinct[0]


def _as_taken(spans: Iterable[Span], names: Iterable[str]) -> list[Span]:
    """The spans, with a name of another class as the one that is taken, where only one is.

    "Describe churn_score" names a feature, whatever the name looks like.
    """
    given = list(spans)
    taken = set(names) & _OPEN
    found = {span.name for span in given}
    if len(taken) != 1 or taken & found:
        return given
    (only,) = taken
    learned = [span for span in given if span.name in _OPEN and not span.by_pattern]
    return [replace(span, name=only) if span in learned else span for span in given]


def _values(spans: Sequence[Span], parameters: tuple[Parameter, ...]) -> dict[str, list[Any]]:
    """Every readable value, in the order of the text, by the class of its parameter."""
    reads = {_class(parameter.name): parameter for parameter in reversed(parameters)}
    values: dict[str, list[Any]] = {}
    for span in _wanted(_as_taken(spans, reads), frozenset(reads)):
        try:
            value = normalise(reads[span.name], span.raw)
        except UnreadableError:
            continue
        values.setdefault(span.name, []).append(value)
    for name, parameter in reads.items():
        if parameter.kind is Kind.SCHEDULE and name not in values:
            values |= _joined(parameter, name, spans)
    return values


def _joined(parameter: Parameter, name: str, spans: Iterable[Span]) -> dict[str, list[Any]]:
    """A value that is said in pieces: "a daily digest at 9" has "daily" and "at 9"."""
    words = " ".join(span.raw for span in spans if span.name == name)
    try:
        return {name: [normalise(parameter, words)]}
    except UnreadableError:
        return {}


def said(
    spans: Iterable[Span], parameters: Iterable[Parameter], *, last: bool = False
) -> dict[str, Any]:
    """Normalised values of `parameters`; what cannot be read or is said twice is left out.

    Where two parameters look alike, they take the values in the order in which they are said.
    """
    uses = tuple(parameters)
    values = _values(tuple(spans), uses)
    found: dict[str, Any] = {}
    for parameter in uses:
        given = values.get(_class(parameter.name), [])
        alike = [use.name for use in uses if _class(use.name) == _class(parameter.name)]
        if len(alike) > 1:
            distinct = [value for at, value in enumerate(given) if value not in given[:at]]
            given = distinct[alike.index(parameter.name) :][:1]
        value = _merged(given, parameter, last=last) if given else None
        if value is not None:
            found[parameter.name] = value
    return found


def _asked_for(command: str, text: str, spans: tuple[Span, ...]) -> bool:
    """Whether `text` may ask for `command`: "don't deploy it" and "who approved R42" ask for no change.

    What is done without a confirmation is not done on a question either ("is R42 approved"), nor
    where neither an id nor the request at hand is meant ("approve my vacation").
    """
    risk = COMMANDS[command].risk
    if risk is Risk.READ:
        return not refuses(text)
    reason = find_reason(text)
    said_before = text[: reason[0]] if reason else text
    explains = any(parameter.kind is Kind.TEXT for parameter in COMMANDS[command].parameters)
    order = said_before if explains else text
    ends = command in _MAY_END and ends_something(order)
    if (forbids(order) and not ends) or asks_about(order):
        return False
    if risk is not Risk.DIRECT:
        return True
    decides = any(parameter.name == "request" for parameter in COMMANDS[command].parameters)
    values = [span for span in spans if span.by_pattern and span.name == "run"]
    meant = not decides or bool(values) or names_nothing_else(said_before)
    return meant and not asks_whether(order)


Places = tuple[tuple[int, int], ...]


def _touches(start: int, end: int, places: Places) -> bool:
    return any(place[0] < end and start < place[1] for place in places)


def _refused(entities: Iterable[Mapping[str, Any]]) -> Places:
    """Where the text says what is not wanted beside what is."""
    return _marked(entities, _REFUSED)


def _marked(entities: Iterable[Mapping[str, Any]], mark: str) -> Places:
    found = (each for each in entities if each["entity"] == mark)
    return tuple((int(each["start"]), int(each["end"])) for each in found)


def _asked(entities: Iterable[Mapping[str, Any]]) -> tuple[int, int] | None:
    return next(iter(_marked(entities, _ASKED)), None)


def _without(spans: tuple[Span, ...], refused: Places) -> tuple[Span, ...]:
    """The spans outside of what is refused, and those inside of which there is no other."""
    wanted = [span for span in spans if not _touches(span.start, span.end, refused)]
    said = {span.name for span in wanted}
    return tuple(span for span in spans if span in wanted or span.name not in said)


def _blanked(text: str, places: Places) -> str:
    for start, end in places:
        text = text[:start] + " " * (end - start) + text[end:]
    return text


def _with_names(text: str, spans: tuple[Span, ...], names: Iterable[str]) -> tuple[Span, ...]:
    """The spans with the registered projects in place of those that were only guessed."""
    known = [
        Span("project", start, end, text[start:end], by_pattern=True, confidence=1.0)
        for start, end in places(text, names)
    ]
    if not known:
        return spans
    return (*(span for span in spans if span.name != "project"), *known)


def _is_for_machines(text: str) -> bool:
    """Whether `text` calls what people never write: a command by its inner name, a model's markup."""
    return bool(_MACHINES.search(text))


def read(parse: Mapping[str, Any], names: Iterable[str] = ()) -> Reading:
    """The reading of Rasa's parse: `{"text", "intent", "intent_ranking", "entities"}`.

    `names` are registered projects that the text may name.
    """
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
    refused = _refused(entities)
    spans = _without(_with_names(text, _spans(text, entities), names), refused)
    asked = _asked(entities)
    if name in COMMANDS:
        start, end = asked or (0, len(text))
        order = _blanked(text, refused)[start:end]
        known = _asked_for(name, order, spans) and not speaks_for_another(text)
        known = known and (name == "help" or not _is_for_machines(text))
    confidence = ranking[0][1] if ranking else 0.0
    commands = [(each, sure) for each, sure in ranking if each in COMMANDS]
    return Reading(
        text=text,
        intent=name if known and text else None,
        confidence=round(confidence, 4),
        spans=spans,
        nearest=tuple((each, round(sure, 4)) for each, sure in commands[:NEAREST]),
        refused=refused,
        asked=asked,
        unknown=_marked(entities, _UNKNOWN),
    )


def contract(reading: Reading, text: str) -> dict[str, Any]:
    """The parse contract's object for `text`, as it was typed."""
    says = reading.intent in COMMANDS or reading.intent in NEEDS_VALUES
    params = reading.params(reading.command) if says else {}
    empty = reading.intent in NEEDS_VALUES and not params
    return {
        "text": text,
        "command": None if empty else reading.intent,
        "params": params,
        "confidence": reading.confidence,
    }
