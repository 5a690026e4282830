"""What Cooper says in the conversation itself."""

from actions import decisions
from actions.answers import Answer, Choice, Refusal
from actions.catalog import COMMANDS, CONVERSATION, PARAMETERS
from actions.ports import Unavailable
from actions.requests import Request
from actions.service import Proposal
from actions.store import StoredDraft
from actions.understanding import Guess, Turn


def greeting() -> Answer:
    """To a bare mention."""
    return Answer(text=str(CONVERSATION["greet"].reply))


def question(draft: StoredDraft, asked: str, problem: str | None = None) -> Answer:
    """A form's question; `problem` says why the last answer did not do."""
    parameter = PARAMETERS[asked]
    if problem and asked in draft.begun:
        text = f"{problem[:1].upper()}{problem[1:]}"
    else:
        text = f"{problem} {parameter.question}" if problem else parameter.question
    return Answer(text=text, asks_for=asked, command=draft.command, params=draft.params)


_LIKELY = 0.1
"""Confidence below which a command is not worth offering."""
_CLOSE = 3.0
"""How many times likelier than the second the first may be, and both be offered as equals."""
_LABEL = 60
_HEARD = 300
"""Characters of what was said that a button remembers."""


def unsure(turn: Turn, heard: str, plan: Request | None = None) -> Answer:
    """Nothing certain was said: the nearest commands as buttons, which carry what was said of them.

    An open `plan` may have been meant, by a yes that was less than one.
    """
    likely = [guess for guess in turn.nearest if guess.confidence >= _LIKELY]
    offered = [guess for guess in likely if COMMANDS[guess.command].available][:3]
    if plan is not None and turn.intent == "affirm":
        text = (
            f"I did not take that as a yes, so {plan.id} has not started. Say “yes” or press its "
            "button to go ahead, “cancel” to drop it."
        )
        return Answer(text=text)
    if not offered:
        text = "I did not get that. Say “help” and I will show you what I can do."
        return Answer(text=text)
    two = len(offered) > 1 and offered[0].confidence < _CLOSE * offered[1].confidence
    asked = (
        "Which of these do you mean? If neither,"
        if two
        else "I am not sure what you mean. Is it this? If not,"
    )
    return Answer(
        text=f"{asked} say it in other words, or say “help”.",
        choices=tuple(
            _meant(guess, turn, heard) for guess in (offered[:2] if two else offered[:1])
        ),
    )


def _meant(guess: Guess, turn: Turn, heard: str) -> Choice:
    about = [str(value) for value in guess.params.values() if isinstance(value, str | int)]
    label = " · ".join((COMMANDS[guess.command].title, *about))
    return Choice(
        label=f"{label[: _LABEL - 1]}…" if len(label) > _LABEL else label,
        command=guess.command,
        params=guess.params,
        heard=heard[:_HEARD],
        model=turn.model,
    )


def language_is_down() -> Answer:
    """Rasa does not answer."""
    return Answer(
        text="I cannot read sentences at the moment: my language service does not answer. "
        "Slash commands and buttons work: try `/cooper help`.",
        tone="warning",
    )


def refused(
    refusal: Refusal | Unavailable, proposal: Proposal | None = None, *, private: bool = False
) -> Answer:
    """What cannot be done, and what could be meant instead."""
    if isinstance(refusal, Unavailable):
        text = f"{refusal} Nothing was changed; please ask again in a while."
        return Answer(text=text, tone="warning", private=private)
    choices: tuple[Choice, ...] = ()
    if proposal is not None:
        choices = tuple(
            Choice(
                label=value,
                command=proposal.command,
                params={**proposal.params, refusal.parameter: value},
            )
            for value in refusal.nearest
        )
    return Answer(text=refusal.text, tone="warning", choices=choices, private=private)


def edited(plan: Request) -> Answer:
    """The open plan was changed in place; an edit alone is easily missed."""
    return Answer(text=f"I changed the plan of {plan.id} above. Confirm it when it is right.")


def fault() -> Answer:
    """A fault of ours; the log has the rest."""
    return Answer(
        text="Something went wrong on my side, and I am trying again. If you hear nothing more, "
        "please tell the people who run me; my log says what happened.",
        tone="error",
        private=True,
    )


def confirmed(plan: Request) -> Answer:
    """The plan was confirmed in words."""
    return Answer(text=f"{plan.id} is confirmed. Its card above shows how it goes.")


def cancelled(plan: Request) -> Answer:
    """The plan was cancelled in words."""
    return Answer(text=f"{plan.id} is cancelled; nothing was done.")


def undecided(request: Request) -> Answer:
    """A bare yes or no is no vote: it might be meant for somebody else in the thread."""
    return Answer(
        text=f"{request.id} waits for {decisions.spoken(request.plan.needs)}. To decide, press its "
        f"button, or say “approve {request.id}” or “reject {request.id} because …”."
    )


def which(plans: tuple[Request, ...]) -> Answer:
    """Several plans of one person wait in the thread."""
    named = " and ".join(sorted(plan.id for plan in plans))
    return Answer(text=f"{named} wait for you here. Please press the button on the one you mean.")


def small_talk(intent: str | None) -> Answer:
    """What Cooper answers by itself."""
    if intent == "cancel":
        return Answer(text="All right, dropped.")
    reply = CONVERSATION[intent or "greet"].reply
    return Answer(text=reply or "There is nothing waiting for an answer here.")
