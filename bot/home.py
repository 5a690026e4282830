"""App Home: the speaker's latest runs and what they may do."""

from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from actions.catalog import COMMANDS
from actions.people import Person
from actions.policy import Allowed, Denied, Policy, may
from actions.requests import Request
from actions.spec import spoken
from actions.store import Store
from bot.blocks import elements as e
from bot.blocks.text import bold, escape, moment


class Home:
    """Publishes a person's Home when they open it."""

    def __init__(self, client: AsyncWebClient, store: Store, policy: Policy) -> None:
        self._client = client
        self._store = store
        self._policy = policy

    async def publish(self, who: Person) -> None:
        """Show the Home as it is now."""
        decision = may(self._policy, who, "list_runs", None, None)
        if isinstance(decision, Denied):
            blocks = [e.header("Cooper"), e.section(escape(decision.reason))]
        else:
            async with self._store.transaction() as tx:
                mine = await tx.requests(user=who.id, limit=8)
            blocks = _blocks(self._policy, who, list(mine))
        await self._client.views_publish(user_id=who.id, view={"type": "home", "blocks": blocks})


def _blocks(policy: Policy, who: Person, requests: list[Request]) -> list[dict[str, Any]]:
    blocks = [e.header("Your latest requests")]
    blocks += [_request(request) for request in requests] or [
        e.section("Nothing yet. Say “train …” in a channel that I am in, or to me directly.")
    ]
    blocks += [e.divider(), e.header("What you can ask me")]
    blocks += [
        e.section(
            f"{bold(command.title)}\n{escape(command.summary)}\n"
            f"_{escape(spoken(command.examples[0]))}_"
        )
        for command in COMMANDS.values()
        if isinstance(may(policy, who, command.name, None, None), Allowed)
    ]
    return blocks[:100]


def _request(request: Request) -> dict[str, Any]:
    where = f"<#{request.place.channel}>"
    return e.section(
        f"`{request.id}` {bold(request.plan.title)} · {request.state.words} · {where} · "
        f"{moment(request.created)}"
    )
