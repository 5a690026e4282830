"""What a text does to the form in progress. Pure: the draft goes in, the draft comes out."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from actions.catalog import COMMANDS, PARAMETERS
from actions.normalise import UnreadableError, normalise
from actions.rasa.reading import Reading
from actions.rasa.spans import blanked, touches, words_beside
from actions.spec import Kind, Parameter, Risk

_LEAD = re.compile(
    r"^(?:(?:it'?s|it is|that'?s|that would be|i mean|i meant|use|take|make it|let'?s say|say|the answer is|"
    r"to|in|on|into|for|with|please|the|ok|okay|fine|right|sure|ah|oh|hmm|um|uh|well|so|just)[\s,.]+)+",
    re.IGNORECASE,
)
_TRAIL = re.compile(
    r"(?:[\s,]+(?:please|pls|plz|thanks|thx|then|instead|cooper))+$|[\s.!?]+$", re.IGNORECASE
)
_NAME = re.compile(r"[A-Za-z0-9][\w-]*(?: [A-Za-z0-9][\w-]*){0,2}")
_NUMBER = re.compile(r"#?\d+")
_LEADS_VALUES = re.compile(
    r"\W*(?P<name>[\w’'-]+(?: [\w’'-]+)??)\s*(?:(?P<comma>,)|\s(?:with|on|in|to|for|at|as|and)\b)"
)
"""A name of a word or two that values may follow: "apple grading, …", "apple grading with …"."""
_SAYS_NOT = re.compile(r"(?:no|nope|nah|wait|sorry|oops|actually|yes|yep|ok|okay)", re.IGNORECASE)
_NO_PROSE = re.compile(r"[\d_./-]")
_ONE = re.compile(r"(?:the|our|my|that)\s+(.+)\s+one", re.IGNORECASE)
_OPEN = frozenset(
    {Kind.SLUG, Kind.WORD, Kind.DATASET, Kind.NOTEBOOK, Kind.USER, Kind.CHANNEL, Kind.TEXT}
)
"""Kinds of which any word may be a value."""
_NUMBERS = frozenset({Kind.INTEGER, Kind.VERSION})
_NAMES = frozenset({Kind.SLUG, Kind.DATASET, Kind.NOTEBOOK, Kind.WORD})
_MAX_WORDS = 6
_MAX_NAME_WORDS = 2
_SURE = 0.8
_ANSWERS = frozenset({"inform", "correct"})


@dataclass(frozen=True, slots=True)
class Draft:
    """A form in progress, as the caller sent it. `asked` is None where a plan is shown."""

    command: str
    params: Mapping[str, Any]
    asked: str | None
    begun: Mapping[str, str] = field(default_factory=dict)
    """Words whose value lacks a part, by parameter: "every monday"."""


@dataclass(frozen=True, slots=True)
class Filled:
    """The form goes on with these values; `inferred` came from the thread, not from the text."""

    params: dict[str, Any]
    inferred: tuple[str, ...] = ()
    begun: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Invalid:
    """The text was meant as the answer and cannot be read as one."""

    problem: str


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The text is no answer to the form: the rules for its intent apply."""


Step = Filled | Invalid | Elsewhere


def draft_of(raw: object) -> Draft | None:
    """The draft in a turn's metadata; None where there is none of a command that exists."""
    if not isinstance(raw, Mapping) or raw.get("command") not in COMMANDS:
        return None
    command = COMMANDS[str(raw["command"])]
    known = {parameter.name for parameter in command.parameters}
    given = raw.get("params")
    params = given if isinstance(given, Mapping) else {}
    asked = raw.get("asked")
    return Draft(
        command.name,
        {str(name): value for name, value in params.items() if name in known},
        str(asked) if asked in known else None,
        {str(name): str(words) for name, words in _mapping(raw.get("begun")).items()},
    )


def _mapping(raw: object) -> Mapping[Any, Any]:
    return raw if isinstance(raw, Mapping) else {}


_OWN_THREAD = frozenset({"alert", "run", "request"})


