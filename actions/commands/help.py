"""`help`: the commands this person may use."""

from collections.abc import Mapping

from actions import parameters as p
from actions.answers import Answer, Field
from actions.context import Context, Params
from actions.policy import Allowed, may
from actions.spec import Command, Risk, Use, plainest

SPEC = Command(
    name="help",
    title="Help",
    summary="The commands that you may use, with examples.",
    risk=Risk.READ,
    uses=(Use(p.TOPIC),),
    examples=(
        "help",
        "what can you do",
        "help with [deployments](topic)",
        "how do I [train](topic) a model",
        "which commands are there",
        "help me",
    ),
    aliases=("help",),
)


def answer(commands: Mapping[str, Command], context: Context, params: Params) -> Answer:
    """What the speaker may use, with an example each; narrowed to the topic where one was said."""
    usable = [
        command
        for command in commands.values()
        if command.available
        and isinstance(may(context.world.policy, context.who, command.name, None, None), Allowed)
    ]
    if not usable:
        context.permit(SPEC.name, None, None)
    topic = str(params.get("topic", ""))
    about = [command for command in usable if _about(command, topic)]
    shown = about or usable
    projects = [slug for slug in context.projects if context.may_see(SPEC.name, slug)]
    missing = f"I found nothing about “{topic}”, so here is all. " if topic and not about else ""
    return Answer(
        title="What you can ask me",
        text=f"{missing}Say it in your own words, or type /cooper. "
        "I show a plan and its price before anything changes.",
        fields=tuple(
            Field(label=command.title, value=f"{command.summary}\n“{plainest(command, projects)}”")
            for command in shown
        ),
        command=SPEC.name,
    )


def _about(command: Command, topic: str) -> bool:
    stem = topic.lower().rstrip("s").removesuffix("ment").removesuffix("ing")
    text = " ".join((command.name, command.title, command.summary, *command.aliases)).lower()
    return bool(stem) and stem in text
