"""A digest as data: what happened in a time, and how things stand."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from actions.budgets import Account
from actions.digests.periods import Window
from actions.drift import DriftHistory, Finding
from actions.incidents.incident import Incident
from actions.requests import ApprovalNeed, Request, State
from actions.store import Deployment

_TIGHT = Decimal("0.2")
"""A budget with less than this share left is news."""


@dataclass(frozen=True, slots=True)
class Drift:
    """How an endpoint's data moved away from what its model was trained on."""

    project: str
    environment: str
    history: DriftHistory

    @property
    def alerts(self) -> tuple[Finding, ...]:
        """What the newest look found to be drift."""
        return tuple(each for each in self.history.newest.report.drift if each.verdict == "alert")


@dataclass(frozen=True, slots=True)
class Idle:
    """An endpoint that nobody asked anything in the whole time; `usd_per_hour` None: unknown."""

    project: str
    environment: str
    usd_per_hour: Decimal | None


@dataclass(frozen=True, slots=True)
class Pending:
    """A request that waits for approval, and what is still missing."""

    request: Request
    missing: tuple[ApprovalNeed, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What one reader may know of these projects. Lists are oldest first."""

    window: Window
    projects: tuple[str, ...]
    firing: tuple[Incident, ...] = ()
    """Open incidents."""
    resolved: tuple[Incident, ...] = ()
    drift: tuple[Drift, ...] = ()
    ended: tuple[Request, ...] = ()
    """Runs that came to their end, deployments among them."""
    running: tuple[Request, ...] = ()
    deployments: tuple[Deployment, ...] = ()
    idle: tuple[Idle, ...] = ()
    budgets: tuple[Account, ...] = ()
    pending: tuple[Pending, ...] = ()
    unread: tuple[str, ...] = ()
    """What could not be read, for people."""

    @property
    def new(self) -> tuple[Incident, ...]:
        """Open incidents that began in the window."""
        return tuple(one for one in self.firing if self.window.holds(one.since))

    @property
    def failed(self) -> tuple[Request, ...]:
        """Runs that did not do what they should."""
        return self._ended(State.FAILED)

    @property
    def stopped(self) -> tuple[Request, ...]:
        """Runs that somebody stopped."""
        return self._ended(State.STOPPED)

    @property
    def succeeded(self) -> tuple[Request, ...]:
        """Runs that did."""
        return self._ended(State.SUCCEEDED)

    @property
    def drifting(self) -> tuple[Drift, ...]:
        """Endpoints whose newest look found something."""
        return tuple(each for each in self.drift if each.alerts)

    @property
    def quiet(self) -> bool:
        """Whether there is nothing to report."""
        happened: Iterable[Sequence[object]] = (
            self.firing,
            self.resolved,
            self.drifting,
            self.ended,
            self.running,
            self.deployments,
            self.idle,
            self.pending,
        )
        return not any(happened) and not any(_tight(budget) for budget in self.budgets)

    def _ended(self, state: State) -> tuple[Request, ...]:
        return tuple(each for each in self.ended if each.state is state)


def _tight(budget: Account) -> bool:
    return budget.left < budget.monthly * _TIGHT
