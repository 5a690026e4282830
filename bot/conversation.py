"""A turn of the conversation: from what came in to the service, and back as an answer.

Owns the draft. Language yields a proposal and nothing more; the service decides and acts.
"""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from actions.answers import Answer, Choice, Refusal
from actions.catalog import COMMANDS, CONVERSATION, PARAMETERS
from actions.normalise import UnreadableError, normalise
from actions.people import Person
from actions.ports import Unavailable
from actions.requests import Place, Request, State
from actions.service import Proposal, Service
from actions.slash import SlashError, parse_slash
from actions.spec import Risk, spoken
from actions.store import DraftKey, Store, StoredDraft
from actions.understanding import Turn, Understanding, UnderstandingUnavailableError
from bot.inbound import Clicked, Said, Submitted, Typed

_CONTEXT_AGE = timedelta(hours=8)
_PRONOUN = re.compile(r"\b(it|that|this|them)\b", re.IGNORECASE)
_SURE = 0.7
_CORRECTIONS = {"correct", "inform"}


class Conversation:
    """Handles one inbound thing at a time; safe to repeat with the same key."""

    def __init__(
        self,
        service: Service,
        understanding: Understanding,
        store: Store,
        clock: Callable[[], datetime],
    ) -> None:
        self._service = service
        self._understanding = understanding
        self._store = store
        self._clock = clock

    async def said(self, who: Person, said: Said, key: str) -> None:
        """A message in words."""
        draft_key = _draft_key(said.place, who)
        async with self._store.transaction() as tx:
            draft = await tx.draft(draft_key)
        if not said.text.strip() and draft is None:
            if said.addressed:  # a file without words, shown to others, is none of Cooper's
                await self._say(key, said.place, _greeting())
            return
        try:
            turn, plan = await self._read(who, said, draft_key, draft)
        except UnderstandingUnavailableError:
            if said.addressed or draft is not None:
                await self._say(key, said.place, _language_is_down())
            return
        if not said.addressed and draft is None and not _clear(turn):
            return  # people talk to each other in a thread that Cooper is in
        if plan is not None and turn.outcome == "proposal":
            await self._edit(who, said.place, plan, turn.params, key)
            return
        turn = await self._with_the_only_project(turn)
        async with self._store.transaction() as tx:
            await tx.save_draft(draft_key, turn.draft)
        await self._answer_turn(who, said, turn, key)

    async def typed(self, who: Person, typed: Typed, key: str) -> None:
        """A slash command: the strict grammar, no guessing."""
        try:
            parsed = parse_slash(typed.text)
        except SlashError as error:
            await self._say(key, typed.place, Answer(text=str(error), private=True), who.id)
            return
        proposal = Proposal(parsed.command, parsed.params, source="slash")
        await self._propose(who, typed.place, proposal, key)

    async def clicked(self, who: Person, click: Clicked, key: str) -> None:
        """A button."""
        if click.action.startswith("choose:"):
            said = Said(who.id, click.place, click.value, addressed=True)
            await self.said(who, said, key)
            return
        try:
            value = json.loads(click.value)
            number, digest = int(value["request"].removeprefix("R")), str(value["digest"])
        except (ValueError, KeyError, TypeError, AttributeError):
            return
        try:
            await self._decide(click.action, who, number, digest)
        except Refusal as refusal:
            await self._say(key, _beside(click), _refused(refusal, private=True), who.id)

    async def submitted(self, who: Person, form: Submitted, key: str) -> None:
        """The modal that edits a plan."""
        try:
            number = int(str(form.private["request"]).removeprefix("R"))
            params = {
                name: normalise(PARAMETERS[name], value)
                for name, value in form.values.items()
                if value and name in PARAMETERS
            }
            await self._service.edit(who, number, params)
        except UnreadableError as error:
            await self._say(key, form.place, Answer(text=str(error), private=True), who.id)
        except (Refusal, Unavailable) as refusal:
            await self._say(key, form.place, _refused(refusal, private=True), who.id)

    async def _read(
        self, who: Person, said: Said, key: DraftKey, draft: StoredDraft | None
    ) -> tuple[Turn, Request | None]:
        """What the text means; with the speaker's open plan where it corrects that plan.

        The plan is looked at only for words that are no command by themselves ("no, 4 gpus"), so
        that its values never leak into the next command.
        """
        context = await self._context(said, who)
        turn = await self._understanding.turn(_sender(key), said.text, draft, context)
        if draft is not None or turn.intent not in _CORRECTIONS:
            return turn, None
        plan = await self._open_plan(said.place, who)
        if plan is None:
            return turn, None
        shown = StoredDraft(plan.command, plan.params, None)
        corrected = await self._understanding.turn(_sender(key), said.text, shown, context)
        if corrected.outcome == "proposal" and corrected.command == plan.command:
            return corrected, plan
        return turn, None

    async def _with_the_only_project(self, turn: Turn) -> Turn:
        """A read is not asked which project while there is one; a change always is."""
        if turn.outcome != "ask" or turn.asked != "project" or turn.draft is None:
            return turn
        if COMMANDS[turn.draft.command].risk is not Risk.READ:
            return turn
        async with self._store.transaction() as tx:
            projects = await tx.projects()
        if len(projects) != 1:
            return turn
        params = {**turn.draft.params, "project": projects[0].slug}
        return replace(
            turn,
            outcome="proposal",
            command=turn.draft.command,
            params=params,
            draft=None,
            asked=None,
            inferred=("project",),
        )

    async def _edit(
        self, who: Person, place: Place, plan: Request, params: dict[str, Any], key: str
    ) -> None:
        try:
            await self._service.edit(who, plan.number, params)
        except (Refusal, Unavailable) as refusal:
            await self._say(key, place, _refused(refusal))

    async def _decide(self, action: str, who: Person, number: int, digest: str) -> None:
        match action:
            case "confirm":
                await self._service.confirm(who, number, digest)
            case "cancel":
                await self._service.cancel(who, number)
            case "approve":
                await self._service.vote(who, number, digest, approve=True, reason=None)
            case "reject":
                await self._service.vote(who, number, digest, approve=False, reason=None)
            case "stop":
                await self._service.stop(who, number)

    async def _answer_turn(self, who: Person, said: Said, turn: Turn, key: str) -> None:
        match turn.outcome:
            case "proposal" if turn.command is not None:
                proposal = Proposal(
                    turn.command, turn.params, inferred=turn.inferred, model=turn.model
                )
                await self._propose(who, said.place, proposal, key)
                if turn.draft is not None and turn.draft.asked:
                    await self._say(f"{key}:again", said.place, _question(turn.draft.asked))
            case "ask" | "invalid" if turn.asked is not None:
                await self._say(key, said.place, _question(turn.asked, turn.problem))
            case "intent":
                await self._small_talk(who, said, turn, key)
            case _:
                await self._say(key, said.place, _unsure(turn))

    async def _small_talk(self, who: Person, said: Said, turn: Turn, key: str) -> None:
        """Conversation intents; "yes" and "cancel" act on the speaker's own open plan here."""
        waiting = await self._open_plan(said.place, who)
        try:
            if turn.intent == "affirm" and waiting is not None:
                await self._service.confirm(who, waiting.number, waiting.plan.digest)
            elif turn.intent in {"deny", "cancel"} and waiting is not None:
                await self._service.cancel(who, waiting.number)
            elif turn.intent == "cancel":
                await self._say(key, said.place, Answer(text="All right, dropped."))
            elif turn.draft is not None and turn.draft.asked:
                await self._say(key, said.place, _question(turn.draft.asked))
            else:
                reply = CONVERSATION[turn.intent or "greet"].reply
                text = reply or "There is nothing waiting for an answer here."
                await self._say(key, said.place, Answer(text=text))
        except Refusal as refusal:
            await self._say(key, said.place, _refused(refusal))

    async def _open_plan(self, place: Place, who: Person) -> Request | None:
        """The speaker's own plan in this thread that waits for a confirmation."""
        async with self._store.transaction() as tx:
            waiting = await tx.requests(
                states=(State.AWAITING_CONFIRMATION,), user=who.id, limit=20
            )
        here = [r for r in waiting if r.place.channel == place.channel]
        mine = [r for r in here if r.place.thread == place.thread]
        return mine[0] if len(mine) == 1 else None

    async def _propose(self, who: Person, place: Place, proposal: Proposal, key: str) -> None:
        private = proposal.source == "slash"
        try:
            await self._service.propose(who, place, proposal, key)
        except (Refusal, Unavailable) as refusal:
            user = who.id if private else None
            answer = _refused(refusal, proposal, private=private)
            await self._say(key, place, answer, user)

    async def _context(self, said: Said, who: Person) -> dict[str, Any]:
        """What a required value may be taken from: the thread's project; "it" reaches further.

        Outside a thread only a pronoun means the speaker's last request in the channel.
        """
        async with self._store.transaction() as tx:
            last = await tx.last_request_in_thread(said.place)
            if last is None and _PRONOUN.search(said.text):
                since = self._clock() - _CONTEXT_AGE
                last = await tx.last_request_of(said.place, who.id, since)
        return {} if last is None or last.project is None else {"project": last.project}

    async def _say(self, key: str, place: Place, answer: Answer, user: str | None = None) -> None:
        async with self._store.transaction() as tx:
            await tx.say(f"say:{key}", place, answer, user)


