"""The endpoint's live configuration is the truth; aliases, tags, our rows and incidents follow it.

A DAG moves them right after the switch. Where it died in between, this mends it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from actions.context import World
from actions.incidents.ending import end_with_endpoint
from actions.ports import EndpointState
from actions.registration import RegisteredProject
from actions.requests import State
from actions.runs import SERVING
from actions.serving import configured_by, served_version
from actions.store import AuditEntry, Deployment, Store, Transaction

_UNDER_WAY = (State.QUEUED, State.RUNNING, State.STOPPING)
_SETTLED = "InService"


@dataclass(frozen=True, slots=True)
class Mended:
    """What was behind. `version` None: nothing serves."""

    project: str
    environment: str
    version: int | None


class Reconciler:
    """Looks at every project's endpoints now and then."""

    def __init__(self, store: Store, world: World, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._world = world
        self._clock = clock

    async def reconcile(self) -> tuple[Mended, ...]:
        """Mend what is behind; what it was.

        Raises:
            Unavailable: MLflow or SageMaker does not answer.
        """
        async with self._store.transaction() as tx:
            projects = await tx.projects()
        mended = []
        for project in projects:
            for environment in self._world.policy.file.environments:
                found = await self._one(project, environment)
                if found is not None:
                    mended.append(found)
        return tuple(mended)

    async def _one(self, project: RegisteredProject, environment: str) -> Mended | None:
        name = f"{self._world.policy.installation}-{project.slug}-{environment}"
        state = await self._world.cloud.endpoint(name)
        if state is not None and state.status != _SETTLED:
            return None
        async with self._store.transaction() as tx:
            if await _changing(tx, project.slug, environment):
                return None
            version = None if state is None else await served_version(tx, state)
            if state is not None and version is None:
                return None  # somebody else's configuration; nothing to say about it
            behind = await self._behind(project.slug, environment, name, version)
            stale = await self._rows(tx, project.slug, environment, state, version)
            if state is None:
                await end_with_endpoint(tx, project.slug, environment, self._clock())
            if not behind and not stale:
                return None
            mended = Mended(project.slug, environment, version)
            detail = {"environment": environment, "version": version, "endpoint": name}
            await tx.audit(AuditEntry("cooper", "reconciled", None, project.slug, detail))
        if behind:
            await self._world.registry.mark_live(project.slug, version, environment, name)
        return mended

    async def _behind(
        self, model: str, environment: str, endpoint: str, version: int | None
    ) -> bool:
        """Whether MLflow says something else than the endpoint."""
        tag = f"cooper.endpoint.{environment}"
        versions = await self._world.registry.versions(model)
        tagged = {each.version for each in versions if each.tags.get(tag) == endpoint}
        champions = {each.version for each in versions if "champion" in each.aliases}
        # One that was deleted from MLflow cannot be marked, nor may another one be in its place.
        wanted = {each.version for each in versions if each.version == version}
        return tagged != wanted or (environment == "production" and champions != wanted)

    async def _rows(
        self,
        tx: Transaction,
        project: str,
        environment: str,
        state: EndpointState | None,
        version: int | None,
    ) -> bool:
        """Bring our own rows up to date; whether they were not."""
        served = await tx.deployments((project,), environment)
        latest = next((one for one in served if one.until is None), None)
        now = self._clock()
        if state is None:
            if latest is not None:
                await tx.end_deployment(project, environment, now, bad=False)
            return latest is not None
        if latest is not None and latest.endpoint_config == state.config:
            return False
        request = await configured_by(tx, state.config)
        if request is None or version is None:
            return False
        known = any(one.request == request.number for one in served)
        if known:
            # Gone back to outside of a rollback of ours; its row says when it was first good.
            return False
        await tx.add_deployment(
            Deployment(
                project=project,
                environment=environment,
                endpoint=state.name,
                endpoint_config=state.config,
                model_version=version,
                request=request.number,
                good=now,
            )
        )
        return True


async def _changing(tx: Transaction, project: str, environment: str) -> bool:
    """Whether a change of the endpoint is under way, which moves aliases itself."""
    active = await tx.requests(project=project, commands=SERVING, states=_UNDER_WAY, limit=50)
    return any(request.plan.environment == environment for request in active)
