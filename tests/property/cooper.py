"""Cooper on a real Postgres, as the properties of its plans need it: acts, crashes, and what is stored.

Airflow's address refuses, so that a plan is signed and goes nowhere.
"""

from __future__ import annotations

import asyncio
import copy
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from hypothesis.stateful import RuleBasedStateMachine

from actions.answers import Refusal
from actions.catalog import COMMANDS
from actions.execution import Execution
from actions.people import Person
from actions.plans import (
    Basis,
    DeploymentPlan,
    EnvironmentRef,
    Image,
    ModelRef,
    PersonRef,
    Resources,
)
from actions.policy import Policy, parse_policy
from actions.requests import ApprovalNeed, Plan, RunProgress, State
from actions.requests import Request as StoredRequest
from actions.service import Service
from actions.store import AuditEntry
from actions.tracking import Tracking
from infra.store.audit import verify_chain
from infra.store.database import engine, queue
from infra.store.people import KnownPeople
from infra.store.transaction import PostgresStore
from tests.property.crashes import CrashError, FragileStore
from tests.property.words import APPROVE, RISK, RULES, SCIENCE, TEXTS, WITHIN, Asked, Human
from tests.property.words import digest as digest_of
from tests.support.projects import GPU_IMAGE, artifact, registered
from tests.support.requests import HERE, NOW
from tests.support.world import nowhere

PROJECT = "claims-frequency"
HOURLY = {"allowed": ["ml.m5.*", "ml.g5.*"], "max_runtime": "PT1H", "max_count": 4}
INSTANCES = {"cheap": "ml.m5.xlarge", "dear": "ml.g5.12xlarge"}
POLICIES: dict[str, Policy] = {
    name: parse_policy(text, {c: spec.risk.value for c, spec in COMMANDS.items()})
    for name, text in TEXTS.items()
}
TABLES = ("requests", "votes", "runs", "messages", "audit", "procrastinate_jobs")
EVERYTHING = " UNION ALL ".join(
    f"SELECT '{table}', md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {table} t"
    for table in TABLES
)
CLEAN = (
    "SET LOCAL session_replication_role = replica",  # the audit log refuses to be emptied
    "TRUNCATE requests, votes, runs, messages, people, projects, audit, procrastinate_jobs CASCADE",
    "ALTER SEQUENCE request_numbers RESTART",
)


class Ground:
    """What all examples share: a database that each begins with empty, and a world of adapters."""

    def __init__(self, url: str) -> None:
        self.loop = asyncio.new_event_loop()
        self.engine = engine(url, pool_size=2)
        self.store = PostgresStore(self.engine, queue(url))
        self.world = nowhere(POLICIES["first"])
        self.project = registered(image=GPU_IMAGE, instance=HOURLY)

    def run(self, work):
        return self.loop.run_until_complete(work)

    async def clean(self) -> None:
        async with self.engine.begin() as connection:
            for statement in CLEAN:
                await connection.exec_driver_sql(statement)

    def close(self) -> None:
        self.run(self.engine.dispose())
        self.loop.close()


@dataclass(frozen=True)
class Signed:
    """What went to Airflow's door."""

    plan: dict[str, Any]
    run_id: str


