"""What stands around a message: the open plans, the run and the project of its thread."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from actions.incidents.incident import Incident
from actions.incidents.store import Root
from actions.people import Person
from actions.rasa.names import named
from actions.requests import Request, State
from actions.runs import RUNS, SERVING
from actions.store import Store
from actions.understanding import Turn
from bot.inbound import Said

_PLAIN = 0.9
"""Confidence from which a command is what was said, wherever it was said."""
_PRONOUN = re.compile(r"\b(it|that|this|them)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """`plans` are the speaker's own that wait for a confirmation; `running` the thread's only run."""

    last: Request | None
    plans: tuple[Request, ...]
    running: Request | None
    undecided: Request | None = None
    """The thread's only request that waits for approval."""
    incident: Incident | None = None
    """What the thread is about, where it began with an incident's message."""
    names: tuple[str, ...] = ()
    """Registered projects that the text names, as it writes them."""

    @property
    def plan(self) -> Request | None:
        """The speaker's open plan, where it is the only one."""
        return self.plans[0] if len(self.plans) == 1 else None

    @property
    def context(self) -> dict[str, Any]:
        """Where a required value may be taken from when nobody said it, and names to be read."""
        found: dict[str, Any] = {}
        if self.incident is not None:
            found["alert"] = self.incident.id
            if self.incident.project is not None:
                found["project"] = self.incident.project
        if self.last is not None and self.last.project is not None:
            found["project"] = self.last.project
        if self.running is not None:
            found["run"] = self.running.id
        elif self.last is not None and self.last.command in RUNS:
            found["run"] = self.last.id
        if self.undecided is not None:
            found["request"] = self.undecided.id
        if self.names:
            found["names"] = list(self.names)
        return found

    @property
    def serving(self) -> str | None:
        """The environment that the thread is about: its latest deployment's."""
        if self.last is None or self.last.command not in SERVING:
            return None
        return self.last.plan.environment

    def about_the_run(self, turn: Turn) -> Turn:
        """The turn, with "stop it" beside the thread's run as about it, where a notebook is as likely."""
        offered = turn.nearest[0].command if turn.outcome == "unsure" and turn.nearest else None
        unclear = turn.confidence < _PLAIN and not turn.params and turn.draft is None
        if self.running is None or not unclear or "stop_notebook" not in {turn.command, offered}:
            return turn
        params = {"run": self.running.id}
        return replace(
            turn, outcome="proposal", command="stop_run", params=params, inferred=("run",)
        )


async def look(store: Store, said: Said, who: Person, since: datetime) -> Surroundings:
    """Look around. Outside a thread only a pronoun means the speaker's last request since then."""
    place = said.place
    async with store.transaction() as tx:
        last = await tx.last_request_in_thread(place)
        if last is None and _PRONOUN.search(said.text):
            last = await tx.last_request_of(place, who.id, since)
        waiting = await tx.requests(states=(State.AWAITING_CONFIRMATION,), user=who.id, limit=50)
        active = await tx.requests(states=(State.QUEUED, State.RUNNING), limit=200)
        undecided = await tx.requests(states=(State.AWAITING_APPROVAL,), limit=200)
        projects = await tx.projects()
        root = Root(place.channel, place.thread) if place.thread else None
        incident = await tx.tellings.begun_by(root) if root else None
    here = (place.channel, place.thread)

    def in_thread(found: Sequence[Request]) -> tuple[Request, ...]:
        return tuple(r for r in found if (r.place.channel, r.place.thread) == here)

    runs = tuple(r for r in in_thread(active) if r.plan.target is None)
    names = [name for project in projects for name in (project.slug, *project.spec.aliases)]
    return Surroundings(
        last,
        in_thread(waiting),
        _only(runs),
        undecided=_only(in_thread(undecided)),
        incident=incident,
        names=named(said.text, names),
    )


def _only(found: tuple[Request, ...]) -> Request | None:
    return found[0] if len(found) == 1 else None
