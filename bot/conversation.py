"""A turn of the conversation: from what came in to the service, and back as an answer.

Owns the draft. Language yields a proposal and nothing more; the service decides and acts.
"""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from actions.answers import Answer, Refusal
from actions.catalog import COMMANDS, CONVERSATION
from actions.people import Person
from actions.ports import Unavailable
from actions.requests import Place, Request, State
from actions.service import Proposal, Service
from actions.slash import SlashError, parse_slash
from actions.spec import Risk
from actions.store import DraftKey, Store, StoredDraft
from actions.understanding import Turn, Understanding, UnderstandingUnavailableError
from bot import forms, replies
from bot.inbound import Clicked, Said, Submitted, Typed

_CONTEXT_AGE = timedelta(hours=8)
_PRONOUN = re.compile(r"\b(it|that|this|them)\b", re.IGNORECASE)
_SURE = 0.7
_CORRECTIONS = {"correct", "inform"}
_ANSWERS = {"affirm", "deny", "cancel"}


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
        plan = await self._open_plan(said.place, who)
        # In a thread where Cooper waits for this person's answer, no mention is needed.
        engaged = said.addressed or draft is not None or plan is not None
        if not said.text.strip() and draft is None:
            if said.addressed:  # a file without words, shown to others, is none of Cooper's
                await self._say(key, said.place, replies.greeting())
            return
        try:
            turn = await self._read(who, said, draft_key, draft)
            corrected = await self._corrected(who, said, draft_key, turn, plan)
        except UnderstandingUnavailableError:
            if engaged:
                await self._say(key, said.place, replies.language_is_down())
            return
        if plan is not None and corrected is not None:
            await self._edit(who, said.place, plan, corrected.params, key)
        elif said.addressed or draft is not None or _clear(turn) or _settles(turn, plan):
            turn = await self._with_the_only_project(turn)
            async with self._store.transaction() as tx:
                await tx.save_draft(draft_key, turn.draft)
            await self._answer_turn(who, said, turn, plan, key)

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
            await self._chosen(who, click, key)
            return
        try:
            value = json.loads(click.value)
            number, digest = int(value["request"].removeprefix("R")), str(value["digest"])
        except (ValueError, KeyError, TypeError, AttributeError):
            return
        try:
            await self._decide(click.action, who, number, digest)
        except Refusal as refusal:
            await self._say(key, _beside(click), replies.refused(refusal, private=True), who.id)

    async def _chosen(self, who: Person, click: Clicked, key: str) -> None:
        """What somebody might have meant: a whole command, or words to be read."""
        try:
            value = json.loads(click.value)
            proposal = Proposal(value["command"], dict(value["params"]), source="button")
        except (ValueError, KeyError, TypeError):
            await self.said(who, Said(who.id, click.place, click.value, addressed=True), key)
            return
        if proposal.command in COMMANDS:
            await self._propose(who, click.place, proposal, key)

    async def submitted(self, who: Person, form: Submitted, key: str) -> None:
        """The modal that edits a plan; what cannot be read was refused before it closed."""
        params, problems = forms.read(form.values)
        try:
            if problems:
                raise Refusal(" ".join(problems.values()))
            number = int(str(form.private["request"]).removeprefix("R"))
            await self._service.edit(who, number, params)
        except (Refusal, Unavailable) as refusal:
            await self._say(key, form.place, replies.refused(refusal, private=True), who.id)

    async def _read(
        self, who: Person, said: Said, key: DraftKey, draft: StoredDraft | None
    ) -> Turn:
        context = await self._context(said, who)
        return await self._understanding.turn(_sender(key), said.text, draft, context)

    async def _corrected(
        self, who: Person, said: Said, key: DraftKey, turn: Turn, plan: Request | None
    ) -> Turn | None:
        """The words as a correction of the speaker's open plan ("no, 4 gpus"), where they are one.

        Only words that are no command by themselves are read beside the plan, so that its values
        never leak into the next command.
        """
        if plan is None or turn.draft is not None or turn.intent not in _CORRECTIONS:
            return None
        shown = StoredDraft(plan.command, plan.params, None)
        corrected = await self._read(who, said, key, shown)
        fits = corrected.outcome == "proposal" and corrected.command == plan.command
        return corrected if fits else None

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
            await self._say(key, place, replies.edited(plan))
        except (Refusal, Unavailable) as refusal:
            await self._say(key, place, replies.refused(refusal))

    async def failed(self, user: str, place: Place, key: str) -> None:
        """Tell the person that what they asked met a fault of ours."""
        await self._say(f"{key}:failed", place, replies.fault(), user)

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

    async def _answer_turn(
        self, who: Person, said: Said, turn: Turn, plan: Request | None, key: str
    ) -> None:
        match turn.outcome:
            case "proposal" if turn.command is not None:
                proposal = Proposal(
                    turn.command,
                    turn.params,
                    inferred=turn.inferred,
                    unread=turn.unread,
                    model=turn.model,
                )
                await self._propose(who, said.place, proposal, key)
                if turn.draft is not None and turn.draft.asked:
                    await self._say(
                        f"{key}:again", said.place, replies.question(turn.draft, turn.draft.asked)
                    )
            case "ask" | "invalid" if turn.asked is not None and turn.draft is not None:
                await self._say(
                    key, said.place, replies.question(turn.draft, turn.asked, turn.problem)
                )
            case "intent":
                await self._small_talk(who, said, turn, plan, key)
            case _:
                await self._say(key, said.place, replies.unsure(turn))

    async def _small_talk(
        self, who: Person, said: Said, turn: Turn, waiting: Request | None, key: str
    ) -> None:
        """Conversation intents; "yes" and "cancel" act on the speaker's own open plan here."""
        try:
            if turn.intent == "affirm" and waiting is not None:
                await self._service.confirm(who, waiting.number, waiting.plan.digest)
            elif turn.intent in {"deny", "cancel"} and waiting is not None:
                await self._service.cancel(who, waiting.number)
            elif turn.intent == "cancel":
                await self._say(key, said.place, Answer(text="All right, dropped."))
            elif turn.draft is not None and turn.draft.asked:
                await self._say(key, said.place, replies.question(turn.draft, turn.draft.asked))
            else:
                reply = CONVERSATION[turn.intent or "greet"].reply
                text = reply or "There is nothing waiting for an answer here."
                await self._say(key, said.place, Answer(text=text))
        except Refusal as refusal:
            await self._say(key, said.place, replies.refused(refusal))

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
            answer = replies.refused(refusal, proposal, private=private)
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


def _settles(turn: Turn, plan: Request | None) -> bool:
    """Whether words that were not addressed to Cooper answer the plan that it shows the speaker."""
    return plan is not None and turn.outcome == "intent" and turn.intent in _ANSWERS


def _beside(click: Clicked) -> Place:
    """Where a word about the click is seen: Slack hides it in a thread that nobody has begun."""
    if click.place.thread == click.message:
        return replace(click.place, thread=None)
    return click.place
