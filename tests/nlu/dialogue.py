"""Plays a written dialogue through a real Rasa and says where it went otherwise.

Each person has a form and a shown plan of their own, handed over as the bot does.
From the project's root: `python -m tests.nlu.dialogue FILE` prints how many go as written.
"""

import asyncio
import json
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from actions.catalog import COMMANDS
from actions.spec import Risk
from actions.store import StoredDraft
from actions.understanding import Turn
from bot.cli.measuring import comparable
from infra.clients.nlu import Rasa

_PLANNED = {Risk.CHANGE, Risk.GUARDED}
_CORRECTIONS = {"correct", "inform"}


@dataclass
class Speaker:
    """What waits for one person."""

    draft: StoredDraft | None = None
    plan: StoredDraft | None = None


@dataclass
class Stage:
    """A thread with its people."""

    understanding: Rasa
    thread: dict[str, Any]
    people: dict[str, Speaker] = field(default_factory=dict)

    async def says(self, who: str, text: str) -> tuple[Turn, str | None]:
        """The turn, and the command whose plan it confirms."""
        one = self.people.setdefault(who, Speaker())
        sender = f"T1:C1:1.1:{who}"
        turn = await self.understanding.turn(sender, text, one.draft, self.thread)
        if one.plan is not None and turn.draft is None and turn.intent in _CORRECTIONS:
            corrected = await self.understanding.turn(sender, text, one.plan, self.thread)
            if corrected.outcome == "proposal" and corrected.command == one.plan.command:
                turn = corrected
        one.draft = turn.draft
        confirmed = None
        if turn.outcome == "proposal" and turn.command is not None:
            if COMMANDS[turn.command].risk in _PLANNED:
                one.plan = StoredDraft(turn.command, turn.params, None)
        elif turn.outcome == "intent" and turn.intent in {"affirm", "deny", "cancel"}:
            confirmed = one.plan.command if one.plan and turn.intent == "affirm" else None
            one.plan = None
        return turn, confirmed


def _found(turn: Turn, confirmed: str | None, expect: dict[str, Any]) -> dict[str, Any]:
    """What happened, in the words of an expectation."""
    match turn.outcome:
        case "ask":
            params = turn.draft.params if turn.draft else turn.params
            return {"asks": turn.asked, "command": turn.command, "params": comparable(params)}
        case "proposal":
            return {"proposes": turn.command, "params": comparable(turn.params)}
        case "invalid":
            return {"invalid": turn.asked}
        case "intent":
            told = {"confirms": confirmed} if "confirms" in expect else {}
            return {"intent": turn.intent, **told}
        case _:
            return {"unsure": True}


async def play(understanding: Rasa, dialogue: dict[str, Any]) -> str | None:
    """Where the dialogue goes otherwise than written; None where it does not."""
    stage = Stage(understanding, dialogue.get("thread", {}))
    for place, turn in enumerate(dialogue["turns"], start=1):
        expect = turn["expect"]
        happened = _found(*await stage.says(turn["who"], turn["text"]), expect)
        wanted = (
            {**expect, "params": comparable(expect["params"])} if "params" in expect else expect
        )
        if happened != wanted:
            return f"turn {place}, {turn['text']!r}: wanted {wanted}, got {happened}"
    return None


def load(path: Path) -> list[dict[str, Any]]:
    """The dialogues of a file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


async def _main(path: Path) -> None:
    from tests.nlu.servers import serving

    dialogues = load(path)
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as (running, _):
        async with Rasa(running.url, running.token) as understanding:
            found = {each["name"]: await play(understanding, each) for each in dialogues}
    wrong = {name: why for name, why in found.items() if why}
    sys.stdout.write(f"{len(found) - len(wrong)} of {len(found)} go as written\n")
    if "--misses" in sys.argv:
        sys.stdout.write("".join(f"{name}\n    {why}\n" for name, why in wrong.items()))


if __name__ == "__main__":
    asyncio.run(_main(Path(sys.argv[1])))
