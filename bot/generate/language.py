"""The Rasa project's generated half: training sentences, patterns, domain, forms and rules."""

import re
from random import Random
from typing import Any

import yaml

from actions.catalog import COMMANDS, CONVERSATION, PARAMETERS
from actions.normalise.patterns import LOOKS_LIKE, PATTERNS
from actions.spec import Command, Kind
from bot.generate.grammar import grammars
from bot.generate.noise import as_typed

SEED = 20_260_101
SENTENCES = {
    "train_model": 180,
    "deploy_model": 220,
    "show_run": 190,
    "show_logs": 180,
    "show_model": 190,
    "compare_models": 180,
    "promote_model": 160,
    "rollback_model": 160,
    "undeploy_model": 160,
    "approve_request": 170,
    "reject_request": 170,
    "list_runs": 160,
    "stop_run": 160,
    "show_endpoint": 170,
    "help": 160,
    "out_of_scope": 1260,
}
DEFAULT_SENTENCES = 150
HEADER = "# Generated from the catalogue by `make generate`; do not edit.\n"
OUTSIDE = ("out_of_scope",)
"""Intents of the model that are neither a command nor a conversation intent."""
MARKS = ("negated", "asked", "unknown", "slip", "registered")
"""Entities that are no values: what is not wanted, what is asked for, words never seen or mistyped, registered names."""
OWN_ACTIONS = ("action_propose", "action_converse", "action_unsure", "action_read")


def form_of(command: Command) -> str | None:
    """The name of the command's form; None where it asks for nothing."""
    return f"{command.name}_form" if command.required else None


def core_of_projects(sentence: str) -> str:
    """Annotations of projects without the words around a name: "the [fraud](project) model"."""
    pattern = r"\[(the )?([^\]]+?)( model| project)?\]\(project\)"
    return re.sub(pattern, r"\1[\2](project)\3", sentence)


def as_found(sentence: str) -> str:
    """Annotations as values are found in a text: what looks like a run is one, a reason is words."""

    def found(match: re.Match[str]) -> str:
        words, name = match.groups()
        if PARAMETERS[name].kind is Kind.TEXT:
            return words
        return f"[{words}]({LOOKS_LIKE.get(name, name)})"

    return re.sub(r"\[([^\]]+)\]\((\w+)\)", found, sentence)


def sentences() -> dict[str, list[str]]:
    """Training sentences of each intent, annotated; the same at every call."""
    rng = Random(SEED)  # noqa: S311 -- training data, not a secret
    names = frozenset((*COMMANDS, *CONVERSATION, *OUTSIDE))
    made = grammars(names, rng)
    found: dict[str, list[str]] = {}
    given = {command.name: command.examples for command in COMMANDS.values()}
    given |= {intent.name: intent.examples for intent in CONVERSATION.values()}
    for name in (*COMMANDS, *CONVERSATION, *OUTSIDE):
        examples = (as_found(core_of_projects(example)) for example in given.get(name, ()))
        unique = dict.fromkeys((*examples, *_titled(name)))
        wanted = SENTENCES.get(name, DEFAULT_SENTENCES)
        for _ in range(wanted * 6 if name in made else 0):
            if len(unique) >= wanted:
                break
            unique[as_found(as_typed(made[name].sentence(), rng))] = None
        found[name] = [text for text in unique if text.strip()]
    return found


def _titled(name: str) -> tuple[str, ...]:
    """What help calls the command, as people say it back: "deploy a model please"."""
    if name not in COMMANDS:
        return ()
    title = COMMANDS[name].title.lower()
    frames = (
        "{}",
        "{} please",
        "please {}",
        "i want to {}",
        "can you {}?",
        "{} for me",
        "let's {}",
    )
    return tuple(frame.format(title) for frame in frames)


def _examples(texts: list[str]) -> str:
    return "".join(f"    - {text}\n" for text in texts)


def nlu_data() -> dict[str, str]:
    """`nlu/data/generated/*.yml`: one file an intent, one of patterns."""
    files = {
        f"nlu/data/generated/{name}.yml": (
            f'{HEADER}version: "3.1"\nnlu:\n- intent: {name}\n  examples: |\n{_examples(texts)}'
        )
        for name, texts in sentences().items()
        if texts
    }
    patterns = "".join(
        f"- regex: {name}\n  examples: |\n    - {pattern}\n"
        for name, pattern in PATTERNS.items()
        if name in PARAMETERS
    )
    files["nlu/data/generated/patterns.yml"] = f'{HEADER}version: "3.1"\nnlu:\n{patterns}'
    return files


def _slot() -> dict[str, Any]:
    return {"type": "any", "influence_conversation": False, "mappings": [{"type": "custom"}]}


def _yaml(content: dict[str, Any]) -> str:
    return HEADER + yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)


def domain() -> dict[str, str]:
    """`nlu/domain.yml`: intents, entities, slots, forms and actions."""
    forms = {
        form: {"required_slots": list(command.required)}
        for command in COMMANDS.values()
        if (form := form_of(command))
    }
    asked = dict.fromkeys(name for command in COMMANDS.values() for name in command.required)
    content = {
        "version": "3.1",
        "intents": [*COMMANDS, *CONVERSATION, *OUTSIDE],
        "entities": [*PARAMETERS, *MARKS],
        "slots": {name: _slot() for name in (*PARAMETERS, "inferred", "begun")},
        "forms": forms,
        "actions": [
            *OWN_ACTIONS,
            *(f"validate_{form}" for form in forms),
            *(f"action_ask_{name}" for name in asked),
        ],
        "session_config": {"session_expiration_time": 0, "carry_over_slots_to_new_session": False},
    }
    return {"nlu/domain.yml": _yaml(content)}


def _rule(name: str, steps: list[dict[str, Any]], loop: str | None = None) -> dict[str, Any]:
    rule: dict[str, Any] = {"rule": name}
    if loop:
        rule["condition"] = [{"active_loop": loop}]
    return {**rule, "steps": steps}


def rules() -> dict[str, str]:
    """`nlu/data/generated/rules.yml`: what follows on each intent."""
    found: list[dict[str, Any]] = []
    for command in COMMANDS.values():
        form = form_of(command)
        if form is None:
            steps: list[dict[str, Any]] = [{"intent": command.name}, {"action": "action_propose"}]
            found.append(_rule(f"{command.name} is proposed", steps))
            continue
        begin: list[dict[str, Any]] = [
            {"intent": command.name},
            {"action": form},
            {"active_loop": form},
        ]
        found.append(_rule(f"{command.name} begins its form", begin))
        end: list[dict[str, Any]] = [
            {"action": form},
            {"active_loop": None},
            {"action": "action_propose"},
        ]
        found.append(_rule(f"{command.name} is complete", end, form))
    found += [
        _rule(f"{name} is answered", [{"intent": name}, {"action": "action_converse"}])
        for name in CONVERSATION
    ]
    found += [
        _rule(f"{name} is not acted on", [{"intent": name}, {"action": "action_unsure"}])
        for name in (*OUTSIDE, "nlu_fallback")
    ]
    return {"nlu/data/generated/rules.yml": _yaml({"version": "3.1", "rules": found})}
