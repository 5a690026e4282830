"""`docs/commands.md`: the reference of every command."""

import re

from actions.catalog import COMMANDS
from actions.slash import KEYS, usage, words_of
from actions.spec import Command, Risk

HEADER = "<!-- Generated from the catalogue by `make generate`; do not edit. -->\n\n# Commands\n"
RISKS = {
    Risk.READ: "reads: answers at once",
    Risk.DIRECT: "changes something small and reversible, without asking to confirm",
    Risk.CHANGE: "changes: shows its plan and asks to confirm",
    Risk.GUARDED: "guarded: plan, confirmation, then the approvals that the policy asks for",
}
INTRO = """
Say it in words (`@cooper train fraud on 2 gpus`) or type it strictly:

`/cooper <command> [required values in order] [values that speak for themselves] [key=value …]`

What is in brackets may be left out; a value in capitals needs no key. A reason is the rest of the line. Values with spaces are quoted as in a shell (`runtime="90 min"`); a model's version may follow its
project (`fraud@v7`); hyperparameters are written `hyperparameters.lr=0.01`, well-known ones also
`lr=0.01`. In words, what is required and not said is asked for; `/cooper` says what is missing. `/cooper` alone shows help.
"""


def plain(example: str) -> str:
    """A training sentence without its annotations."""
    return re.sub(r"\[([^\]]+)\]\(\w+\)", r"\1", example)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _parameters(command: Command) -> list[str]:
    if not command.uses:
        return []
    lines = ["", "| parameter | | keys | said as |", "| --- | --- | --- | --- |"]
    for use in command.uses:
        name = use.parameter.name
        keys = ", ".join(
            f"`{key}=`" for key in (name, *(k for k, to in KEYS.items() if to == name))
        )
        need = "required" if use.required else ""
        need += f" unless {use.unless} is given" if use.unless else ""
        said = ", ".join(_cell(example) for example in use.parameter.examples)
        lines.append(f"| {use.parameter.label} (`{name}`) | {need} | {keys} | {said} |")
    return lines


def _section(command: Command) -> str:
    words = ", ".join(f"`{word}`" for word in words_of(command))
    lines = [
        f"## {command.title} (`{command.name}`)",
        "",
        command.summary,
        "",
        f"- Risk: {RISKS[command.risk]}.",
        f"- Slash: `{usage(command)}` (answers to {words}).",
        *([f"- Carried out by the DAG `{command.dag}`."] if command.dag else []),
        *_parameters(command),
        "",
        "For example:",
        "",
        *(f"- {plain(example)}" for example in command.examples),
    ]
    return "\n".join(lines) + "\n"


def commands_reference() -> dict[str, str]:
    """`docs/commands.md`."""
    sections = "\n".join(_section(command) for command in COMMANDS.values())
    return {"docs/commands.md": f"{HEADER}{INTRO}\n{sections}"}
