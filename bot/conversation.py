"""A turn of the conversation: from what came in to the service, and back as an answer.

Owns the draft. Language yields a proposal and nothing more; the service decides and acts.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeGuard

from actions.answers import Answer, Refusal
from actions.catalog import COMMANDS
from actions.people import Person
from actions.ports import Unavailable
from actions.requests import Place, Request
from actions.service import Proposal, Service
from actions.slash import SlashError, parse_slash
from actions.spec import Risk
from actions.store import AuditEntry, DraftKey, Meaning, Store, StoredDraft
from actions.understanding import Turn, Understanding, UnderstandingUnavailableError
from bot import forms, replies
from bot.blocks.modal import EXPLAIN, FILL_IN, SNOOZE_UNTIL
from bot.inbound import Clicked, Said, Submitted, Typed
from bot.responses import Responses
from bot.surroundings import Surroundings, look

_CONTEXT_AGE = timedelta(hours=8)
_SURE = 0.7
_CORRECTIONS = {"correct", "inform"}
_ABOUT_ENDPOINTS = {"predict", "show_endpoint"}
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
        self._responses = Responses(service)
        self._understanding = understanding
        self._store = store
        self._clock = clock

    async def said(self, who: Person, said: Said, key: str) -> None:
        """A message in words."""
        draft_key = DraftKey.at(said.place, who.id)
        async with self._store.transaction() as tx:
            draft = await tx.draft(draft_key)
        around = await look(self._store, said, who, self._clock() - _CONTEXT_AGE)
        # In a thread where Cooper waits for this person's answer, no mention is needed.
        engaged = said.addressed or draft is not None or bool(around.plans)
        if not said.text.strip() and draft is None:
            if said.addressed:  # a file without words, shown to others, is none of Cooper's
                await self._say(key, said.place, replies.greeting())
            return
        try:
            turn = around.about_the_run(await self._read(said, draft_key, draft, around))
            corrected = await self._corrected(said, draft_key, turn, around)
        except UnderstandingUnavailableError:
            if engaged:
                hour = self._clock().strftime("%Y-%m-%dT%H")
                once = ":".join(("language-down", _sender(draft_key), hour))
                await self._say(once, said.place, replies.language_is_down())
            return
        if around.plan is not None and corrected is not None:
            async with self._store.transaction() as tx:
                await tx.audit(_understood(who, corrected))
            await self._edit(who, said.place, around.plan, corrected.params, key)
        elif said.addressed or draft is not None or _clear(turn) or _settles(turn, around):
            turn = _not_asked_in_vain(await self._with_the_only_project(turn))
            async with self._store.transaction() as tx:
                await tx.save_draft(draft_key, turn.draft)
                await tx.audit(_understood(who, turn))
            await self._answer_turn(who, said, turn, around, key)

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
        value = _carried(click)
        try:
            if "incident" in value:
                await self._responses.clicked(who, click, value, key)
            elif "request" in value:
                number = int(str(value["request"]).removeprefix("R"))
                await self._decide(click.action, who, number, str(value["digest"]))
        except (Refusal, Unavailable) as refusal:
            await self._say(key, click.beside, replies.refused(refusal, private=True), who.id)

    async def _chosen(self, who: Person, click: Clicked, key: str) -> None:
        """What somebody might have meant: a whole command, or words to be read."""
        try:
            value = json.loads(click.value)
            proposal = Proposal(value["command"], dict(value["params"]), source="button")
        except (ValueError, KeyError, TypeError):
            await self.said(who, Said(who.id, click.place, click.value, addressed=True), key)
            return
        if proposal.command not in COMMANDS:
            return
        if value.get("heard"):
            meaning = Meaning(str(value["heard"]), proposal.command, who.id, value.get("model"))
            async with self._store.transaction() as tx:
                await tx.add_meaning(key, meaning)
        await self._begin(who, click.place, proposal, key)

    async def _begin(self, who: Person, place: Place, proposal: Proposal, key: str) -> None:
        """Ask for what is missing, else propose it."""
        missing = COMMANDS[proposal.command].missing(proposal.params)
        if not missing:
            await self._propose(who, place, proposal, key)
            return
        draft = StoredDraft(proposal.command, proposal.params, missing[0])
        async with self._store.transaction() as tx:
            await tx.save_draft(DraftKey.at(place, who.id), draft)
        await self._say(key, place, replies.question(draft, missing[0]))

    async def submitted(self, who: Person, form: Submitted, key: str) -> None:
        """A modal; what cannot be read was refused before."""
        params, problems = forms.read(form.values)
        try:
            if problems:
                raise Refusal(" ".join(problems.values()))
            if form.callback == SNOOZE_UNTIL:
                await self._responses.submitted(who, form)
                return
            if form.callback == FILL_IN:
                await self._filled_in(who, form, params, key)
                return
            number = int(str(form.private["request"]).removeprefix("R"))
            if form.callback == EXPLAIN:
                await self._service.voting.explain(who, number, str(params.get("reason", "")))
            else:
                await self._service.edit(who, number, params)
        except (Refusal, Unavailable) as refusal:
            await self._say(key, form.place, replies.refused(refusal, private=True), who.id)

    async def _filled_in(
        self, who: Person, form: Submitted, params: dict[str, Any], key: str
    ) -> None:
        """All answers of a form at once, while it still waits for them."""
        draft_key = DraftKey.at(form.place, who.id)
        async with self._store.transaction() as tx:
            draft = await tx.draft(draft_key)
            if draft is None or draft.command != form.private.get("command"):
                raise Refusal("That was answered in the thread meanwhile; nothing was changed.")
            await tx.save_draft(draft_key, None)
        await self._begin(who, form.place, Proposal(draft.command, params, source="modal"), key)

    async def _read(
        self, said: Said, key: DraftKey, draft: StoredDraft | None, around: Surroundings
    ) -> Turn:
        return await self._understanding.turn(_sender(key), said.text, draft, around.context)

    async def _corrected(
        self, said: Said, key: DraftKey, turn: Turn, around: Surroundings
    ) -> Turn | None:
        """The words as a correction of the speaker's open plan ("no, 4 gpus"), where they are one.

        Only words that are no command by themselves are read beside the plan, so that its values
        never leak into the next command.
        """
        plan = around.plan
        if plan is None or turn.draft is not None or turn.intent not in _CORRECTIONS:
            return None
        shown = StoredDraft(plan.command, plan.params, None)
        corrected = await self._read(said, key, shown, around)
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
                await self._service.voting.vote(who, number, digest, approve=True)
            case "reject":
                await self._service.voting.vote(who, number, digest, approve=False)
            case "stop":
                await self._service.stop(who, number)

    async def _answer_turn(
        self, who: Person, said: Said, turn: Turn, around: Surroundings, key: str
    ) -> None:
        match turn.outcome:
            case "proposal" if turn.command is not None:
                proposal = Proposal(
                    turn.command,
                    _where_it_serves(turn, around),
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
                await self._small_talk(who, said, turn, around, key)
            case _:
                await self._say(key, said.place, replies.unsure(turn, said.text, around.plan))

    async def _small_talk(
        self, who: Person, said: Said, turn: Turn, around: Surroundings, key: str
    ) -> None:
        """Conversation intents; "yes" and "cancel" act on the speaker's own open plan here."""
        plan, answer = around.plan, None
        try:
            if turn.intent in _ANSWERS and len(around.plans) > 1:
                answer = replies.which(around.plans)
            elif turn.intent == "affirm" and plan is not None:
                await self._service.confirm(who, plan.number, plan.plan.digest)
                answer = replies.confirmed(plan)
            elif turn.intent in {"deny", "cancel"} and plan is not None:
                await self._service.cancel(who, plan.number)
                answer = replies.cancelled(plan)
            elif turn.intent == "cancel" and _asked_by(around.undecided, who):
                await self._service.cancel(who, around.undecided.number)
                answer = replies.cancelled(around.undecided)
            elif turn.intent in {"affirm", "deny"} and around.undecided is not None:
                answer = replies.undecided(around.undecided)
            elif turn.intent == "cancel" and around.running is not None:
                stop = Proposal("stop_run", {"run": around.running.id}, model=turn.model)
                await self._propose(who, said.place, stop, key)
            elif turn.draft is not None and turn.draft.asked:
                answer = replies.question(turn.draft, turn.draft.asked)
            else:
                answer = replies.small_talk(turn.intent)
        except Refusal as refusal:
            answer = replies.refused(refusal)
        if answer is not None:
            await self._say(key, said.place, answer)

    async def _propose(self, who: Person, place: Place, proposal: Proposal, key: str) -> None:
        private = proposal.source == "slash"
        try:
            await self._service.propose(who, place, proposal, key)
        except (Refusal, Unavailable) as refusal:
            user = who.id if private else None
            answer = replies.refused(refusal, proposal, private=private)
            await self._say(key, place, answer, user)

    async def _say(self, key: str, place: Place, answer: Answer, user: str | None = None) -> None:
        async with self._store.transaction() as tx:
            await tx.say(f"say:{key}", place, answer, user)


