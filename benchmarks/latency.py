"""From a person's message to the plan's card in its thread, beside two floors in the same run."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.figures import Milestones, by_segment, summarise
from benchmarks.report import SUMMARY_COLUMNS, Section, summary_row
from benchmarks.stack import Run
from benchmarks.trace import Trace
from tests.e2e.stack import ANA, People, wait_for

PLANS, HELP = "ml", "claims-frequency"
"""Channels: one each, so that the limit of a post a second in a channel is met by neither."""
TEXT = "@cooper train claims-frequency"
PACE_SECONDS = 1.2
"""From one message to the next in the same channel, at least: what a person may do in Slack."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A message that was answered. Seconds since the epoch; `ts` is the message's own."""

    sent: float
    answered: float
    ts: str

    @property
    def seconds(self) -> float:
        """What the person waited."""
        return self.answered - self.sent


def ask_for_plan(people: People) -> Asked:
    """A mention, answered by a card that waits for its confirmation."""
    sent = time.time()
    ts = people.says(ANA, TEXT, PLANS)
    card = people.card(ts, 30, "awaiting_confirmation", command="train_model")
    return Asked(sent, float(card["ts"]), ts)


def ask_for_help(people: People) -> Asked:
    """`/cooper help`, answered by an ephemeral message: no language model, no plan."""
    sent = time.time()
    people.types(ANA, "help", HELP)

    def look() -> str | None:
        seen = people.messages(channel=HELP, user=ANA)
        return next((m["ts"] for m in seen if float(m["ts"]) > sent and m["user"] != ANA), None)

    answered = wait_for(look, 30, "help")
    return Asked(sent, float(answered), answered)


def ask_echo(people: People) -> Asked:
    """A mention, said again by the bare app."""
    sent = time.time()
    ts = people.says(ANA, TEXT, PLANS)
    answer = people.reply(ts, 30, lambda message: message["ts"] != ts)
    return Asked(sent, float(answer["ts"]), ts)


def _paced(ask: Callable[[People], Asked], people: People, asked: list[Asked]) -> None:
    began = time.monotonic()
    asked.append(ask(people))
    time.sleep(max(0.0, PACE_SECONDS / 3 - (time.monotonic() - began)))


def milestones(asked: Asked, trace: Trace) -> Milestones:
    """What happened to one message on its way, in order."""
    envelope, received = trace.event(asked.ts)
    handling = trace.first("handle_envelope", envelope)
    posting = trace.first("show_card", trace.request(asked.ts))
    understood = handling.started + handling.parts["nlu"]
    return {
        "sent": asked.sent,
        "Slack → envelope stored": received,
        "wait for the worker": handling.started,
        "language (Rasa)": understood,
        "person, plan, storing": min(handling.ended, posting.started),
        "wait for the poster": posting.started,
        "card drawn and posted": asked.answered,
    }


def measure(run: Run, echo: People, *, messages: int, warm_up: int) -> Section:
    """Ask in turns, one person, one message at a time."""
    plans: list[Asked] = []
    helps: list[Asked] = []
    echoes: list[Asked] = []
    with run.people() as people:
        for _ in range(warm_up + messages):
            _paced(ask_for_plan, people, plans)
            _paced(ask_for_help, people, helps)
            _paced(ask_echo, echo, echoes)
    trace = Trace(run.stack.environment["DATABASE_URL"], run.logs / "worker.log")
    split = by_segment([milestones(each, trace) for each in plans[warm_up:]])
    plan, helped, floor = (
        summarise([each.seconds for each in asked[warm_up:]]) for asked in (plans, helps, echoes)
    )
    rows = [summary_row("message → plan card", plan, plan.mean)]
    rows += [summary_row(f"· {name}", found, plan.mean) for name, found in split.items()]
    rows.append(summary_row("floor: `/cooper help` → answer", helped, plan.mean))
    rows.append(summary_row("floor: bare slack-bolt echo", floor, plan.mean))
    ratios = {"help": plan.p50 / helped.p50, "echo": plan.p50 / floor.p50}
    return Section(
        name="latency",
        title="Message → plan card",
        columns=SUMMARY_COLUMNS,
        rows=tuple(rows),
        figures={
            "plan": plan.as_json(),
            "breakdown": {name: found.as_json() for name, found in split.items()},
            "help": helped.as_json(),
            "echo": floor.as_json(),
            "p50_ratio_to": {name: round(value, 2) for name, value in ratios.items()},
        },
        note=(
            f"{messages} messages by one person, one at a time, after {warm_up} to warm up; plan, "
            f"help and echo in turns, within the simulator's rate limits. At p50 the plan takes "
            f"{ratios['help']:.1f} × help and {ratios['echo']:.1f} × the bare echo."
        ),
    )
