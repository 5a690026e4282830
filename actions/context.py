"""What a command's behaviour may look at: who asks, where, and the world through the ports."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rapidfuzz import fuzz, process

from actions.answers import Refusal
from actions.channels import Channels
from actions.digests.ports import Traffic
from actions.drift import DriftReports
from actions.people import Person
from actions.plans import EnvironmentRef, PersonRef
from actions.policy import Allowed, Denied, Policy, may
from actions.ports import Cloud, Orchestrator, Registry
from actions.registration import RegisteredProject, by_name
from actions.requests import Place
from actions.store import Transaction

Params = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class World:
    """The ports and settings that outlive one command."""

    policy: Policy
    orchestrator: Orchestrator
    registry: Registry
    cloud: Cloud
    traffic: Traffic
    drift: DriftReports
    channels: Channels
    serving_image: str
    """URI of the image that serves MLflow models, without the framework at its end."""


@dataclass(frozen=True, slots=True)
class Context:
    """One command by one person."""

    who: Person
    place: Place
    world: World
    tx: Transaction
    projects: Mapping[str, RegisteredProject]
    now: datetime
    request: str = "R0"
    """The id that a planned request gets."""

    def permit(self, command: str, project: str | None, environment: str | None) -> None:
        """Refuse what the policy denies this person."""
        decision = may(self.world.policy, self.who, command, project, environment)
        if isinstance(decision, Denied):
            raise Refusal(decision.reason)

    def may_see(self, command: str, project: str) -> bool:
        """Whether an answer over all projects includes this one for this person."""
        return isinstance(may(self.world.policy, self.who, command, project, None), Allowed)

    def project(self, said: str) -> RegisteredProject:
        """The registered project that was meant: by name or alias, else a refusal with the nearest."""
        names = by_name(self.projects.values())
        if said in names:
            return names[said]
        near = process.extract(said, list(names), scorer=fuzz.WRatio, limit=3, score_cutoff=60)
        nearest = tuple(dict.fromkeys(names[name].slug for name, *_ in near))
        raise Refusal(_unknown("project", said, tuple(self.projects)), nearest=nearest)

    def environment(self, name: str) -> EnvironmentRef:
        """The environment's place in the cloud, or a refusal that names the known ones."""
        known = self.world.policy.file.environments
        found = next((settings for key, settings in known.items() if key == name), None)
        if found is None or name not in {"staging", "production"}:
            raise Refusal(_unknown("environment", name, tuple(known)))
        return EnvironmentRef(
            name=name,
            region=found.region,
            role_arn=found.role_arn,
            connection=found.connection,
            bucket=found.bucket,
            subnets=found.vpc.subnets if found.vpc else (),
            security_groups=found.vpc.security_groups if found.vpc else (),
            kms_key=found.kms_key,
        )

    def bake_seconds(self, name: str) -> int:
        """How long a change in the environment is watched before it is final."""
        return int(self.world.policy.environment(name).bake.total_seconds())

    @property
    def requested_by(self) -> PersonRef:
        """The speaker, as plans carry them."""
        return PersonRef(id=self.who.id, name=self.who.name)

    def tags(self, project: str, environment: str) -> dict[str, str]:
        """Tags of everything that the request makes in AWS."""
        return {
            "cooper:installation": self.world.policy.installation,
            "cooper:request": self.request,
            "cooper:project": project,
            "cooper:environment": environment,
            "cooper:requested-by": self.who.id,
        }

    def serving_image(self, project: RegisteredProject) -> str:
        """The image that serves the project's models: one a framework, scikit-learn's by default."""
        return f"{self.world.serving_image}-{project.spec.image.framework or 'sklearn'}"

    def endpoint_name(self, project: str, environment: str) -> str:
        """As the policy names it."""
        return self.world.policy.endpoint_name(project, environment)


async def context_of(
    tx: Transaction, world: World, who: Person, place: Place, now: datetime, request: str = "R0"
) -> Context:
    """The context of a command in this transaction."""
    projects = {project.slug: project for project in await tx.projects()}
    return Context(who, place, world, tx, projects, now, request)


def _unknown(what: str, said: str, known: tuple[str, ...]) -> str:
    if not known:
        return f"There is no {what} “{said}”: none is registered yet."
    return f"There is no {what} “{said}”. I know {', '.join(sorted(known))}."
