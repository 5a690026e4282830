"""What the documents name is there: links, files, commands, variables."""

import functools
import os
import re
from pathlib import Path

import pytest
import typer

from actions.catalog import COMMANDS
from actions.slash import words_of
from bot.cli import app
from bot.settings import Settings

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    path
    for path in (
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "infra" / "local").glob("*/README.md"),
        *ROOT.glob("examples/*/README.md"),
    )
    if path.name != "CHANGELOG.md"
)
SOURCES = ("Makefile", "docker-compose.yml", "infra/docker/cooper.env.example")
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
MAKE = re.compile(r"(?:^|[`\s;])make ((?:[a-z]+(?:-[a-z]+)* ?)+)", re.MULTILINE)
COOPER = re.compile(r"(?:^|[`\s]|\.venv/bin/)cooper ([a-z]+)(?: ([a-z]+))?", re.MULTILINE)
SLASH = re.compile(r"(?:^|[`\s])/cooper ([a-z]+)", re.MULTILINE)
VARIABLE = re.compile(
    r"\b(?:COOPER|SLACK|NLU|ACTIONS|AIRFLOW|MLFLOW|AWS|RASA)_[A-Z0-9_]+\b"
    r"|\b(?:DATABASE|REDIS)_URL\b|\b[A-Z]+_ARGS\b"
)
BOTO3S_OWN = frozenset({"AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL_S3"})
FOLDERS = ("actions", "bot", "nlu", "dags", "infra", "examples", "tests", "docs", "benchmarks")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def code_of(path: Path) -> str:
    """Everything in code type: blocks and spans."""
    return "\n".join(CODE.findall(path.read_text(encoding="utf-8")))


def anchors(path: Path) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {text.strip().replace(" ", "-") for text in plain}


def broken_links(path: Path) -> list[str]:
    prose = CODE.sub("", path.read_text(encoding="utf-8"))
    broken = []
    for link in LINK.findall(prose):
        target, _, anchor = link.partition("#")
        if "://" in target or link.startswith("mailto:"):
            continue
        file = (path.parent / target) if target else path
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(link)
    return broken


def targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def programs() -> dict[str, set[str]]:
    """The commands of `cooper`, each with its subcommands."""
    whole = typer.main.get_command(app)
    return {
        name: set(getattr(command, "commands", {}))
        for name, command in getattr(whole, "commands", {}).items()
    }


@functools.cache
def read_variables() -> frozenset[str]:
    """Every variable that a program of the project reads, sets or passes on."""
    texts = [(ROOT / name).read_text(encoding="utf-8") for name in SOURCES]
    for top in ("actions", "bot", "infra", "dags", "nlu"):
        for folder, folders, files in os.walk(ROOT / top):
            folders[:] = [name for name in folders if name not in {".venv", "node_modules", "dist"}]
            texts += [
                Path(folder, file).read_text(encoding="utf-8")
                for file in files
                if file.endswith((".py", ".sh", ".yml"))
            ]
    found = {name for text in texts for name in VARIABLE.findall(text)}
    return frozenset(found | settings_variables() | BOTO3S_OWN)


def settings_variables() -> set[str]:
    names = set()
    for name, field in Settings.model_fields.items():
        alias = field.validation_alias
        choices = getattr(alias, "choices", [alias or name])
        names |= {str(choice).upper() for choice in choices}
    return names


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_links_lead_somewhere(path: Path) -> None:
    assert broken_links(path) == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_every_make_target_is_one(path: Path) -> None:
    named = {word for line in MAKE.findall(code_of(path)) for word in line.split()}
    assert named <= targets()


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_every_cooper_command_is_one(path: Path) -> None:
    known = programs()
    wrong = []
    for command, following in COOPER.findall(code_of(path)):
        subcommands = known.get(command)
        if subcommands is None or (subcommands and following and following not in subcommands):
            wrong.append(f"{command} {following}")
    assert wrong == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_every_slash_command_is_one(path: Path) -> None:
    words = {word for command in COMMANDS.values() for word in words_of(command)}
    assert set(SLASH.findall(code_of(path))) <= words


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_every_variable_is_one_that_something_reads(path: Path) -> None:
    assert set(VARIABLE.findall(code_of(path))) <= read_variables()


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_every_file_is_there(path: Path) -> None:
    spans = re.findall(r"`([a-z_.]+/[\w./-]*)`", path.read_text(encoding="utf-8"))
    named = [span for span in spans if span.split("/")[0] in FOLDERS and ".venv" not in span]
    made = re.compile(r"^(nlu/models|infra/docker/(cooper\.env|keys)|benchmarks/results)")
    assert [name for name in named if not (ROOT / name).exists() and not made.match(name)] == []


def test_every_setting_is_documented() -> None:
    text = "".join((ROOT / "docs" / name).read_text() for name in ("contracts.md", "operations.md"))
    assert {name for name in settings_variables() if name not in text} <= BOTO3S_OWN


def test_every_decision_is_in_the_list() -> None:
    folder = ROOT / "docs" / "adr"
    listed = set(re.findall(r"\]\((\d{4}-[^)]+)\)", (folder / "README.md").read_text()))
    assert listed == {path.name for path in folder.glob("[0-9]*.md")}


def test_what_is_wrong_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# One two\n[a](#one-two) [b](gone.md) [c](#gone) `cooper frob` `make upp`\n")
    assert broken_links(page) == ["gone.md", "#gone"]
    assert COOPER.findall(code_of(page)) == [("frob", "")]
    assert MAKE.findall(code_of(page)) == ["upp"]
    assert "frob" not in programs()
    assert "upp" not in targets()
