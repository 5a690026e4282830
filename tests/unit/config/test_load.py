"""A file with mistakes: all of them, each with its place and what would be right."""

import pytest
from pydantic import Field

from actions.config import ConfigError, Fault, Strict, load, load_text, pick
from actions.config_types import Duration, ProjectName


class Limits(Strict):
    most: int = Field(ge=1, le=10, description="from 1 to 10")
    runtime: Duration | None = Field(default=None, description="such as PT1H")


class Thing(Strict):
    name: ProjectName = Field(description="a slug")
    kind: str = Field(default="plain", description="a word")
    share: float = 0.5
    ready: bool = False
    limits: Limits | None = None
    parts: tuple[Limits, ...] = ()
    named: dict[str, Limits] = Field(default={})


def problems(text: str, **options) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_text(Thing, text, "t.yaml", **options)
    return [str(one) for one in caught.value.problems]


def test_a_right_file_is_loaded():
    thing = load_text(Thing, "name: fraud\nparts:\n  - most: 3\n    runtime: PT90M\n", "t.yaml")
    assert thing.parts[0].runtime is not None
    assert thing.parts[0].runtime.total_seconds() == 5400


def test_every_mistake_is_told_at_once_in_the_order_of_the_file():
    text = "nam: fraud\nshare: wide\nlimits:\n  most: 99\n  runtime: 4 hours\nparts:\n- mst: 1\n"
    assert problems(text) == [
        (
            "t.yaml:1:1: nam: unknown key; did you mean 'name'? "
            "(known: name, kind, share, ready, limits, parts, named)"
        ),
        "t.yaml:1:1: name: is missing (a slug)",
        "t.yaml:2:8: share: should be a number, not 'wide'",
        "t.yaml:4:9: limits.most: 99 should be at most 10 (from 1 to 10)",
        (
            "t.yaml:5:12: limits.runtime: '4 hours' is no ISO 8601 duration; "
            "write PT30M, PT4H or P1D (such as PT1H)"
        ),
        "t.yaml:7:3: parts[0].most: is missing (from 1 to 10)",
        "t.yaml:7:3: parts[0].mst: unknown key; did you mean 'most'? (known: most, runtime)",
    ]


def test_the_error_prints_a_heading_and_a_line_a_mistake():
    with pytest.raises(ConfigError) as caught:
        load_text(Thing, "name: fraud\nsahre: 1\nready: maybe\n", "t.yaml")
    lines = str(caught.value).splitlines()
    assert lines[0] == "t.yaml: 2 mistakes"
    assert len(lines) == 3


def test_a_problem_in_a_mapping_of_models_has_its_path():
    (found,) = problems("name: fraud\nnamed:\n  first: {most: 0}\n")
    assert found.startswith("t.yaml:3:17: named.first.most: 0 should be at least 1")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("kind: 012345678901", 'put it in quotes: "012345678901"'),
        ("kind: 1.10", 'put it in quotes: "1.10"'),
        ("kind: true", 'put it in quotes: "true"'),
        ("kind:", "kind: has no value; it should be text"),
        ("kind: [a]", "should be text, not a list"),
        ("ready: yes", "should be true or false, not 'yes'"),
        ("share: .nan", "should be a number, not '.nan'"),
        ("limits: 3", "should be `key: value` pairs, not 3"),
        ("parts: {most: 3}", "should be a list, not `key: value` pairs"),
        ("share: 1e999", "should be a finite number"),
        ("kind: !!python/object:os.system x", "is not read"),
        ("share: " + "9" * 5000, "a number of 5000 digits is too long"),
    ],
)
def test_a_wrong_value_says_what_it_should_be(line, expected):
    assert expected in "\n".join(problems(f"name: fraud\n{line}\n"))


