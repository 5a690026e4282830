"""The grammar of `/cooper …`: strict, made from the catalogue, independent of Rasa.

`/cooper <command> [required values in order] [key=value …]`, quoted as a shell quotes.
"""

import re
import shlex
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


def positional(command: Command) -> tuple[Parameter, ...]:
    """The parameters that need no key: the required ones, else those that may stand alone."""
    required = tuple(use.parameter for use in command.uses if use.required)
    return required or command.parameters


def usage(command: Command) -> str:
    """`/cooper deploy PROJECT ENVIRONMENT [version=…] …`."""
    required = command.required
    parts = [
        parameter.name.upper() for parameter in command.parameters if parameter.name in required
    ]
    if not required and command.uses:
        parts.append("[" + "|".join(p.name.upper() for p in positional(command)) + "]")
    parts += [f"[{p.name}=…]" for p in command.parameters if p.name not in required]
    return " ".join(["/cooper", words_of(command)[0], *parts])


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
        open_names = [p.name for p in positional(self.command) if p.name not in self.params]
        if not self.command.required:
            open_names = [] if self.params else open_names
            for name in open_names:
                try:
                    self.params[name] = normalise(self._parameters[name], word)
                except UnreadableError:
                    continue
                return
        if not open_names or not self.command.required:
            msg = f"“{word[:40]}” has no place here; give other values as key=value."
            raise self.fail(msg)
        name = open_names[0]
        if self._parameters[name].kind is Kind.SLUG and "version" in self._parameters:
            word, version = split_reference(word)
            if version:
                self._set("version", self._read("version", version))
        self._set(name, self._read(name, word))


def parse_slash(text: str) -> Parsed:
    """The command behind `/cooper`; nothing at all is `help`.

    Raises:
        SlashError: Unknown command or key, a value that cannot be read, or one missing.
    """
    if len(text) > MAX_LENGTH:
        msg = f"That is longer than {MAX_LENGTH} characters. `/cooper help` shows how to ask."
        raise SlashError(msg)
    try:
        words = shlex.split(unwrap(text).replace("\x00", ""))
    except ValueError as error:
        msg = "A quotation mark is opened and not closed."
        raise SlashError(msg) from error
    if not words:
        return Parsed("help", {})
    reader = _Reader(_command(words[0]))
    pairs = [(word, _KEY.fullmatch(word)) for word in words[1:]]
    for _, match in pairs:
        if match:
            reader.keyed(match[1], match[2], match[3])
    for word, match in pairs:
        if not match:
            reader.bare(word)
    missing = reader.command.missing(reader.params)
    if missing:
        msg = f"{reader.command.name} needs {' and '.join(missing)}."
        raise reader.fail(msg)
    return Parsed(reader.command.name, reader.params)
