"""What projects did in a month, in the database, and what their budgets make of it."""

from __future__ import annotations

from datetime import timedelta

from actions import budgets
from actions.context import Context
from actions.plans import Money
from actions.requests import RunProgress, State
from actions.store import Deployment
from tests.support.projects import registered
from tests.support.requests import HERE, NOW, plan, request
from tests.support.world import ANA, BUDGETS, nowhere, policy

CLAIMS = registered()
OTHER = registered(name="lapse-risk", aliases=[])
"""Of the same team."""
FOREIGN = registered(name="fraud", aliases=[], team="fraud")


def budgeted(*lines):
    """The demo's policy with these budgets."""
    text = "".join(f"  - {{{line}}}\n" for line in lines)
    return policy(**{BUDGETS: f"budgets:\n{text}" if lines else ""})


PROJECT = budgeted("project: claims-frequency, monthly_usd: 10")
BOTH = budgeted(
    "project: claims-frequency, monthly_usd: 10",
    "team: pricing, monthly_usd: 100",
    "project: fraud, monthly_usd: 1",
    "team: fraud, monthly_usd: 2",
)


def training(usd):
    """A plan that costs so much at most; None: nobody knows."""
    return plan(price=money(usd))


def endpoint(usd, environment="staging"):
    """A plan that costs so much an hour until somebody ends it."""
    return plan(price=money(usd), hourly=True, environment=environment, dag="deploy_model")


def money(usd):
    return Money(amount=str(usd), as_of="2026-01", source="tests") if usd else None


class Books:
    """What was done, and what the budgets make of it."""

    def __init__(self, store):
        self.store = store
        self._number = 0

    async def trained(self, state=State.SUCCEEDED, usd="10.00", billed=None, **changes):
        """A training that could have cost `usd` in its hour, and was billed so many seconds."""
        earlier = changes.pop("earlier_seconds", 0)
        self._number += 1
        values = {"state": state, "plan": training(usd), "created": NOW, "changed": NOW}
        made = request(self._number, **(values | changes))
        async with self.store.transaction() as tx:
            await tx.add_request(made)
            if billed is not None:
                progress = RunProgress(run_id=made.run_id, dag="train_model", state="success")
                seen = {"billable_seconds": billed, "earlier_seconds": earlier}
                await tx.save_run(made.number, progress.model_copy(update=seen))
        return made

    async def asked(
        self,
        state=State.QUEUED,
        usd="2.00",
        project=CLAIMS,
        environment="staging",
        command="deploy_model",
    ):
        """A change of an endpoint that would cost `usd` an hour from then on."""
        self._number += 1
        made = request(
            self._number,
            command=command,
            project=project.slug,
            plan=endpoint(usd, environment),
            state=state,
        )
        async with self.store.transaction() as tx:
            await tx.add_request(made)
        return made

    async def served(self, good, until=None, project=CLAIMS, usd="2.00", environment="staging"):
        """An endpoint of `usd` an hour."""
        made = await self.asked(State.SUCCEEDED, usd, project, environment)
        name = f"demo-{project.slug}-{environment}"
        row = Deployment(project.slug, environment, name, made.run_id, 1, made.number, good)
        async with self.store.transaction() as tx:
            await tx.add_deployment(row)
            if until is not None:
                await tx.end_deployment(project.slug, environment, until, bad=False)

    async def serves_from_now(self, usd="2.00", project=CLAIMS, environment="staging"):
        """One that has cost nothing so far."""
        await self.served(NOW, project=project, usd=usd, environment=environment)

    async def spent(self, rules=PROJECT, project=CLAIMS, now=NOW):
        """By owner, what is gone."""
        return {found.owner: found.spent for found in await self.accounts(rules, project, now)}

    async def committed(self, rules=PROJECT, project=CLAIMS, now=NOW, but="R0"):
        """By owner, what may still come."""
        found = await self.accounts(rules, project, now, but)
        return {each.owner: each.committed for each in found}

    async def accounts(self, rules=PROJECT, project=CLAIMS, now=NOW, but="R0"):
        """The budgets as the request `but` finds them."""
        async with self.store.transaction() as tx:
            projects = {each.slug: each for each in await tx.projects()}
            context = Context(ANA, HERE, nowhere(rules), tx, projects, now, but)
            return await budgets.accounts(context, project)


def hours(count):
    """So many hours before the month of NOW ends."""
    return NOW.replace(month=12, day=1, hour=0, minute=0) - timedelta(hours=count)
