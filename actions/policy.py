"""Who may do what, and who must agree: pure decisions over a loaded `cooper.yaml`.

Everything is denied unless a binding allows it, reads too. Guests and people from outside (Slack
Connect) are denied whatever the bindings say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from fnmatch import fnmatchcase
from pathlib import Path

from actions.canonical import digest as canonical_digest
from actions.config import load, load_text
from actions.people import Person
from actions.policy_file import (
    BY_NAME_ONLY,
    EVERYTHING,
    GROUPS,
    ApprovalRule,
    Binding,
    Environment,
    Need,
    PolicyFile,
    references,
)
from actions.policy_names import SETTLED

__all__ = [
    "Allowed",
    "Approvals",
    "Decision",
    "Denied",
    "Need",
    "Policy",
    "approvals",
    "approvals_needed",
    "instance_allowed",
    "load_policy",
    "may",
    "parse_policy",
    "roles_of",
    "stranger",
]


@dataclass(frozen=True, slots=True)
class Policy:
    """A valid policy. `digest` is `sha256:…` over its content, comments and layout left out."""

    file: PolicyFile
    risks: Mapping[str, str]
    digest: str

    @property
    def installation(self) -> str:
        """The name that starts every job's name."""
        return self.file.installation

    def endpoint_name(self, project: str, environment: str) -> str:
        """`{installation}-{project}-{environment}`, within SageMaker's 63 characters."""
        return f"{self.installation}-{project}-{environment}"

    def environment(self, name: str) -> Environment:
        """The environment's settings. Raises KeyError with the known names."""
        for known, settings in self.file.environments.items():
            if known == name:
                return settings
        raise KeyError(f"{name} is no environment here; known: {', '.join(self.file.environments)}")

    def grants(self, role: str) -> frozenset[str]:
        """The names of all commands that the role may use."""
        return _expand(self.file.roles.get(role, ()), self.risks)


@dataclass(frozen=True, slots=True)
class Allowed:
    """The command may be used, by virtue of `role`."""

    role: str


@dataclass(frozen=True, slots=True)
class Denied:
    """The command may not be used. `reason` is a sentence for the person."""

    reason: str


Decision = Allowed | Denied


@dataclass(frozen=True, slots=True)
class Approvals:
    """What a request waits for: every need, within `expiry`. No needs: nothing to wait for."""

    needs: tuple[Need, ...]
    expiry: timedelta | None


def load_policy(path: Path, commands: Mapping[str, str]) -> Policy:
    """Read `cooper.yaml`; `commands` maps each command's name to its risk.

    Raises ConfigError with every mistake by line.
    """
    risks = {**SETTLED, **commands}
    return _policy(load(PolicyFile, path, checks=references(risks)), risks)


def parse_policy(text: str, commands: Mapping[str, str], *, name: str = "cooper.yaml") -> Policy:
    """As `load_policy`, from text."""
    risks = {**SETTLED, **commands}
    return _policy(load_text(PolicyFile, text, name, checks=references(risks)), risks)


def may(
    policy: Policy, person: Person, command: str, project: str | None, environment: str | None
) -> Decision:
    """Whether the person may use the command there.

    `project` or `environment` None asks whether they may use it anywhere: for commands without one,
    and for reads over all of them, whose answer is then cut down to the projects that `may` allows.
    """
    nothing = stranger(policy, person)
    if nothing is not None:
        return nothing
    held = [one for one in policy.file.bindings if _binds(one, person)]
    for binding in held:
        if _covers(binding, project, environment) and command in policy.grants(binding.role):
            return Allowed(binding.role)
    return Denied(_why(policy, held, command, project, environment))


def stranger(policy: Policy, person: Person) -> Denied | None:
    """Why this person gets nothing at all, not even what there is; None where they hold a role."""
    if person.is_external:
        return Denied("People from outside the company cannot use Cooper.")
    if person.is_guest:
        return Denied("Guests cannot use Cooper.")
    if not any(_binds(one, person) for one in policy.file.bindings):
        return Denied("You have no role in Cooper yet; the platform owner gives roles.")
    return None


def roles_of(
    policy: Policy, person: Person, project: str | None, environment: str | None
) -> frozenset[str]:
    """The roles that the person holds there; none for guests and people from outside."""
    if person.is_guest or person.is_external:
        return frozenset()
    return frozenset(
        one.role
        for one in policy.file.bindings
        if _binds(one, person) and _covers(one, project, environment)
    )


