"""What a project and its team may spend in a calendar month (UTC), and what is left of it.

Spent is what is over: trainings with what their jobs were billed, in the month in which they end,
and endpoints by the hour for as long as they served.

Committed is what may still come by the month's end. A training that is under way or waits for
approval counts with its highest price. An endpoint counts until the month's end at the dearest of
what serves and what requests that are under way or wait for approval would put there: each of them
may fail, and then the one before goes on. Whatever ends one frees nothing before it has.

A price that nobody knows counts nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from actions.answers import Refusal
from actions.context import Context
from actions.registration import RegisteredProject
from actions.requests import Line, Plan, Request, RunProgress
from actions.store import Deployment

Endpoint = tuple[str, str]
"""A project and an environment; there is one endpoint for both."""

_MICROSECOND = timedelta(microseconds=1)
_HOUR = timedelta(hours=1) // _MICROSECOND
_DUST = Decimal("0.000001")
"""Hours do not divide into seconds without a rest; less than this is no money."""


@dataclass(frozen=True, slots=True)
class Doings:
    """What is known of a month, of the projects that share a budget."""

    trainings: Sequence[tuple[Request, RunProgress | None]]
    """Those that may still run or ended in it."""
    served: Sequence[tuple[Deployment, Plan]]
    """What served in it, with the plan that put it there."""
    changes: Sequence[Request]
    """Changes of endpoints that are under way or wait for approval."""


@dataclass(frozen=True, slots=True)
class Account:
    """One budget as it stands at `now`. Amounts in USD."""

    owner: str
    """`claims-frequency`, or `team pricing`."""
    monthly: Decimal
    spent: Decimal
    trainings: Decimal
    """Open ones at their highest price."""
    endpoints: Mapping[Endpoint, Decimal]
    """What an hour of each may cost from now on."""
    now: datetime

    @property
    def committed(self) -> Decimal:
        """What may still come by the month's end."""
        hourly = sum(self.endpoints.values(), Decimal(0))
        return self.trainings + rest_of_month(hourly, self.now)

    @property
    def left(self) -> Decimal:
        """What may still be asked for; below zero where more is committed than there is."""
        return self.monthly - self.spent - self.committed

    def adds(self, project: str, plan: Plan) -> Decimal | None:
        """What the plan may cost by the month's end beyond what is committed; None: unknown."""
        if plan.price is None:
            return None
        price = Decimal(plan.price.amount)
        if not plan.hourly:
            return price
        before = self.endpoints.get((project, plan.environment or ""), Decimal(0))
        return rest_of_month(max(price - before, Decimal(0)), self.now)

    def __str__(self) -> str:
        """`$12.10 spent and $55.20 committed of $500.00 in November 2026`; no row of nothing."""
        parts = ((self.spent, "spent"), (self.committed, "committed"))
        gone = " and ".join(f"${usd:,.2f} {what}" for usd, what in parts if round(usd, 2))
        return f"{gone or 'nothing spent'} of ${self.monthly:,.2f} in {month(self.now):%B %Y}"


async def accounts(context: Context, project: RegisteredProject) -> tuple[Account, ...]:
    """The budgets that a request of `project` draws on, without the context's own request."""
    found = []
    for budget in context.world.policy.file.budgets:
        if budget.project == project.slug:
            projects: tuple[str, ...] = (project.slug,)
            owner = project.slug
        elif budget.team is not None and budget.team == project.spec.team:
            projects = tuple(
                p.slug for p in context.projects.values() if p.spec.team == budget.team
            )
            owner = f"team {budget.team}"
        else:
            continue
        monthly = Decimal(str(budget.monthly_usd))
        found.append(account(owner, monthly, await _doings(context, projects), context.now))
    return tuple(found)


