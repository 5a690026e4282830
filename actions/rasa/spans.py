"""Values in a text: which stretches say what, and what they say together. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from actions.catalog import PARAMETERS
from actions.normalise import UnreadableError, normalise
from actions.normalise.patterns import LOOKS_LIKE, PATTERNS, VERSION_PAIR
from actions.spec import Kind, Parameter

_MIN_PROJECT_CONFIDENCE = 0.35
_RIVAL = 0.15
"""By how much less sure a name may be than the surest of its kind, and still make it doubtful."""
_PATTERN_EXTRACTOR = "MeantPatternExtractor"
_PAIR = re.compile(VERSION_PAIR, re.IGNORECASE)
_NUMBERED = frozenset({"run", "version", "alert"})
OPEN = frozenset({"project", "feature", "notebook", "dataset", "metric", "topic"})
"""Parameters whose values are names that people give, learned by where they stand."""
_LEARNED_TOO = frozenset({"metric", "dataset", "notebook", "user"})
"""Parameters of which patterns know some values, and the rest is learned."""

_NO_ANSWER = frozenset({Kind.SLUG, Kind.USER})
"""What alone does not make a text an answer, where none is plainly meant: "mine"."""
UNCERTAIN = _NO_ANSWER | {Kind.WORD}
"""What no greeting, thanks, yes or no says: "thanks, you saved my day" names nobody."""
_MOST = 6
"""Words of the longest text that is an answer where it holds values and nothing else."""

Places = tuple[tuple[int, int], ...]
"""Stretches of a text: start and end of each."""


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

    def within(self, other: "Span") -> bool:
        """Whether it lies in the other, or is as long."""
        return other.start <= self.start and self.end <= other.end


def class_of(name: str) -> str:
    """The name under which values of the parameter are found in a text."""
    return LOOKS_LIKE.get(name, name)


def classes_of(parameters: Iterable[Parameter]) -> frozenset[str]:
    """The names under which values of the parameters are found in a text."""
    return frozenset(class_of(parameter.name) for parameter in parameters)


def spans_of(text: str, entities: Iterable[Mapping[str, Any]]) -> tuple[Span, ...]:
    """Rasa's entities that are values; a pattern's value is what was meant, a learned one's as typed."""
    found = []
    for entity in entities:
        name, start, end = str(entity["entity"]), int(entity["start"]), int(entity["end"])
        by_pattern = entity.get("extractor") == _PATTERN_EXTRACTOR
        inside = text[max(start - 1, 0) : start] in {"-", "_"} or text[end : end + 1] in {"-", "_"}
        if name not in PARAMETERS or (by_pattern and inside and not _is_assignment(name)):
            continue
        confidence = 1.0 if by_pattern else float(entity.get("confidence_entity") or 0.0)
        meant = str(entity.get("value") or "") if by_pattern else ""
        found += [
            Span(name, at, to, raw, by_pattern, confidence)
            for at, to, raw in _parts(name, text, start, end, meant)
        ]
    return tuple(found)


def _parts(name: str, text: str, start: int, end: int, meant: str) -> list[tuple[int, int, str]]:
    """The single values of a span, and where they stand: "versions 3 and 4" are two.

    "versions 3 adn 4", which is `meant` as two, stands as a whole for both.
    """
    whole = [(start, end, meant or text[start:end])]
    if name != "version":
        return whole
    if pair := _PAIR.fullmatch(text, start, end):
        return [(*pair.span(at), pair[at]) for at in range(1, 7) if pair[at] is not None]
    if pair := _PAIR.fullmatch(meant):
        return [(start, end, value) for value in pair.groups() if value is not None]
    return whole


def _is_assignment(name: str) -> bool:
    return name == Kind.HYPERPARAMETERS.value


def chosen(spans: Iterable[Span], names: frozenset[str]) -> list[Span]:
    """The spans of `names` that do not overlap: patterns before learned ones, the longest first.

    Of learned names of one kind, none that is much less sure than another.
    """
    usable = [
        span
        for span in spans
        if span.name in names
        and (span.by_pattern or span.name not in PATTERNS or span.name in _LEARNED_TOO)
        and (span.by_pattern or span.confidence >= _MIN_PROJECT_CONFIDENCE)
    ]
    surest: dict[str, float] = {}
    for span in usable:
        surest[span.name] = max(span.confidence, surest.get(span.name, 0.0))
    usable = [
        each for each in usable if each.by_pattern or each.confidence > surest[each.name] - _RIVAL
    ]
    named = [each for each in usable if each.name in OPEN and not each.by_pattern]
    usable = [each for each in usable if not any(_is_part(each, other) for other in named)]
    usable.sort(key=lambda span: (not span.by_pattern, span.start - span.end, span.start))
    kept: list[Span] = []
    for span in usable:
        rivals = [other for other in kept if other.overlaps(span)]
        if all(_share(span, other) for other in rivals):
            kept.append(span)
    return sorted(kept, key=lambda span: span.start)


