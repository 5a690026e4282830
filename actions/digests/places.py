"""Which channel somebody means, and whether a digest may go there."""

import re

from actions.answers import Refusal
from actions.channels import Channel, Channels
from actions.context import Context

_INVITE = "Invite me with “/invite @Cooper” and ask again."
_ID = re.compile(r"[CGD][A-Z0-9]{2,}")


async def meant(context: Context, said: str) -> Channel:
    """The channel that was said: `here`, `me`, an id or a name without #.

    Raises:
        Refusal: There is none, or none that the speaker may know of.
    """
    found = await _found(context, said)
    if found is None or await _hidden(context, found):
        raise Refusal(f"{_unknown(said)} {_INVITE}")
    return found


def writable(channel: Channel) -> None:
    """Refuse a channel into which no digest may go.

    Raises:
        Refusal: Saying why, and what to do.
    """
    problem = obstacle(channel)
    if problem is not None:
        raise Refusal(f"I cannot post digests to {channel}: {problem}")


def obstacle(channel: Channel | None) -> str | None:
    """Why no digest may go there; None where nothing is in its way."""
    if channel is None or not channel.inside:
        return f"I am not in it. {_INVITE}"
    if channel.archived:
        return "it is archived."
    if channel.shared:
        return "people from outside the company read it."
    return None


def _unknown(said: str) -> str:
    if said == "here":
        return "I am not in this channel."
    named = "that channel" if _ID.fullmatch(said) else f"#{said}"
    return f"I am not in {named}, or there is no such channel."


async def named(channels: Channels, name: str) -> Channel | None:
    """The channel with this id, or this name without #; None where Cooper sees none."""
    return await (channels.get(name) if _ID.fullmatch(name) else channels.called(name))


async def _found(context: Context, said: str) -> Channel | None:
    channels = context.world.channels
    if said == "me":
        return await channels.direct(context.who.id)
    return await named(channels, context.place.channel if said == "here" else said)


async def _hidden(context: Context, channel: Channel) -> bool:
    """Whether the speaker is not to know of the channel: it is private, or somebody's own."""
    if channel.id == context.place.channel:
        return False
    if not channel.private and not channel.direct:
        return False
    return not await context.world.channels.has_member(channel.id, context.who.id)
