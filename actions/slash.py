"""The grammar of `/cooper …`: strict, made from the catalogue, independent of Rasa.

`/cooper <command> [required values in order] [values that speak for themselves] [key=value …]`,
quoted as a shell quotes. A text, such as a reason, is the rest of the line.
"""

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rapidfuzz import fuzz, process

from actions.catalog import COMMANDS
from actions.normalise import UnreadableError, normalise, split_reference, unwrap
from actions.normalise.hyperparameters import KNOWN
from actions.spec import Command, Kind, Parameter

KEYS: dict[str, str] = {
    "gpus": "gpu_count",
    "gpu": "gpu_count",
    "instance": "instance_type",
    "type": "instance_type",
    "instances": "instance_count",
    "env": "environment",
    "runtime": "max_runtime",
    "data": "dataset_version",
    "person": "user",
}
"""Short keys of `key=value`, beside the parameters' own names."""

MAX_LENGTH = 4000
_KEY = re.compile(r"([A-Za-z_][\w-]*)(?:\.([A-Za-z_][\w.-]*))?=(.*)", re.DOTALL)
_TELLING = frozenset(
    {
        Kind.VERSION,
        Kind.ENVIRONMENT,
        Kind.INSTANCE_TYPE,
        Kind.STRATEGY,
        Kind.SEVERITY,
        Kind.STATE,
        Kind.REQUEST,
        Kind.ALERT,
        Kind.DURATION,
        Kind.TEXT,
    }
)
"""Kinds whose values are known by their form, so that an optional one needs no key."""
_COUNTED = _TELLING - {Kind.TEXT} | {Kind.INTEGER}
"""Kinds that a word is tried as; a bare number could be several and is refused."""
_FORMS = {
    Kind.VERSION: re.compile(r"[v#]?\d+|latest|newest|champion|challenger", re.IGNORECASE),
    Kind.INTEGER: re.compile(r"\d+[x%]?"),
    Kind.USER: re.compile(r"<?@.+|me|my|mine", re.IGNORECASE),
}
"""Where a kind's reader takes more than what stands without a key."""
_KNOWN_HYPERPARAMETERS = {name.replace(" ", "_") for name in KNOWN}


@dataclass(frozen=True, slots=True)
class Parsed:
    """A command with all it needs; values normalised, no defaults."""

    command: str
    params: dict[str, Any]


class SlashError(ValueError):
    """What is wrong with a slash command, for the person who typed it: one or two lines."""


def words_of(command: Command) -> tuple[str, ...]:
    """Everything that names `command` in `/cooper …`, the shortest way first."""
    return tuple(dict.fromkeys((*command.aliases, command.name)))


def _needs_no_key(command: Command, parameter: Parameter) -> bool:
    """Whether an optional value may stand without its key.

    Its kind tells it from all others; in a command that requires nothing, a name may stand alone.
    """
    return parameter.kind in _TELLING or (
        not command.required and parameter.kind not in {Kind.INTEGER, Kind.BOOLEAN}
    )


def usage(command: Command) -> str:
    """`/cooper deploy PROJECT ENVIRONMENT [VERSION] … [percent=…]`; what needs a key shows it."""
    required = [use for use in command.uses if use.required]
    parts = [
        "|".join(name.upper() for name in (use.parameter.name, use.unless) if name)
        for use in required
    ]
    stands_in = {use.unless for use in required}
    optional = [
        use.parameter
        for use in command.uses
        if not use.required and use.parameter.name not in stands_in
    ]
    keyless = [each for each in optional if _needs_no_key(command, each)]
    parts += [f"[{each.name.upper()}{'…' if each.kind is Kind.TEXT else ''}]" for each in keyless]
    parts += [f"[{each.name}=…]" for each in optional if each not in keyless]
    return " ".join(["/cooper", words_of(command)[0], *parts])