def _draft_key(place: Place, who: Person) -> DraftKey:
    return DraftKey(place.team, place.channel, place.thread or "", who.id)


def _sender(key: DraftKey) -> str:
    return f"{key.team}:{key.channel}:{key.thread}:{key.user}"


def _clear(turn: Turn) -> bool:
    """Whether words that were not addressed to Cooper are surely meant for it."""
    return turn.outcome in {"proposal", "ask"} and turn.confidence >= _SURE


def _greeting() -> Answer:
    return Answer(text=str(CONVERSATION["greet"].reply))


def _question(asked: str, problem: str | None = None) -> Answer:
    parameter = PARAMETERS[asked]
    text = f"{problem} {parameter.question}" if problem else parameter.question
    return Answer(text=text, asks_for=asked)


def _unsure(turn: Turn) -> Answer:
    commands = [COMMANDS[guess.command] for guess in turn.nearest if guess.command in COMMANDS]
    if not commands:
        text = "I did not get that. Say “help” and I will show you what I can do."
        return Answer(text=text)
    offered = commands[:3]
    return Answer(
        text="I am not sure what you mean. Did you mean one of these? Say it like the example.",
        choices=tuple(
            Choice(label=command.title, text=f"help with {command.aliases[0]}")
            if command.risk is not Risk.READ
            else Choice(label=command.title, text=spoken(command.examples[0]))
            for command in offered
        ),
    )