def _is_part(one: Span, other: Span) -> bool:
    """Whether what a pattern finds is only a part of a name that was learned: "lift queue", "night shift".

    It is a name itself, or says no value without further words.
    """
    if (one.name not in OPEN and readable(one)) or one.name == other.name:
        return False
    inside = one.within(other)
    return inside and other.end - other.start > one.end - one.start


def _share(one: Span, other: Span) -> bool:
    """Whether one stretch may say both: "#12" is a run or a version, whichever the command has; "run #12" is a run."""
    alike = (one.start, one.end) == (other.start, other.end)
    return alike and one.by_pattern and other.by_pattern and {one.name, other.name} <= _NUMBERED


def _merged(values: list[Any], parameter: Parameter, *, last: bool) -> Any:
    """One value of several: all hyperparameters, else the last said in a correction, else none."""
    if parameter.kind is Kind.HYPERPARAMETERS:
        return {key: value for each in values for key, value in each.items()}
    distinct = [value for at, value in enumerate(values) if value not in values[:at]]
    if last or len(distinct) == 1:
        return distinct[-1]
    certain = {Kind.ENVIRONMENT, Kind.REQUEST, Kind.SLUG}
    return None if parameter.kind in certain else distinct[0]


def as_taken(spans: Iterable[Span], names: Iterable[str]) -> list[Span]:
    """The spans, with a name of another class as the one that is taken, where only one is.

    "Describe churn_score" names a feature, whatever the name looks like.
    """
    given = list(spans)
    taken = set(names) & OPEN
    found = {span.name for span in given}
    if len(taken) != 1 or taken & found:
        return given
    (only,) = taken
    learned = [span for span in given if span.name in OPEN and not span.by_pattern]
    return [replace(span, name=only) if span in learned else span for span in given]


def _values(spans: Sequence[Span], parameters: tuple[Parameter, ...]) -> dict[str, list[Any]]:
    """Every readable value, in the order of the text, by the class of its parameter."""
    reads = {class_of(parameter.name): parameter for parameter in reversed(parameters)}
    values: dict[str, list[Any]] = {}
    for span in chosen(as_taken(spans, reads), frozenset(reads)):
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
        given = values.get(class_of(parameter.name), [])
        alike = [use.name for use in uses if class_of(use.name) == class_of(parameter.name)]
        if len(alike) > 1:
            distinct = [value for at, value in enumerate(given) if value not in given[:at]]
            given = distinct[alike.index(parameter.name) :][:1]
        value = _merged(given, parameter, last=last) if given else None
        if value is not None:
            found[parameter.name] = value
    return found


def touches(start: int, end: int, places: Places) -> bool:
    """Whether the stretch shares a character with one of `places`."""
    return any(place[0] < end and start < place[1] for place in places)


def marked(entities: Iterable[Mapping[str, Any]], mark: str) -> Places:
    """Where the entities of this name stand."""
    found = (each for each in entities if each["entity"] == mark)
    return tuple((int(each["start"]), int(each["end"])) for each in found)


def without(spans: tuple[Span, ...], refused: Places) -> tuple[Span, ...]:
    """The spans outside of what is refused, and those inside of which there is no other."""
    wanted = [span for span in spans if not touches(span.start, span.end, refused)]
    said = {span.name for span in wanted}
    return tuple(span for span in spans if span in wanted or span.name not in said)


_WORD = re.compile(r"[\w'’-]+")
_AROUND = frozenset(
    """
    a add also an and at but by change for from in instead into is it it's its let's make my of on only our
    please pls plus rather set so take that that's the then this thanks thx to use with alert endpoint
    environment job metric model one project run training version
    """.split()  # noqa: SIM905 -- a word a line would fill a page
)
"""Words beside the values of an answer: "the churn training", "to prod please"."""


def words_beside(text: str, taken: Places) -> list[str]:
    """Words of `text` that are neither in what is `taken` nor usual around a value."""
    return [
        word[0]
        for word in _WORD.finditer(text)
        if not touches(*word.span(), taken) and word[0].lower() not in _AROUND
    ]


def readable(span: Span) -> bool:
    """Whether the span can be read as its parameter's value."""
    try:
        normalise(PARAMETERS[span.name], span.raw)
    except UnreadableError:
        return False
    return True