def _alternatives(command: Command, missing: Sequence[str]) -> list[str]:
    """Each missing value's name, with what may stand in for it: "project (or run)"."""
    stands_in = {use.parameter.name: use.unless for use in command.uses}
    return [f"{name} (or {stands_in[name]})" if stands_in[name] else name for name in missing]


def _nearest(word: str, known: list[str]) -> str | None:
    match = process.extractOne(word, known, scorer=fuzz.ratio, score_cutoff=60)
    return match[0] if match else None


def _command(word: str) -> Command:
    named = {name: command for command in COMMANDS.values() for name in words_of(command)}
    found = named.get(word.lower().replace("-", "_"), named.get(word.lower()))
    if found:
        return found
    nearest = _nearest(word.lower(), list(named))
    meant = f" Did you mean `{usage(named[nearest])}`?" if nearest else ""
    msg = f"There is no command “{word[:40]}”.{meant} `/cooper help` lists all."
    raise SlashError(msg)


def _key(command: Command, key: str) -> str | None:
    """The parameter that `key` stands for in `command`."""
    name = key.lower().replace("-", "_")
    name = KEYS.get(name, name)
    return name if any(name == parameter.name for parameter in command.parameters) else None


class _Reader:
    """Takes the words after the command one by one."""

    def __init__(self, command: Command) -> None:
        self.command = command
        self.params: dict[str, Any] = {}
        self._named = False
        self._parameters = {parameter.name: parameter for parameter in command.parameters}

    def fail(self, problem: str) -> SlashError:
        return SlashError(f"{problem} Usage: `{usage(self.command)}`")

    def _set(self, name: str, value: Any) -> None:
        if name in self.params:
            msg = f"{self._parameters[name].label} is given twice."
            raise self.fail(msg)
        self.params[name] = value

    def _read(self, name: str, raw: str) -> Any:
        try:
            return normalise(self._parameters[name], raw)
        except UnreadableError as error:
            msg = f"{name}: {error.problem}"
            raise self.fail(msg) from error

    def keyed(self, key: str, sub: str | None, raw: str) -> None:
        takes_free_keys = "hyperparameters" in self._parameters
        name = _key(self.command, key)
        free = sub if name == "hyperparameters" else None
        if name is None and takes_free_keys and key.lower() in _KNOWN_HYPERPARAMETERS and not sub:
            free = key
        if free:
            self._hyperparameter(free, raw)
            return
        if name is None or sub:
            msg = self._unknown(f"{key}.{sub}" if sub else key)
            raise self.fail(msg)
        self._set(name, self._read(name, raw))

    def _hyperparameter(self, key: str, raw: str) -> None:
        one = self._read("hyperparameters", f"{key}={raw}")
        given = self.params.setdefault("hyperparameters", {})
        if given.keys() & one.keys():
            msg = f"{key} is given twice."
            raise self.fail(msg)
        given.update(one)

    def _unknown(self, key: str) -> str:
        known = [*self._parameters, *(k for k, name in KEYS.items() if name in self._parameters)]
        nearest = _nearest(key.lower(), known)
        meant = f" Did you mean {nearest}=…?" if nearest else ""
        free = (
            f" A hyperparameter is written hyperparameters.{key}=…."
            if "hyperparameters" in self._parameters and "." not in key
            else ""
        )
        return f"{self.command.name} has no parameter “{key}”.{meant}{free}"

    def bare(self, word: str) -> None:
        """A word without a key: the next required value, else an optional one by its form."""
        missing = self.command.missing(self.params)
        name = self._required(missing[0], word) if missing else self._optional(word)
        if self._parameters[name].kind is Kind.SLUG and "version" in self._parameters:
            word, version = split_reference(word)
            if version:
                self._set("version", self._read("version", version))
        self._set(name, self._read(name, word))

    def _reads(self, name: str, word: str) -> bool:
        parameter = self._parameters[name]
        form = _FORMS.get(parameter.kind)
        try:
            normalise(parameter, word)
        except UnreadableError:
            return False
        return form is None or form.fullmatch(word) is not None

    def _required(self, name: str, word: str) -> str:
        """`name`, or what may stand in for it and is what the word looks like: any word may be a project."""
        (use,) = (use for use in self.command.uses if use.parameter.name == name)
        if use.unless is None or not self._reads(use.unless, word):
            return name
        sure = self._reads(name, word) and use.parameter.kind is not Kind.SLUG
        return name if sure else use.unless

    def _optional(self, word: str) -> str:
        """The optional parameter that the word's form tells; names come last, and only one."""
        free = [
            p
            for p in self.command.parameters
            if p.name not in {*self.params, *self.command.required}
        ]
        told = [p for p in free if p.kind in _COUNTED and self._reads(p.name, word)]
        if len({p.kind for p in told}) > 1 or any(p.kind not in _TELLING for p in told):
            msg = f"“{word[:40]}” could be {' or '.join(p.name for p in told)}; write key=value."
            raise self.fail(msg)
        names = [p for p in free if _needs_no_key(self.command, p) and p.kind not in _COUNTED]
        if any(self._reads(p.name, word) for p in names if p.kind is Kind.USER):
            names = [p for p in names if p.kind is Kind.USER]
        chosen = told or (names if not self._named else [])
        if not chosen:
            msg = f"“{word[:40]}” has no place here; give other values as key=value."
            raise self.fail(msg)
        self._named = self._named or not told
        return chosen[0].name

    def tail(self, words: list[str]) -> int:
        """Where among `words` the free text begins that the command takes; their number if nowhere."""
        if self.text is None:
            return len(words)
        keys = [match and _key(self.command, match[1]) for match in map(_KEY.fullmatch, words)]
        open_ = len([name for name in self.command.required if name not in keys])
        for at, key in enumerate(keys):
            if not key and open_ == 0:
                return at
            open_ -= not key
        return len(words)

    @property
    def text(self) -> str | None:
        """The parameter that takes the rest of the line, where the command has one."""
        return next((p.name for p in self.command.parameters if p.kind is Kind.TEXT), None)

    def rest(self, words: list[str]) -> None:
        """The free text; behind `reason=` it goes on."""
        if self.text and words:
            begun = self.params.pop(self.text, "")
            self._set(self.text, self._read(self.text, " ".join((begun, *words)).strip()))