class Cooper(RuleBasedStateMachine):
    """What the rules of a machine are made of."""

    ground: Ground

    def __init__(self) -> None:
        super().__init__()
        self.engine, self.real = self.ground.engine, self.ground.store
        self.store = FragileStore(self.real)
        self.now: datetime = NOW
        self.asked: dict[int, Asked] = {}
        self.signed: list[Signed] = []
        self.keys = 0
        self.kept: list[Any] | None = None
        self.humans = {
            "UANA": Human({SCIENCE}),
            "UBEN": Human({SCIENCE, APPROVE}),
            "UCHLOE": Human({APPROVE, RISK}),
            "UDAN": Human({SCIENCE, APPROVE, RISK}, guest=True),
            "UEVE": Human(set()),
            "UFAY": Human({APPROVE}),
        }

    def run(self, work):
        return self.ground.run(work)

    def _does(self, work, allowed: bool, crash: int | None = None) -> bool:  # noqa: FBT001
        """Whether it was done; refused exactly where it should be, and a crash leaves no trace."""
        was = self._dump()
        self.store.at = crash
        try:
            self.run(work)
        except Refusal as refusal:
            if allowed:
                raise AssertionError(f"refused: {refusal.text}") from refusal
            assert self._dump() == was, "what is refused changes nothing"
            return False
        except CrashError:
            assert self._dump() == was, "a crash left half of it"
            return False
        finally:
            self.store.at = None
        assert allowed, "it should have been refused"
        return True

    def _under(self, name: str) -> None:
        """The processes start again with this policy."""
        self.policy = name
        world = replace(self.ground.world, policy=POLICIES[name])

        def clock() -> datetime:
            return self.now

        self.service = Service(self.store, world, clock)
        self.execution = Execution(self.store, world, self._sign, clock)
        self.tracking = Tracking(self.store, world, clock)

    def _sign(self, plan: dict[str, Any], run_id: str) -> dict[str, Any]:
        self.signed.append(Signed(copy.deepcopy(plan), run_id))
        return {"plan": plan, "digest": digest_of(plan), "signature": ""}

    def _person(self, user: str) -> Person:
        human = self.humans[user]
        return Person(user, user.title(), frozenset(human.groups), is_guest=human.guest)

    def _key(self) -> str:
        self.keys += 1
        return f"command:{self.keys}"

    def _stored(self, key: str, who: str, kind: str) -> int:
        async def numbers():
            async with self.real.transaction() as tx:
                return await tx.request_from(key)

        made = self.run(numbers())
        number = made.number
        assert number not in self.asked
        shown = digest_of(made.plan.conf)
        self.asked[number] = Asked(who, kind, self.policy, shown, self.now + WITHIN)
        return number

    def _shown(self, number: int) -> str:
        """The digest of the plan that people see now."""

        async def conf():
            async with self.real.transaction() as tx:
                return (await tx.request(number)).plan.conf

        return digest_of(self.run(conf()))

    def _rows(self) -> list[tuple[int, str, str]]:
        return self._select("SELECT number, state, plan_digest FROM requests")

    def _dump(self) -> list[Any]:
        """What is stored, by table, short enough to compare after every step."""
        return self._select(EVERYTHING)

    def _select(self, query: str) -> list[Any]:
        async def rows():
            async with self.engine.connect() as connection:
                return [tuple(row) for row in await connection.exec_driver_sql(query)]

        return self.run(rows())

    def _register(self, source: str) -> None:
        self.source = source
        self.run(self._registered())

    async def _broken(self) -> Any:
        async with self.engine.connect() as connection:
            return await verify_chain(connection)

    async def _described(self, user: str) -> None:
        await KnownPeople(self.engine).keep(HERE.team, self._person(user))

    async def _registered(self) -> None:
        source = artifact("source.tar.gz", self.source)
        async with self.real.transaction() as tx:
            await tx.save_project(self.ground.project.model_copy(update={"source": source}))

    async def _deployment(self, who: str, key: str) -> None:
        async with self.real.transaction() as tx:
            number = await tx.next_request()
            plan = _production(number, who, self.policy)
            asked = StoredRequest(
                number=number,
                installation="demo",
                command="deploy_model",
                params={"project": PROJECT, "environment": "production"},
                project=PROJECT,
                requester_id=who,
                requester_name=who.title(),
                place=HERE,
                plan=plan,
                state=State.AWAITING_CONFIRMATION,
                created=self.now,
                changed=self.now,
                expires=self.now + WITHIN,
                origin=key,
            )
            await tx.add_request(asked)
            await tx.audit(AuditEntry(who, "proposed", number, PROJECT))

    async def _parks(self, number: int) -> None:
        async with self.real.transaction() as tx:
            request = await tx.request(number, lock=True)
            run = RunProgress(
                run_id=request.run_id, dag="train_model", state="running", parked=True
            )
            await tx.save_run(number, run)
            await tx.save_request(request.moved(State.RUNNING, self.now))


def params(kind: str, depth: int) -> dict[str, Any]:
    return {
        "project": PROJECT,
        "instance_type": INSTANCES[kind],
        "hyperparameters": {"max_depth": depth},
    }


def _production(number: int, who: str, policy: str) -> Plan:
    rules = RULES[policy, "production"]
    conf = DeploymentPlan(
        installation="demo",
        request=f"R{number}",
        requested_by=PersonRef(id=who, name=who.title()),
        policy=POLICIES[policy].digest,
        project=PROJECT,
        environment=EnvironmentRef(
            name="production",
            region="us-east-1",
            role_arn="arn:aws:iam::000000000000:role/cooper",
            connection="aws",
            bucket="cooper-demo",
        ),
        price=None,
        tags={},
        model=ModelRef(name=PROJECT, version=1, artifact="s3://cooper-demo/model.tar.gz"),
        endpoint=f"demo-{PROJECT}-production",
        image=Image(uri="serving"),
        resources=Resources(
            instance_type="ml.m5.xlarge", instance_count=1, max_runtime_seconds=3600
        ),
        basis=Basis(live_config=None),
        sample={},
    )
    return Plan(
        title="Deploy",
        lines=(),
        needs=tuple(ApprovalNeed(count=count, role=role) for count, role in rules.needs),
        approval_seconds=int(rules.within.total_seconds()),
        dag="deploy_model",
        conf=conf.model_dump(mode="json"),
        environment="production",
    )
