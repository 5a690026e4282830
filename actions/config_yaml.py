"""YAML text to plain data with a position for every key and value."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import yaml

Plain = dict[str, "Plain"] | list["Plain"] | str | int | float | bool | None
Path = tuple[str | int, ...]

MAX_DEPTH = 32
MAX_NODES = 20_000
MAX_DIGITS = 300
_UNREADABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake in a file. Lines and columns count from 1; `path` is dotted, empty for the whole."""

    file: str
    line: int
    column: int
    path: str
    message: str
    allowed: str = ""
    suggestion: str = ""

    def __str__(self) -> str:
        """`cooper.yaml:3:5: environments.staging.role_arn: what is wrong; what would be right`."""
        where = f"{self.file}:{self.line}:{self.column}: "
        text = f"{self.path}: {self.message}" if self.path else self.message
        if self.suggestion:
            text += f"; did you mean {self.suggestion!r}?"
        return where + text + (f" ({self.allowed})" if self.allowed else "")


class YamlProblemsError(Exception):
    """The text is no YAML document of ours; `problems` says where and why."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(*self.problems)


@dataclass(slots=True)
class Document:
    """A parsed file: plain data, where each path stands, how scalars were written, early problems."""

    file: str
    data: dict[str, Plain] = field(default_factory=dict)
    keys: dict[Path, tuple[int, int]] = field(default_factory=dict)
    values: dict[Path, tuple[int, int]] = field(default_factory=dict)
    written: dict[Path, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def position(self, path: Path, *, key: bool = False) -> tuple[int, int]:
        """Line and column of the value (or key) at `path`, or of its nearest parent."""
        first, second = (self.keys, self.values) if key else (self.values, self.keys)
        for end in range(len(path), -1, -1):
            found = first.get(path[:end]) or second.get(path[:end])
            if found:
                return found
        return (1, 1)


def dotted(path: Path) -> str:
    """`("approvals", 0, "need")` as `approvals[0].need`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}"
    return text.removeprefix(".")