def _words(text: str) -> list[str]:
    """The words of the line, quoted as a shell quotes; an apostrophe in a free text is one."""
    plain = unwrap(text).replace("\x00", "")
    try:
        return shlex.split(plain)
    except ValueError as error:
        words = plain.split()
        if '"' not in plain and _Reader(_command(words[0])).text:
            return words
        msg = "A quotation mark is opened and not closed."
        raise SlashError(msg) from error


def parse_slash(text: str) -> Parsed:
    """The command behind `/cooper`; nothing at all is `help`.

    Raises:
        SlashError: Unknown command or key, a value that cannot be read, or one missing.
    """
    if len(text) > MAX_LENGTH:
        msg = f"That is longer than {MAX_LENGTH} characters. `/cooper help` shows how to ask."
        raise SlashError(msg)
    words = _words(text)
    if not words:
        return Parsed("help", {})
    reader = _Reader(_command(words[0]))
    end = 1 + reader.tail(words[1:])
    pairs = [(word, _KEY.fullmatch(word)) for word in words[1:end]]
    for _, match in pairs:
        if match:
            reader.keyed(match[1], match[2], match[3])
    for word, match in pairs:
        if not match:
            reader.bare(word)
    reader.rest(words[end:])
    missing = reader.command.missing(reader.params)
    if missing:
        msg = f"{reader.command.name} needs {' and '.join(_alternatives(reader.command, missing))}."
        raise reader.fail(msg)
    return Parsed(reader.command.name, reader.params)
