"""What a project and its team may spend in a calendar month (UTC), and what they have spent.

Trainings count with what their jobs were billed, in the month in which they end; one that is under
way or waits for approval counts with its highest price.
Endpoints count by the hour for as long as they served.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from actions.answers import Refusal
from actions.context import Context
from actions.registration import RegisteredProject
from actions.requests import Line, Request, RunProgress

_HOUR = Decimal(3600)


@dataclass(frozen=True, slots=True)
class Account:
    """One budget and what of it is gone. Amounts in USD."""

    owner: str
    """`claims-frequency`, or `team pricing`."""
    monthly: Decimal
    spent: Decimal

    @property
    def left(self) -> Decimal:
        """What may still be spent."""
        return self.monthly - self.spent


async def accounts(context: Context, project: RegisteredProject) -> tuple[Account, ...]:
    """The budgets that a request of `project` draws on."""
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
        spent = await _spent(context, projects)
        found.append(Account(owner, Decimal(str(budget.monthly_usd)), spent))
    return tuple(found)


def check(found: Iterable[Account], most: Decimal | None, now: datetime) -> None:
    """Refuse what could cost more than is left; what has no known price cannot be checked."""
    for account in found:
        if most is not None and most > account.left:
            raise Refusal(
                f"This could cost ${most:,.2f} by the end of {now:%B}, and {account.owner} has "
                f"${max(account.left, Decimal(0)):,.2f} left of ${account.monthly:,.2f} for "
                f"{now:%B %Y}. Ask for less, or ask the platform owner to raise the budget."
            )


def lines(found: Iterable[Account], now: datetime) -> tuple[Line, ...]:
    """The rows of a plan that show the budgets."""
    return tuple(
        Line(
            label=f"Budget of {account.owner}",
            value=f"${account.spent:,.2f} of ${account.monthly:,.2f} spent in {now:%B %Y}",
        )
        for account in found
    )


def rest_of_month(hourly: Decimal, now: datetime) -> Decimal:
    """What something costs that runs from now to the month's end, in USD."""
    end = _month(now).replace(year=now.year + now.month // 12, month=now.month % 12 + 1)
    return hourly * Decimal((end - now).total_seconds()) / _HOUR


async def _spent(context: Context, projects: tuple[str, ...]) -> Decimal:
    since = _month(context.now)
    trainings = await context.tx.trainings_since(projects, since)
    total = sum((_training_cost(*training) for training in trainings), Decimal(0))
    for served in await context.tx.deployments(projects):
        end = served.until or context.now
        if end <= since:
            continue
        request = await context.tx.request(served.request)
        price = request.plan.price if request is not None else None
        if price is not None:
            seconds = (end - max(served.good, since)).total_seconds()
            total += Decimal(price.amount) * Decimal(seconds) / _HOUR
    return total


def _training_cost(request: Request, progress: RunProgress | None) -> Decimal:
    price, conf = request.plan.price, request.plan.conf
    if price is None or conf is None:
        return Decimal(0)
    if not request.state.finished:
        return Decimal(price.amount)
    if progress is None:
        return Decimal(0)
    seconds = progress.earlier_seconds + (progress.billable_seconds or 0)
    return Decimal(price.amount) * seconds / Decimal(conf["resources"]["max_runtime_seconds"])


def _month(now: datetime) -> datetime:
    return now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