async def budgeted(context: Context, project: RegisteredProject, plan: Plan) -> Plan:
    """The plan with a row for each budget that it draws on.

    Raises:
        Refusal: It could cost more than is left of one.
    """
    found = await accounts(context, project)
    check(found, project.slug, plan)
    # The same for each: all of them count the project's own endpoints.
    most = next((each.adds(project.slug, plan) for each in found), None)
    return plan.model_copy(
        update={
            "lines": (*plan.lines, *lines(found)),
            "budgeted": None if most is None else f"{most:.4f}",
        }
    )


def check(found: Iterable[Account], project: str, plan: Plan) -> None:
    """Refuse what could cost more than is left.

    What adds nothing passes even where nothing is left, and what has no known price cannot be
    checked.
    """
    for each in found:
        most, left = each.adds(project, plan), max(each.left, Decimal(0))
        if most is not None and most - left > _DUST:
            raise Refusal(
                f"This could cost ${most:,.2f} more by the end of {month(each.now):%B}, and {each.owner} "
                f"has ${left:,.2f} left: {each}. "
                "Ask for less, or ask the platform owner to raise the budget."
            )


def lines(found: Iterable[Account]) -> tuple[Line, ...]:
    """The rows of a plan that show the budgets."""
    return tuple(Line(label=f"Budget of {each.owner}", value=str(each)) for each in found)


def account(owner: str, monthly: Decimal, doings: Doings, now: datetime) -> Account:
    """The budget as it stands after these doings."""
    closed = [training for training in doings.trainings if training[0].state.finished]
    opened = [request for request, _ in doings.trainings if not request.state.finished]
    spent = sum((_billed(*training) for training in closed), Decimal(0))
    spent += sum((_served(*each, now) for each in doings.served), Decimal(0))
    return Account(
        owner=owner,
        monthly=monthly,
        spent=spent,
        trainings=sum((_price(request.plan) for request in opened), Decimal(0)),
        endpoints=_endpoints(doings),
        now=now,
    )


def rest_of_month(hourly: Decimal, now: datetime) -> Decimal:
    """What something costs that runs from now to the month's end, in USD."""
    first = month(now)
    end = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
    return _hours(hourly, end - now)


def month(now: datetime) -> datetime:
    """When the month of `now` began."""
    return now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


async def _doings(context: Context, projects: tuple[str, ...]) -> Doings:
    since = month(context.now)
    trainings = await context.tx.trainings_since(projects, since)
    changes = await context.tx.open_changes(projects)
    return Doings(
        trainings=[each for each in trainings if each[0].id != context.request],
        served=await context.tx.served_since(projects, since),
        changes=[request for request in changes if request.id != context.request],
    )


def _endpoints(doings: Doings) -> dict[Endpoint, Decimal]:
    """What an hour of each endpoint may cost: the dearest of what serves and what may."""
    dearest: dict[Endpoint, Decimal] = {}
    live = [
        ((served.project, served.environment), plan)
        for served, plan in doings.served
        if served.until is None
    ]
    asked = [
        ((each.project or "", each.plan.environment or ""), each.plan) for each in doings.changes
    ]
    for endpoint, plan in (*live, *asked):
        dearest[endpoint] = max(dearest.get(endpoint, Decimal(0)), _price(plan))
    return dearest


def _billed(request: Request, progress: RunProgress | None) -> Decimal:
    conf = request.plan.conf
    if conf is None or progress is None:
        return Decimal(0)
    seconds = progress.earlier_seconds + (progress.billable_seconds or 0)
    return _price(request.plan) * seconds / Decimal(conf["resources"]["max_runtime_seconds"])


def _served(served: Deployment, plan: Plan, now: datetime) -> Decimal:
    """What it cost this month so far."""
    time = (served.until or now) - max(served.good, month(now))
    return _hours(_price(plan), max(time, timedelta(0)))


def _price(plan: Plan) -> Decimal:
    return Decimal(0) if plan.price is None else Decimal(plan.price.amount)


def _hours(hourly: Decimal, time: timedelta) -> Decimal:
    return hourly * (time // _MICROSECOND) / _HOUR
