"""`cooper nlu review`: what people meant where they were not understood, as examples to learn from."""

import asyncio
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import typer
import yaml

from actions.catalog import COMMANDS
from actions.rasa.reading import Reading, read
from actions.rasa.spans import chosen, classes_of
from actions.store import AuditEntry, Meaning
from bot.bootstrap import core
from bot.cli.measuring import figures, load, results
from bot.cli.rasa_model import ROOT, NluError, parse_offline, train
from bot.settings import Settings

_HEADER = 'version: "3.1"\nnlu:\n'
_FAILED = 1
Waiting = tuple[int, Meaning]


def examples_file(root: Path = ROOT) -> Path:
    """Where taken examples are kept."""
    return root / "nlu" / "data" / "handwritten" / "reviewed.yml"


def measured_by(root: Path = ROOT) -> Path:
    """The sentences by which a change is judged."""
    return root / "tests" / "nlu" / "blind" / "sentences.jsonl"


def annotated(reading: Reading, command: str) -> str:
    """The text as a training sentence of `command`: `train [fraud](project)`, on one line."""
    names = classes_of(COMMANDS[command].parameters)
    text, at = "", 0
    for span in chosen(reading.spans, names):
        if span.start < at:
            continue
        text += _plain(reading.text[at : span.start])
        text += f"[{_plain(reading.text[span.start : span.end])}]({span.name})"
        at = span.end
    return " ".join((text + _plain(reading.text[at:])).split())


def _plain(text: str) -> str:
    """Without what would be read as an annotation, and without what a terminal obeys."""
    kept = "".join(each if each.isprintable() else " " for each in text)
    return re.sub(r"[\[\]{}]", " ", kept)


def add_examples(taken: Sequence[tuple[str, str]], root: Path = ROOT) -> None:
    """Add (command, training sentence) to the examples, each once."""
    path = examples_file(root)
    known: dict[str, list[str]] = defaultdict(list)
    if path.is_file():
        for block in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            lines = block["examples"].splitlines()
            known[block["intent"]] += [line.removeprefix("- ") for line in lines if line]
    for command, sentence in taken:
        if sentence and sentence not in known[command]:
            known[command].append(sentence)
    blocks = [
        f"- intent: {command}\n  examples: |\n" + "".join(f"    - {each}\n" for each in sentences)
        for command, sentences in sorted(known.items())
        if sentences
    ]
    path.write_text(_HEADER + "".join(blocks), encoding="utf-8")


def change(before: Mapping[str, float], after: Mapping[str, float]) -> str:
    """The figures side by side."""
    lines = [f"{'':18} {'before':>8} {'after':>8}"]
    lines += [f"{name:18} {before[name]:8.2%} {after[name]:8.2%}" for name in before]
    return "\n".join(lines)


async def _waiting(configuration: Settings) -> list[Waiting]:
    async with core(configuration) as base, base.store.transaction() as tx:
        return list(await tx.meanings())


async def _settle(configuration: Settings, taken: Sequence[int], dropped: Sequence[int]) -> None:
    async with core(configuration) as base, base.store.transaction() as tx:
        for number in (*taken, *dropped):
            await tx.settle_meaning(number, taken=number in taken)
        detail: dict[str, Any] = {"taken": list(taken), "dropped": list(dropped)}
        await tx.audit(AuditEntry("cli", "reviewed", detail=detail))


def _line(number: int, meaning: Meaning) -> str:
    return f"{number}  “{_plain(meaning.text)}” → {meaning.command}, meant {meaning.who}"


def _ask(waiting: Sequence[Waiting]) -> tuple[list[int], list[int]]:
    """What the person at the terminal takes and drops."""
    taken: list[int] = []
    dropped: list[int] = []
    for number, meaning in waiting:
        answer = typer.prompt(f"{_line(number, meaning)}\n  take, drop, skip or quit", "skip")
        if answer[:1] == "q":
            break
        if answer[:1] in {"t", "d"}:
            (taken if answer[:1] == "t" else dropped).append(number)
    return taken, dropped


def _learn(meanings: Sequence[Meaning]) -> None:
    """Add the examples, train, and print what that changes."""
    measured = load(measured_by()) if measured_by().is_file() else []
    before = figures(results(measured)) if measured else {}
    parses = parse_offline([each.text for each in meanings])
    add_examples(
        [
            (each.command, annotated(read(parse), each.command))
            for each, parse in zip(meanings, parses, strict=True)
        ]
    )
    train()
    if measured:
        typer.echo(change(before, figures(results(measured))))
    typer.echo(f"{examples_file().relative_to(ROOT)} holds them; commit it, or take it back.")


def review(
    configuration: Settings, take: Sequence[int], drop: Sequence[int], *, only_list: bool
) -> None:
    """List what waits, take or drop it, and learn what was taken."""
    waiting = asyncio.run(_waiting(configuration))
    if not waiting:
        typer.echo("Nothing waits for review.")
        return
    if only_list:
        typer.echo("\n".join(_line(*each) for each in waiting))
        return
    known = dict(waiting)
    unknown = [number for number in (*take, *drop) if number not in known]
    if unknown:
        typer.echo(f"Nothing waits under {', '.join(map(str, unknown))}.", err=True)
        raise typer.Exit(_FAILED)
    taken, dropped = (list(take), list(drop)) if take or drop else _ask(waiting)
    try:
        if taken:
            _learn([known[number] for number in taken])
    except NluError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(_FAILED) from None
    asyncio.run(_settle(configuration, taken, dropped))
    typer.echo(f"{len(taken)} taken, {len(dropped)} dropped.")