def _language_is_down() -> Answer:
    return Answer(
        text="I cannot read sentences at the moment: my language service does not answer. "
        "Slash commands and buttons work: try `/cooper help`.",
        tone="warning",
    )


def _beside(click: Clicked) -> Place:
    """Where a word about the click is seen: Slack hides it in a thread that nobody has begun."""
    if click.place.thread == click.message:
        return replace(click.place, thread=None)
    return click.place


def _refused(
    refusal: Refusal | Unavailable, proposal: Proposal | None = None, *, private: bool = False
) -> Answer:
    if isinstance(refusal, Unavailable):
        text = f"{refusal} Nothing was changed; please ask again in a while."
        return Answer(text=text, tone="warning", private=private)
    choices: tuple[Choice, ...] = ()
    if proposal is not None and refusal.nearest:
        words = COMMANDS[proposal.command].aliases[0]
        choices = tuple(
            Choice(label=name, text=_again(words, proposal, name)) for name in refusal.nearest
        )
    return Answer(text=refusal.text, tone="warning", choices=choices, private=private)


def _again(words: str, proposal: Proposal, project: str) -> str:
    environment = proposal.params.get("environment")
    tail = f" to {environment}" if environment and proposal.command == "deploy_model" else ""
    return f"{words} {project}{tail}"