def only_values(text: str, spans: Iterable[Span], names: Places = ()) -> bool:
    """Whether a short text holds values of closed classes and nothing else but `names`: "and on spot"."""
    sure = [
        span
        for span in spans
        if span.by_pattern and PARAMETERS[span.name].kind not in _NO_ANSWER and readable(span)
    ]
    taken = (*((span.start, span.end) for span in sure), *names)
    return bool(sure) and len(text.split()) <= _MOST and not words_beside(text, taken)


def blanked(text: str, places: Places) -> str:
    """The text with spaces at `places`, as long as before."""
    for start, end in places:
        text = text[:start] + " " * (end - start) + text[end:]
    return text


_WORDS = re.compile(r"\S+")
_JOINED = re.compile(r"\w[-_]\w")
_BEGINS = re.compile(
    r"\W*(?:(?:please|pls|hey|yo|ok|so|now|just|and|then|cooper)\W+)*", re.IGNORECASE
)
_ROLL_BACK = re.compile(r"\broll(?:ing|ed)?\s+back\Z", re.IGNORECASE)
_LED = re.compile(r"\b(?:the|our|my|your|of|for)\s+\Z", re.IGNORECASE)
"""No order stands behind these, a mistyped one neither: "the subscriber winback model"."""
_NO_BEGINNING = frozenset(
    """
    argh bulk-score bump call crown fetch grab hmm hurray move omg oops pit push put return revert rip
    roll serve ship stick ugh yeet yikes
    """.split()  # noqa: SIM905 -- a word a line would fill a page
)
"""Words before a name where a text begins, which are no part of it: "bump churn up to prod"."""
_NO_END = frozenset({"back", "cost", "costs", "drift", "log", "logs", "runs", "spend"})
"""Words behind a name that say what of it is wanted: "the history of pricing runs"; "Legal Costs" is a name."""


_NO_NAME = frozenset(
    """
    anything everything job jobs model models one prediction predictions something stuff training trainings whatever
    """.split()  # noqa: SIM905 -- a word a line would fill a page
)
"""What a project is put to, or any of them, is none by itself, unless one is registered by that name."""


def without_slips(text: str, spans: tuple[Span, ...], slips: Places) -> tuple[Span, ...]:
    """The spans, learned ones without mistyped words and such of requests at their ends; no project of such alone.

    Of several words of which one is joined as only names are, it alone is the name; a version or an
    id behind a name is none of it.
    """
    ids = tuple(
        (each.start, each.end) for each in spans if each.by_pattern and each.name in _NUMBERED
    )
    trimmed = (_trimmed(text, span, slips, ids) if not span.by_pattern else span for span in spans)
    return tuple(
        span
        for span in trimmed
        if span.by_pattern or span.name != "project" or span.raw.lower() not in _NO_NAME
    )


def _trimmed(text: str, span: Span, slips: Places, ids: Places) -> Span:
    words = [found.span() for found in _WORDS.finditer(text, span.start, span.end)]
    joined = [word for word in words if _JOINED.search(text[slice(*word)])]
    if len(words) > 1 and len(joined) == 1:
        words = joined
    begins = bool(_BEGINS.fullmatch(text, 0, span.start))
    while len(words) > 1 and begins and text[slice(*words[0])].lower() in _NO_BEGINNING:
        words = words[1:]
    if len(words) > 1 and _ROLL_BACK.search(text, 0, words[0][1]):
        words = words[1:]
    while len(words) > 1 and touches(*words[-1], ids):
        words = words[:-1]
    while len(words) > 1 and text[slice(*words[-1])] in _NO_END:
        words = words[:-1]
    while len(words) > 1 and touches(*words[0], slips) and not _LED.search(text, 0, words[0][0]):
        words = words[1:]
    while len(words) > 1 and touches(*words[-1], slips):
        words = words[:-1]
    if not words or (words[0][0], words[-1][1]) == (span.start, span.end):
        return span
    start, end = words[0][0], words[-1][1]
    return replace(span, start=start, end=end, raw=text[start:end])


def with_names(text: str, spans: tuple[Span, ...], places: Places) -> tuple[Span, ...]:
    """The spans with the registered projects, in these `places`, for those that were only guessed.

    What a pattern finds in such a name is none of its values: a project may be called "live".
    """
    if not places:
        return spans
    known = [
        Span("project", start, end, text[start:end], by_pattern=True, confidence=1.0)
        for start, end in places
    ]
    others = (
        span
        for span in spans
        if span.name != "project" and not (span.by_pattern and any(map(span.within, known)))
    )
    return (*others, *known)