def approvals(
    policy: Policy, command: str, environment: str | None, cost_usd: Decimal | float | None
) -> Approvals:
    """What the matching rules ask for together.

    Of several needs for one role the largest counts, of several expiries the shortest. An unknown
    cost (None) counts as above every limit, and an unknown environment as any.
    """
    rules = [
        rule
        for rule in policy.file.approvals
        if command in _expand(rule.commands, policy.risks)
        and (environment is None or _within(rule.environments, environment))
        and _above(rule, cost_usd)
    ]
    most: dict[str | None, int] = {}
    for need in (need for rule in rules for need in rule.need):
        most[need.role] = max(need.count, most.get(need.role, 0))
    needs = tuple(Need(count=count, role=role) for role, count in most.items())
    return Approvals(needs, min((rule.expiry for rule in rules), default=None))


def approvals_needed(
    policy: Policy, command: str, environment: str | None, cost_usd: Decimal | float | None
) -> tuple[Need, ...]:
    """The needs of `approvals`; empty where nobody has to agree."""
    return approvals(policy, command, environment, cost_usd).needs


def holders(
    policy: Policy, roles: Iterable[str], project: str | None, environment: str | None
) -> tuple[str, ...]:
    """Slack ids of the people and user groups that hold one of the roles there, each once."""
    wanted = set(roles)
    found = [
        one
        for binding in policy.file.bindings
        if binding.role in wanted and _covers(binding, project, environment)
        for one in (*binding.people, *binding.groups)
    ]
    return tuple(dict.fromkeys(found))


def people_able(
    policy: Policy, role: str | None, project: str, environment: str
) -> frozenset[str] | None:
    """Slack ids of all who may give a vote of the role there (None: any vote).

    None where a user group holds it: who is in a group is for Slack to know.
    """
    bindings = [
        one
        for one in policy.file.bindings
        if _covers(one, project, environment)
        and (one.role == role if role else "approve_request" in policy.grants(one.role))
    ]
    if any(one.groups for one in bindings):
        return None
    return frozenset(person for one in bindings for person in one.people)


def instance_allowed(
    policy: Policy, instance_type: str, project_allowed: Iterable[str] = (EVERYTHING,)
) -> bool:
    """Whether both the policy's and the project's patterns let the instance type run."""
    return _matches(policy.file.instances.allowed, instance_type) and _matches(
        project_allowed, instance_type
    )


def _policy(file: PolicyFile, risks: Mapping[str, str]) -> Policy:
    return Policy(file, risks, canonical_digest(file.model_dump(mode="json")))


def _expand(names: Iterable[str], risks: Mapping[str, str]) -> frozenset[str]:
    found: set[str] = set()
    for name in names:
        if name == EVERYTHING:
            return frozenset(risks)
        if name in GROUPS:
            covered = {command for command, risk in risks.items() if risk in GROUPS[name]}
            found |= covered - BY_NAME_ONLY
        else:
            found.add(name)
    return frozenset(found)


def _binds(binding: Binding, person: Person) -> bool:
    return person.id in binding.people or not person.groups.isdisjoint(binding.groups)


def _covers(binding: Binding, project: str | None, environment: str | None) -> bool:
    return (project is None or _within(binding.projects, project)) and (
        environment is None or _within(binding.environments, environment)
    )


def _within(names: tuple[str, ...], name: str) -> bool:
    return EVERYTHING in names or name in names


def _above(rule: ApprovalRule, cost: Decimal | float | None) -> bool:
    return rule.above_usd is None or cost is None or cost > Decimal(str(rule.above_usd))


def _matches(patterns: Iterable[str], instance_type: str) -> bool:
    return any(fnmatchcase(instance_type, pattern) for pattern in patterns)


def _why(
    policy: Policy,
    held: list[Binding],
    command: str,
    project: str | None,
    environment: str | None,
) -> str:
    where = (f" for {project}" if project else "") + (f" in {environment}" if environment else "")
    mine = sorted({one.role for one in held})
    others = sorted(
        {
            one.role
            for one in policy.file.bindings
            if _covers(one, project, environment) and command in policy.grants(one.role)
        }
    )
    reason = f"Your role ({', '.join(mine)}) may not use {command}{where}."
    if others:
        return f"{reason} It takes the role {' or '.join(others)}."
    return f"{reason} Nobody may, as the policy stands."
