"""App Home: what waits for the person, open incidents, their latest requests, what they may do."""

from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from actions.catalog import COMMANDS
from actions.incidents.incident import Incident
from actions.incidents.store import Telling
from actions.people import Person
from actions.policy import Allowed, Denied, Policy, may, roles_of
from actions.requests import Request, State
from actions.spec import plainest
from actions.store import Store
from bot.blocks import elements as e
from bot.blocks.incident import icon, standing
from bot.blocks.text import bold, escape, moment

_MOST_INCIDENTS = 8


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
                projects = [project.slug for project in await tx.projects()]
                waiting = await tx.requests(states=(State.AWAITING_APPROVAL,), limit=50)
                tellings = await tx.tellings.open()
            theirs = [r for r in waiting if may_decide(self._policy, who, r)][:8]
            alerts = [one for one in tellings if may_see(self._policy, who, one.incident)]
            blocks = (
                _waiting(theirs)
                + _incidents(alerts)
                + _blocks(self._policy, who, list(mine), projects)
            )
        await self._client.views_publish(user_id=who.id, view={"type": "home", "blocks": blocks})


def may_decide(policy: Policy, who: Person, request: Request) -> bool:
    """Whether the request waits for somebody like this person, who did not ask for it."""
    roles = roles_of(policy, who, request.project, request.plan.environment)
    wanted = {need.role for need in request.plan.needs}
    return (
        who.id != request.requester_id and bool(roles) and (None in wanted or bool(wanted & roles))
    )


def may_see(policy: Policy, who: Person, incident: Incident) -> bool:
    """Whether the incident is of a project that the person may see."""
    return isinstance(may(policy, who, "list_alerts", incident.project, None), Allowed)


def _waiting(requests: list[Request]) -> list[dict[str, Any]]:
    if not requests:
        return []
    return [
        e.header("Waits for your decision"),
        *(_request(request) for request in requests),
        e.context("Each has its card, with the plan and the buttons, in its thread."),
        e.divider(),
    ]


def _incidents(tellings: list[Telling]) -> list[dict[str, Any]]:
    """The worst first; each with its channel, where its message has the buttons."""
    if not tellings:
        return []
    worst = sorted(tellings, key=lambda one: (-one.incident.severity.rank, -one.incident.number))
    more = (
        f"; {len(worst) - _MOST_INCIDENTS} more with “list alerts”"
        if len(worst) > _MOST_INCIDENTS
        else ""
    )
    return [
        e.header("Open incidents"),
        *(_incident(one) for one in worst[:_MOST_INCIDENTS]),
        e.context(f"Each has its message, with the buttons, in its channel{more}."),
        e.divider(),
    ]


def _incident(telling: Telling) -> dict[str, Any]:
    incident = telling.incident
    where = f" in {escape(incident.alert.environment)}" if incident.alert.environment else ""
    channel = f" · <#{telling.root.channel}>" if telling.root else ""
    return e.section(
        f"{icon(incident)} `{incident.id}` {bold(incident.alert.title)}\n"
        f"{escape(incident.model)}{where} · {standing(incident)} · since {moment(incident.since)}"
        f"{channel}"
    )


def _blocks(
    policy: Policy, who: Person, requests: list[Request], projects: list[str]
) -> list[dict[str, Any]]:
    blocks = [e.header("Your latest requests")]
    blocks += [_request(request) for request in requests] or [
        e.section("Nothing yet. Say “train …” in a channel that I am in, or to me directly.")
    ]
    blocks += [e.divider(), e.header("What you can ask me")]
    blocks += [
        e.section(
            f"{bold(command.title)}\n{escape(command.summary)}\n"
            f"_{escape(plainest(command, projects))}_"
        )
        for command in COMMANDS.values()
        if command.available and isinstance(may(policy, who, command.name, None, None), Allowed)
    ]
    return blocks[:100]


def _request(request: Request) -> dict[str, Any]:
    where = f"<#{request.place.channel}>"
    return e.section(
        f"`{request.id}` {bold(request.plan.title)} · {request.state.words} · {where} · "
        f"{moment(request.created)}"
    )