def inferred(command: str, params: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Values of the thread for what `command` requires and nobody said.

    A read that takes a run or a project takes the thread's project where there is no run; a change
    asks instead, since the project's run may be somebody else's.
    """
    if not isinstance(context, Mapping):
        return {}
    missing = COMMANDS[command].missing(params)
    reads = COMMANDS[command].risk is Risk.READ
    found: dict[str, Any] = {}
    for use in COMMANDS[command].uses:
        name = use.parameter.name
        if name in missing:
            # The thread of an incident, a run or a request is about it, and not about all of its project.
            about = _from_thread(use.unless, context) if use.unless in _OWN_THREAD else {}
            found |= (
                about
                or _from_thread(name, context)
                or (_from_thread(use.unless, context) if reads and use.unless else {})
            )
    return found


def _from_thread(name: str, context: Mapping[str, Any]) -> dict[str, Any]:
    """The thread's value of a parameter, by its name; empty where it has none that can be read."""
    if not isinstance(context.get(name), str):
        return {}
    try:
        return {name: normalise(PARAMETERS[name], str(context[name]))}
    except UnreadableError:
        return {}


def begin(command: str, reading: Reading, context: object) -> Filled:
    """A new draft of `command`: what the text says, and what the thread makes plain."""
    params = reading.params(command)
    guessed = inferred(command, params, context)
    return Filled({**guessed, **params}, tuple(guessed), reading.begun(command))


def core(text: str) -> str:
    """An answer without the words around it: "it's in prod, please" is "prod"."""
    previous = ""
    while previous != text:
        previous, text = text, _TRAIL.sub("", _LEAD.sub("", text.strip()))
    return text


def _value(parameter: Parameter, text: str) -> Any:
    """`text` as the whole answer; None where it is longer than an answer or cannot be read."""
    one = _ONE.fullmatch(text.strip(" .!"))
    answer = core(one[1] if one else text)
    if not answer or len(answer.split()) > _MAX_WORDS:
        return None
    if parameter.kind is Kind.SLUG and not _NAME.fullmatch(answer):
        return None
    try:
        return normalise(parameter, answer)
    except UnreadableError:
        return None


def _bare(parameter: Parameter, reading: Reading) -> Any:
    """The whole text as the answer, where it can hardly be anything else."""
    value = _value(parameter, reading.text)
    if parameter.kind in _OPEN and _is_question(reading):
        return None
    if value is None or parameter.kind is not Kind.SLUG:
        return value
    if reading.intent in {*COMMANDS, *_ANSWERS} or reading.intent is None or _is_new_word(reading):
        spelled = parameter.name in reading.params(None)
        sure = reading.confidence >= _SURE
        names_command = reading.command is not None and sure
        stray = reading.intent is None and len(core(reading.text).split()) > _MAX_NAME_WORDS
        return None if (names_command or stray) and not (spelled and not names_command) else value
    return None


def _is_new_word(reading: Reading) -> bool:
    """Whether the answer is one word that no request has but as a name, whatever it may look like: "fefo".

    Words of agreement before it may look like all there is: "ok fine. fefo".
    """
    answer = core(reading.text)
    words = {reading.text[start:end] for start, end in reading.unknown}
    agreed = reading.intent == "affirm" and bool(_LEAD.match(reading.text))
    return answer in words and (reading.confidence < _SURE or agreed)


def _is_question(reading: Reading) -> bool:
    """Whether several words where a name is asked for are a question: "is the canteen still open?"."""
    several = len(reading.text.split()) > 1
    return several and reading.text.rstrip().endswith("?") and reading.intent not in _ANSWERS


def _stands_in(command: str, asked: Parameter, reading: Reading) -> dict[str, Any]:
    """What may stand in for what is asked: an alert's number for a project, a project for a run."""
    (use,) = (use for use in COMMANDS[command].uses if use.parameter == asked)
    if use.unless is None:
        return {}
    if asked.kind is not Kind.SLUG or not _NUMBER.fullmatch(core(reading.text)):
        return {}
    try:
        return {use.unless: normalise(PARAMETERS[use.unless], core(reading.text))}
    except UnreadableError:
        return {}


def answer(draft: Draft, reading: Reading) -> Step:
    """What `reading` does to `draft`: fills it, fails to, or is about something else."""
    asked = PARAMETERS[draft.asked] if draft.asked else None
    same = reading.command == draft.command
    if same and _names_another(draft, reading):
        return Filled(reading.params(draft.command))
    if asked is None or not _orders_else(asked, draft, reading):
        answered = _answered(asked, draft, reading) if asked else None
        if answered is not None:
            return answered
    if reading.command is not None and not same:
        return Elsewhere()
    said = (
        _said(asked, draft, reading) or _only_number(draft, reading) or _only_name(draft, reading)
    )
    if said and (same or reading.intent in _ANSWERS or _only_values(reading)):
        return Filled({**draft.params, **said})
    if asked and _meant_as_answer(reading):
        return Invalid(_problem(asked, reading.text))
    return Elsewhere()


def _answered(asked: Parameter, draft: Draft, reading: Reading) -> Filled | None:
    """The form with the answer to what was asked, where the text can hardly be anything else."""
    other = _stands_in(draft.command, asked, reading)
    if other:
        return Filled({**draft.params, **other})
    others = {name: v for name, v in reading.params(draft.command).items() if name != asked.name}
    if others and not words_beside(reading.text, reading.taken(draft.command)):
        said = reading.params(draft.command)
        (use,) = (use for use in COMMANDS[draft.command].uses if use.parameter == asked)
        if {asked.name, use.unless} & set(said):
            return Filled({**draft.params, **said})
    if asked.kind is Kind.SLUG and others:
        name = _name_beside(asked, draft, reading)
        if name is not None:
            return Filled({**draft.params, **others, asked.name: name})
    value = _beside(asked, draft, reading) if others else _bare(asked, reading)
    if value is not None:
        same = reading.command == draft.command
        beside = others if same or reading.intent in _ANSWERS else {}
        if asked.kind in _OPEN:
            beside = _closed(draft.command, beside)  # the same words are no two names
        return Filled({**draft.params, **beside, asked.name: value})
    return _completed(asked, draft, reading)


def _beside(asked: Parameter, draft: Draft, reading: Reading) -> Any:
    """The answer beside other values: "72 because it is too expensive"; no word of a value is a name too."""
    sure = tuple((span.start, span.end) for span in reading.spans if span.by_pattern)
    if asked.kind is Kind.SLUG or (asked.kind in _NAMES and not words_beside(reading.text, sure)):
        return None
    value = _bare(asked, reading)
    if value is None and asked.kind not in _OPEN:
        return _value(asked, blanked(reading.text, reading.taken(draft.command)))
    return value


def _name_beside(asked: Parameter, draft: Draft, reading: Reading) -> str | None:
    """The name that leads an answer of several values: "apple grading, last 7 days", "apple grading in prod".

    Where another command is as likely, or no comma parts them, it must be nothing else than a name.
    """
    found = _LEADS_VALUES.match(reading.text)
    if found is None or _SAYS_NOT.fullmatch(found["name"]):
        return None
    start, end = found.span("name")
    sure = tuple((span.start, span.end) for span in reading.spans if span.by_pattern)
    if touches(start, end, sure) or _surely_another(draft, reading):
        return None
    plain = found["comma"] and reading.command in {None, draft.command}
    names = tuple((span.start, span.end) for span in reading.spans if span.name == asked.name)
    name = blanked(reading.text, ((end, len(reading.text)),))
    if words_beside(name, (*names, *reading.unknown)) and not plain:
        return None
    if words_beside(blanked(reading.text, (*reading.taken(draft.command), (start, end))), ()):
        return None
    try:
        return str(normalise(asked, core(found["name"])))
    except UnreadableError:
        return None


def _closed(command: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """Those of `params` that are no names."""
    kinds = {use.name: use.kind for use in COMMANDS[command].parameters}
    return {name: value for name, value in params.items() if kinds[name] not in _OPEN}


def _orders_else(asked: Parameter, draft: Draft, reading: Reading) -> bool:
    """Whether a text that holds the answer asks for another command: "undeploy fraud in prod"."""
    if not _surely_another(draft, reading):
        return False
    said = core(reading.text)
    talks = len(said.split()) > 1 and not _NO_PROSE.search(said) and asked.kind is not Kind.TEXT
    return (asked.kind not in _OPEN or talks) and bool(
        words_beside(reading.text, reading.taken(draft.command))
    )


def _surely_another(draft: Draft, reading: Reading) -> bool:
    """Whether the text plainly names a command that is not the form's."""
    return reading.command not in {None, draft.command} and reading.confidence >= _SURE


def _names_another(draft: Draft, reading: Reading) -> bool:
    """Whether the same command is asked for anew, of another project: nothing of the draft is meant."""
    said = reading.params(draft.command).get("project")
    return said is not None and draft.params.get("project", said) != said


def _only_number(draft: Draft, reading: Reading) -> dict[str, Any]:
    """The number of a correction for the only one that there is: "no, make it 2"."""
    found = re.findall(r"(?<![\w.,-])[1-9]\d{0,3}(?![\w.,%/-]*\w)", reading.text)
    uses = COMMANDS[draft.command].parameters
    numbers = [use for use in uses if use.kind in _NUMBERS and use.name in draft.params]
    if reading.intent != "correct" or len(found) != 1 or len(numbers) != 1:
        return {}
    return {numbers[0].name: normalise(numbers[0], found[0])}


def _only_name(draft: Draft, reading: Reading) -> dict[str, Any]:
    """The name of a correction for the one that it calls, or the only one: "no, dataset march-7", "no, paywall"."""
    if reading.intent != "correct":
        return {}
    names = reading.names(draft.command)
    uses = [use for use in COMMANDS[draft.command].parameters if use.name in draft.params]
    uses = [use for use in uses if use.kind in _NAMES]
    called = [use for use in uses if re.search(rf"\b{use.name}\b", reading.text, re.IGNORECASE)]
    uses = called or uses
    if len(names) != 1 or len(uses) != 1:
        return {}
    beside = {word.lower() for word in words_beside(reading.text, tuple(names))}
    if not all(word == uses[0].name or _SAYS_NOT.fullmatch(word) for word in beside):
        return {}
    try:
        return {uses[0].name: normalise(uses[0], reading.text[slice(*names[0])])}
    except UnreadableError:
        return {}


def _said(asked: Parameter | None, draft: Draft, reading: Reading) -> dict[str, Any]:
    """What the text says of the form; a lone word that answers another question is no name."""
    said = reading.params(draft.command)
    lone = asked is not None and len(core(reading.text).split()) <= _MAX_NAME_WORDS
    if not lone or reading.command is not None or reading.intent == "correct":
        return said
    plain = {span.name for span in reading.spans if span.by_pattern}
    names = {use.name for use in COMMANDS[draft.command].parameters if use.kind in _NAMES}
    return {name: value for name, value in said.items() if name not in names or name in plain}


def _completed(asked: Parameter, draft: Draft, reading: Reading) -> Filled | None:
    """The form with the rest of a value of which a part was said, or with a part of the value."""
    answer, begun = core(reading.text), draft.begun.get(asked.name)
    if not answer or len(answer.split()) > _MAX_WORDS:
        return None
    for words in (f"{begun} {answer}", f"{begun} at {answer}") if begun else ():
        try:
            return Filled({**draft.params, asked.name: normalise(asked, words)})
        except UnreadableError:
            continue
    try:
        normalise(asked, answer)
    except UnreadableError as error:
        if error.half_said:
            return Filled(dict(draft.params), begun={asked.name: answer})
    return None


def lacking(asked: str, begun: Mapping[str, str]) -> str | None:
    """What is missing of the value of which a part was said; None where nothing was."""
    if asked not in begun:
        return None
    try:
        normalise(PARAMETERS[asked], begun[asked])
    except UnreadableError as error:
        return error.problem
    return None


def _only_values(reading: Reading) -> bool:
    """A short text of unclear intent that holds a value: "prod please"."""
    return reading.intent is None and len(reading.text.split()) <= _MAX_WORDS // 2


def _meant_as_answer(reading: Reading) -> bool:
    """A word or two where a form waits are its answer, unless they say something else plainly."""
    words = len(core(reading.text).split())
    if reading.intent in _ANSWERS:
        return True
    unclear = reading.intent is None or (reading.command is None and reading.confidence < _SURE)
    return unclear and 0 < words <= _MAX_NAME_WORDS


def _problem(parameter: Parameter, text: str) -> str:
    try:
        normalise(parameter, core(text))
    except UnreadableError as error:
        return error.problem
    return f"I could not find the answer in “{text[:80]}”."