@pytest.mark.parametrize("word", ["on", "22:00", "2026-01-01", "0x1F", "1_000", "yes", "No"])
def test_words_that_yaml_1_1_would_change_stay_words(word):
    assert load_text(Thing, f"name: fraud\nkind: {word}\n", "t.yaml").kind == word


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "t.yaml:1:1: the file is empty"),
        ("# only a comment\n", "t.yaml:1:1: the file is empty"),
        ("~", "t.yaml:1:1: the file is empty"),
        ("- a\n- b\n", "t.yaml:1:1: the file should hold `key: value` pairs, not a list"),
        ("just words", "t.yaml:1:1: the file should hold `key: value` pairs, not a single value"),
        ("name: a\n---\nname: b\n", "t.yaml:2:1: a second document (---) starts; one a file"),
        ("name: a\nlimits:\n\tmost: 1\n", "t.yaml:3:1: a tab; YAML indents with spaces only"),
        ("name: [a\nkind: b\n", "t.yaml:2:5: not valid YAML: expected ',' or ']'"),
        ("name: *nobody\n", "t.yaml:1:7: not valid YAML: found undefined alias 'nobody'"),
        ("name: \x07\n", "is not allowed in YAML"),
        ("[" * 40, "t.yaml:1:33: nested deeper than 32 levels"),
        ("a: &a [*a]\n", "an alias (*) points at a value that contains it"),
        ("name: a\nname: b\n", "t.yaml:2:1: name: the key stands twice; first on line 1"),
        ("name: a\n? [x]\n: 1\n", "a key should be a plain word"),
        ("name: a\nlimits: &l {most: 1}\nnamed:\n  x:\n    <<: *l\n", "merge keys (<<)"),
    ],
)
def test_text_that_is_no_file_of_ours_is_refused_with_its_place(text, expected):
    assert expected in "\n".join(problems(text))


@pytest.mark.parametrize(
    "line",
    [
        r'kind: "a\0b"', r'kind: "\ud800"', r'kind: "\e[31mred"', r'"k\0": 1', r'"\ud800": 1',
        'kind: !!binary "AAA="', "ready: !!bool maybe", "share: !!float wide", "kind: !!int 0x1F",
        "kind: !!set {a, b}", "parts: !!omap [{most: 1}]", "limits: !!map {most: 0}", "? \n: \n",
    ],
)  # fmt: skip
def test_escapes_and_tags_bring_no_crash_and_no_unprintable_message(line):
    "\n".join(problems(f"name: fraud\nshare: x\n{line}\n")).encode()


def test_an_alias_may_save_repetition():
    thing = load_text(Thing, "name: a\nlimits: &l {most: 4}\nnamed: {x: *l, y: *l}\n", "t.yaml")
    assert thing.named["y"].most == 4


def test_aliases_that_multiply_are_refused_before_they_fill_the_memory():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    for i in range(1, 10):
        lines.append(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]")
    (found,) = problems("\n".join(lines))
    assert "more than 20000 values" in found


def test_deep_nesting_is_refused_without_a_recursion_error():
    (found,) = problems("[" * 200_000)
    assert "nested deeper" in found


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, "the file does not exist"),
        (b"name: \xff\xfe\n", ":1:7: the file is not UTF-8"),
        (b"#" * (256 * 1024 + 1), "the file is larger than 256 KiB"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path, content, expected):
    path = tmp_path / "t.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load(Thing, path)
    assert expected in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_folder_in_the_place_of_the_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load(Thing, tmp_path)


def test_a_byte_order_mark_does_not_matter(tmp_path):
    (tmp_path / "t.yaml").write_bytes(b"\xef\xbb\xbfname: fraud\n")
    assert load(Thing, tmp_path / "t.yaml").name == "fraud"


def test_the_findings_of_checks_come_with_all_others():
    def check(data):
        for path, value in pick(data, "parts.*.most"):
            if value == 7:
                yield Fault(path, "seven is taken", "any other number")

    text = "nme: a\nparts:\n- most: 7\n"
    assert problems(text, checks=[check])[-1] == (
        "t.yaml:3:9: parts[0].most: seven is taken (any other number)"
    )


def test_the_loaded_model_cannot_be_changed():
    thing = load_text(Thing, "name: fraud\n", "t.yaml")
    with pytest.raises(ValueError, match="frozen"):
        thing.name = "other"