class _CoreLoader(yaml.SafeLoader):
    """The safe loader with YAML 1.2's scalars in place of YAML 1.1's."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012


def _resolve(tag: str, pattern: str, first: Sequence[str]) -> None:
    _CoreLoader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), list(first))


_SIGNED = "-+0123456789"
_resolve("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""])
_resolve("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF")
_resolve("int", r"^[-+]?[0-9]+$", _SIGNED)
_resolve("float", r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$", _SIGNED + ".")


def parse(text: str, file: str) -> Document:
    """Parse one YAML mapping.

    Duplicate and non-string keys, merge keys and custom tags are listed in the document's `problems`.
    Raises YamlProblemsError where there is no mapping to go on with: a syntax error, an empty file,
    several documents, another root, nesting deeper than 32 levels, or aliases that multiply.
    """
    document = Document(file)
    try:
        _check_depth(text, document)
        node = yaml.compose(text, Loader=_CoreLoader)
    except yaml.MarkedYAMLError as error:
        raise YamlProblemsError([_syntax(file, text, error)]) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        message = f"the character {chr(error.character)!r} is not allowed in YAML"
        raise YamlProblemsError([Problem(file, line, 1, "", message)]) from None
    if node is None or (isinstance(node, yaml.ScalarNode) and node.value in ("", "~", "null")):
        raise YamlProblemsError([Problem(file, 1, 1, "", "the file is empty")])
    if not isinstance(node, yaml.MappingNode):
        found = "a list" if isinstance(node, yaml.SequenceNode) else "a single value"
        message = f"the file should hold `key: value` pairs, not {found}"
        raise YamlProblemsError([Problem(file, *_at(node), "", message)])
    data = _Builder(document).build(node, ())
    assert isinstance(data, dict)
    document.data = data
    return document


def _check_depth(text: str, document: Document) -> None:
    """Refuse before composing, which recurses."""
    depth = 0
    for event in yaml.parse(text, Loader=_CoreLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            message = f"nested deeper than {MAX_DEPTH} levels"
            raise YamlProblemsError([Problem(document.file, *_at(event), "", message)])


class _Builder:
    """Turns nodes into plain data, counting so that aliases cannot multiply without end."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._nodes = 0
        self._open: set[int] = set()

    def build(self, node: yaml.Node, path: Path) -> Plain:
        """The node's plain value; registers its position and its problems."""
        self._count(node, path)
        self._document.values[path] = _at(node)
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, path)
        self._open.add(id(node))
        try:
            if isinstance(node, yaml.SequenceNode):
                return [self.build(item, (*path, i)) for i, item in enumerate(node.value)]
            assert isinstance(node, yaml.MappingNode)
            return self._mapping(node, path)
        finally:
            self._open.discard(id(node))

    def _count(self, node: yaml.Node, path: Path) -> None:
        self._nodes += 1
        if id(node) in self._open:
            self._refuse(node, path, "an alias (*) points at a value that contains it")
        if self._nodes > MAX_NODES:
            self._refuse(node, path, f"more than {MAX_NODES} values, counting each use of an alias")

    def _refuse(self, node: yaml.Node, path: Path, message: str) -> None:
        raise YamlProblemsError([Problem(self._document.file, *_at(node), dotted(path), message)])

    def _problem(self, node: yaml.Node, path: Path, message: str, allowed: str = "") -> None:
        self._document.problems.append(
            Problem(self._document.file, *_at(node), dotted(path), message, allowed)
        )

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Plain]:
        result: dict[str, Plain] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self._problem(key_node, path, "a key should be a plain word, not a list or mapping")
                continue
            key = self._readable(key_node, path)
            where = (*path, key)
            if key == "<<":
                self._problem(key_node, path, "merge keys (<<) are not read; repeat the keys")
            elif key in result:
                first = self._document.keys[where][0]
                self._problem(key_node, where, f"the key stands twice; first on line {first}")
            else:
                self._document.keys[where] = _at(key_node)
                result[key] = self.build(value_node, where)
        return result

    def _scalar(self, node: yaml.ScalarNode, path: Path) -> Plain:
        value = self._readable(node, path)
        self._document.written[path] = value
        kind = node.tag.removeprefix("tag:yaml.org,2002:")
        if kind == "null":
            return None
        if kind == "bool" and value.lower() in ("true", "false"):
            return value.lower() == "true"
        if kind in ("int", "float"):
            return self._number(node, path, value, kind)
        if kind != "str":
            self._problem(node, path, f"the tag {node.tag} is not read", "write the plain value")
        return value

    def _readable(self, node: yaml.ScalarNode, path: Path) -> str:
        """The scalar's text; without what an escape can smuggle past the reader's own check."""
        text = str(node.value)
        if _UNREADABLE.search(text):
            self._problem(node, path, "holds a control character or half of a character")
            return _UNREADABLE.sub("", text)
        return text

    def _number(self, node: yaml.ScalarNode, path: Path, value: str, kind: str) -> Plain:
        if len(value) > MAX_DIGITS:
            self._problem(node, path, f"a number of {len(value)} digits is too long")
            return 0
        try:
            return int(value) if kind == "int" else float(value)
        except ValueError:
            self._problem(node, path, f"{value!r} is not a number")
            return 0


def _at(node: yaml.Node | yaml.Event) -> tuple[int, int]:
    mark = node.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def _syntax(file: str, text: str, error: yaml.MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    lines = text.splitlines()
    source = lines[line - 1] if line <= len(lines) else ""
    if "\t" in source[: len(source) - len(source.lstrip())] or "'\\t'" in str(error.problem):
        return Problem(file, line, column, "", "a tab; YAML indents with spaces only")
    if "expected a single document" in str(error.context):
        return Problem(file, line, column, "", "a second document (---) starts; one a file")
    message = str(error.problem or "cannot be read")
    if error.context and error.context_mark:
        message += f" ({error.context} that starts on line {error.context_mark.line + 1})"
    return Problem(file, line, column, "", f"not valid YAML: {message}")