def _carried(click: Clicked) -> dict[str, Any]:
    """What a button of ours carries; {} where it is none."""
    try:
        value = json.loads(click.value)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _sender(key: DraftKey) -> str:
    return f"{key.team}:{key.channel}:{key.thread}:{key.user}"


def _understood(who: Person, turn: Turn) -> AuditEntry:
    """What a text was taken for and by which model; the text itself stays in Slack."""
    detail = {
        "outcome": turn.outcome,
        "intent": turn.intent,
        "command": turn.command or (turn.draft.command if turn.draft else None),
        "confidence": turn.confidence,
        "model": turn.model,
    }
    return AuditEntry(who.id, "understood", detail=detail)


def _not_asked_in_vain(turn: Turn) -> Turn:
    """Nobody is asked for the values of a command that is not available."""
    draft = turn.draft
    if draft is None or turn.outcome not in {"ask", "invalid"} or COMMANDS[draft.command].available:
        return turn
    return replace(turn, outcome="proposal", command=draft.command, params=draft.params, draft=None)


def _clear(turn: Turn) -> bool:
    """Whether words that were not addressed to Cooper are surely meant for it."""
    return turn.outcome in {"proposal", "ask"} and turn.confidence >= _SURE


def _settles(turn: Turn, around: Surroundings) -> bool:
    """Whether words that were not addressed to Cooper answer what it shows the speaker."""
    if around.running is not None and turn.command == "stop_run":
        return True
    waits = bool(around.plans) or (around.running is not None and turn.intent == "cancel")
    return waits and turn.outcome in {"intent", "unsure"} and turn.intent in _ANSWERS


def _asked_by(request: Request | None, who: Person) -> TypeGuard[Request]:
    return request is not None and request.requester_id == who.id


def _where_it_serves(turn: Turn, around: Surroundings) -> dict[str, Any]:
    """A read about an endpoint, in a thread about a deployment, means that environment."""
    same = turn.params.get("project") == around.context.get("project")
    if turn.command in _ABOUT_ENDPOINTS and same and around.serving is not None:
        return {"environment": around.serving, **turn.params}
    return turn.params
