"""The incidents' messages in Slack: each posted once, then edited in place."""

from typing import TYPE_CHECKING

import structlog

from actions.canonical import digest
from actions.catalog import COMMANDS
from actions.context import World
from actions.incidents.incident import Incident
from actions.incidents.store import Root
from actions.requests import Place
from actions.store import Store, Transaction
from bot.blocks.answer import Message
from bot.blocks.incident import Possible, incident_message
from bot.channels import SlackChannels
from bot.messenger import Messenger

if TYPE_CHECKING:
    from infra.store.tellings import IncidentMessages

log = structlog.get_logger()


class IncidentBoard:
    """Shows incidents; one job at a time for an incident (the queue's lock)."""

    def __init__(
        self,
        messenger: Messenger,
        channels: SlackChannels,
        messages: "IncidentMessages",
        store: Store,
        world: World,
    ) -> None:
        self._messenger = messenger
        self._channels = channels
        self._messages = messages
        self._store = store
        self._world = world

    async def show(self, number: int) -> None:
        """Post the incident's message, or edit it where it looks different now.

        Raises:
            SlackApiError: Slack is down or says to wait; the job is tried again.
        """
        async with self._store.transaction() as tx:
            telling = await tx.tellings.of(number)
            if telling is None or telling.channel is None:
                return
            drawn = await self._drawn(tx, telling.incident)
        looks = digest({"text": drawn.text, "blocks": drawn.blocks, "metadata": drawn.metadata})
        known = await self._messages.take(number)
        if known is None or known.drawn == looks:
            return
        root = known.root
        if root is None or not await self._messenger.edit(root.channel, root.ts, drawn):
            root = await self._post(telling.channel, drawn, again=known.tried and root is None)
        if root is None:
            log.error("incident_untold", incident=telling.incident.id, channel=telling.channel)
            return
        await self._messages.shown(number, root, looks)

    async def _drawn(self, tx: Transaction, incident: Incident) -> Message:
        events = await tx.incidents.events(incident.number)
        known = incident.project is not None
        here = known and incident.alert.environment in self._world.policy.file.environments
        possible = Possible(
            investigate=known and COMMANDS["show_drift"].available, retrain=known, rollback=here
        )
        return incident_message(incident, events, await self._links(tx, incident), possible)

    async def _links(self, tx: Transaction, incident: Incident) -> list[tuple[str, str]]:
        """The version in MLflow, and the run in Airflow that put it where it serves."""
        if incident.project is None:
            return []
        links = []
        where = incident.alert.environment
        served = next(iter(await tx.deployments([incident.project], where)), None)
        said = (incident.alert.version or "").removeprefix("v")
        version = int(said) if said.isdecimal() else served and served.model_version
        if version:
            url = self._world.registry.version_url(incident.project, version)
            links.append((f"MLflow v{version}", url))
        if served is not None and served.model_version == version:
            progress = await tx.run(served.request)
            if progress is not None:
                url = self._world.orchestrator.run_url(progress.dag, progress.run_id)
                links.append(("Airflow", url))
        return links

    async def _post(self, wanted: str, drawn: Message, *, again: bool) -> Root | None:
        """Post it there, or where Cooper speaks when nobody asked; None where it can in none."""
        channels = self._world.policy.file.channels
        for name in dict.fromkeys((wanted, channels.alerts, channels.default)):
            channel = await self._channels.id(name)
            if channel is None:
                continue
            place = Place("", channel, None)
            ts = await self._messenger.find(place, drawn) if again else None
            ts = ts or await self._messenger.post(place, drawn)
            if ts is not None:
                return Root(channel, ts)
        return None
