"""The domain's transaction on Postgres: rows, audit and jobs commit together or not at all."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from procrastinate import App
from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from actions.people import Person
from actions.registration import RegisteredProject
from actions.requests import NOT_STARTED, Place, Plan, Request, RunProgress, State, Vote
from actions.runs import SERVING
from actions.store import AuditEntry, Deployment, DraftKey, Meaning, StaleError, StoredDraft
from infra.store import tables as t
from infra.store.audit import GENESIS, chained
from infra.store.digests import PostgresDigests
from infra.store.incidents import PostgresIncidents
from infra.store.locks import Lock, held, hold_named
from infra.store.queued import Queued
from infra.store.rows import (
    draft_values,
    meaning_values,
    request_values,
    to_deployment,
    to_draft,
    to_meaning,
    to_person,
    to_request,
    to_vote,
)
from infra.store.tellings import PostgresTellings

_OPEN = [state.value for state in State if not state.finished and state not in NOT_STARTED]


class PostgresTransaction(Queued):
    """`actions.store.Transaction` on one connection."""

    def __init__(self, connection: AsyncConnection, queue: App) -> None:
        super().__init__(connection, queue)
        self.incidents = PostgresIncidents(connection)
        self.tellings = PostgresTellings(connection)
        self.digests = PostgresDigests(connection)

    async def project(self, slug: str) -> RegisteredProject | None:
        query = select(t.projects.c.registration).where(t.projects.c.slug == slug)
        found = (await self.connection.execute(query)).scalar_one_or_none()
        return None if found is None else _to_project(found)

    async def projects(self) -> Sequence[RegisteredProject]:
        query = select(t.projects.c.registration).order_by(t.projects.c.slug)
        found = (await self.connection.execute(query)).scalars()
        return [_to_project(registration) for registration in found]

    async def save_project(self, project: RegisteredProject) -> None:
        registration = project.model_dump(mode="json")
        statement = insert(t.projects).values(slug=project.slug, registration=registration)
        await self.connection.execute(
            statement.on_conflict_do_update(
                index_elements=["slug"],
                set_={"registration": registration, "registered": func.now()},
            )
        )

    async def next_request(self) -> int:
        value = await self.connection.execute(t.request_numbers.next_value().select())
        return int(value.scalar_one())

    async def add_request(self, request: Request) -> None:
        await self.connection.execute(insert(t.requests).values(**request_values(request)))

    async def request(self, number: int, *, lock: bool = False) -> Request | None:
        query = select(t.requests).where(t.requests.c.number == number)
        if lock:
            query = query.with_for_update()
        row = (await self.connection.execute(query)).mappings().one_or_none()
        return None if row is None else to_request(row)

    async def request_from(self, origin: str) -> Request | None:
        query = select(t.requests).where(t.requests.c.origin == origin)
        row = (await self.connection.execute(query)).mappings().one_or_none()
        return None if row is None else to_request(row)

    async def requests(
        self,
        *,
        project: str | None = None,
        states: Sequence[State] = (),
        user: str | None = None,
        commands: Sequence[str] = (),
        limit: int = 10,
    ) -> Sequence[Request]:
        query = select(t.requests).order_by(t.requests.c.number.desc()).limit(limit)
        if project is not None:
            query = query.where(t.requests.c.project == project)
        if states:
            query = query.where(t.requests.c.state.in_([state.value for state in states]))
        if user is not None:
            query = query.where(t.requests.c.requester_id == user)
        if commands:
            query = query.where(t.requests.c.command.in_(commands))
        rows = (await self.connection.execute(query)).mappings()
        return [to_request(row) for row in rows]

    async def last_request_in_thread(self, place: Place) -> Request | None:
        return await self._latest(t.requests.c.thread == place.thread, place)

    async def last_request_of(self, place: Place, user: str, since: datetime) -> Request | None:
        c = t.requests.c
        return await self._latest(and_(c.requester_id == user, c.created >= since), place)

    async def _latest(self, fits: ColumnElement[bool], place: Place) -> Request | None:
        c = t.requests.c
        query = select(t.requests).where(c.channel == place.channel, c.project.is_not(None), fits)
        latest = query.order_by(c.number.desc()).limit(1)
        row = (await self.connection.execute(latest)).mappings().one_or_none()
        return None if row is None else to_request(row)

    async def save_request(self, request: Request) -> Request:
        values = request_values(request) | {"version": request.version + 1}
        statement = (
            update(t.requests)
            .where(t.requests.c.number == request.number, t.requests.c.version == request.version)
            .values(**values)
            .returning(t.requests)
        )
        row = (await self.connection.execute(statement)).mappings().one_or_none()
        if row is None:
            msg = f"{request.id} was changed by somebody else meanwhile."
            raise StaleError(msg)
        return to_request(row)

    async def votes(self, number: int) -> tuple[Vote, ...]:
        query = select(t.votes).where(t.votes.c.request == number).order_by(t.votes.c.id)
        return tuple(to_vote(row) for row in (await self.connection.execute(query)).mappings())

    async def add_vote(self, vote: Vote) -> bool:
        values = {
            "request": vote.request,
            "plan_digest": vote.plan_digest,
            "voter_id": vote.voter_id,
            "voter_name": vote.voter_name,
            "roles": list(vote.roles),
            "approve": vote.approve,
            "reason": vote.reason,
            "at": vote.at,
        }
        statement = (
            insert(t.votes).values(**values).on_conflict_do_nothing().returning(t.votes.c.id)
        )
        return (await self.connection.execute(statement)).first() is not None

    async def run(self, number: int) -> RunProgress | None:
        query = select(t.runs.c.progress).where(t.runs.c.request == number)
        found = (await self.connection.execute(query)).scalar_one_or_none()
        return None if found is None else RunProgress.model_validate(found)

    async def save_run(self, number: int, progress: RunProgress) -> None:
        values = {"run_id": progress.run_id, "progress": progress.model_dump(mode="json")}
        statement = insert(t.runs).values(request=number, **values)
        await self.connection.execute(
            statement.on_conflict_do_update(
                index_elements=["request"], set_={**values, "changed": func.now()}
            )
        )

    async def draft(self, key: DraftKey) -> StoredDraft | None:
        query = select(t.drafts).where(_same_draft(key))
        row = (await self.connection.execute(query)).mappings().one_or_none()
        return None if row is None else to_draft(row)

    async def save_draft(self, key: DraftKey, draft: StoredDraft | None) -> None:
        if draft is None:
            await self.connection.execute(delete(t.drafts).where(_same_draft(key)))
            return
        values = draft_values(draft)
        statement = insert(t.drafts).values(
            team=key.team, channel=key.channel, thread=key.thread, user=key.user, **values
        )
        await self.connection.execute(
            statement.on_conflict_do_update(
                index_elements=["team", "channel", "thread", "user"],
                set_={**values, "changed": func.now()},
            )
        )

    async def add_meaning(self, key: str, meaning: Meaning) -> None:
        values = {"key": key, **meaning_values(meaning)}
        await self.connection.execute(insert(t.meanings).values(**values).on_conflict_do_nothing())

    async def meanings(self) -> Sequence[tuple[int, Meaning]]:
        query = select(t.meanings).where(t.meanings.c.taken.is_(None)).order_by(t.meanings.c.id)
        rows = (await self.connection.execute(query)).mappings()
        return [(row["id"], to_meaning(row)) for row in rows]

    async def settle_meaning(self, number: int, *, taken: bool) -> None:
        c = t.meanings.c
        await self.connection.execute(update(t.meanings).where(c.id == number).values(taken=taken))

    async def explain_vote(self, number: int, plan_digest: str, voter: str, reason: str) -> bool:
        c = t.votes.c
        same = (c.request == number) & (c.plan_digest == plan_digest) & (c.voter_id == voter)
        open_ = same & c.approve.is_(False) & c.reason.is_(None)
        statement = update(t.votes).where(open_).values(reason=reason).returning(c.id)
        return (await self.connection.execute(statement)).first() is not None

    async def add_deployment(self, deployment: Deployment) -> None:
        values = {
            "project": deployment.project,
            "environment": deployment.environment,
            "endpoint": deployment.endpoint,
            "endpoint_config": deployment.endpoint_config,
            "model_version": deployment.model_version,
            "request": deployment.request,
            "good": deployment.good,
        }
        c = t.deployments.c
        # Waits for whoever records the same one now; who comes second must not end it.
        statement = insert(t.deployments).values(**values).on_conflict_do_nothing().returning(c.id)
        added = (await self.connection.execute(statement)).scalar_one_or_none()
        if added is not None:
            latest = _latest_of(deployment.project, deployment.environment) & (c.id != added)
            await self._end(latest, deployment.good, bad=False)

    async def deployments(
        self, projects: Sequence[str], environment: str | None = None
    ) -> Sequence[Deployment]:
        c = t.deployments.c
        query = select(t.deployments).where(c.project.in_(projects))
        if environment is not None:
            query = query.where(c.environment == environment)
        newest = query.order_by(c.good.desc(), c.id.desc())
        return [to_deployment(row) for row in (await self.connection.execute(newest)).mappings()]

    async def end_deployment(
        self, project: str, environment: str, at: datetime, *, bad: bool
    ) -> None:
        await self._end(_latest_of(project, environment), at, bad=bad)

    async def _end(self, which: ColumnElement[bool], at: datetime, *, bad: bool) -> None:
        values = {"until": at, "bad": t.deployments.c.bad | bad}
        await self.connection.execute(update(t.deployments).where(which).values(**values))

    async def person(self, team: str, user: str) -> Person | None:
        query = select(t.people).where(t.people.c.team == team, t.people.c.id == user)
        row = (await self.connection.execute(query)).mappings().one_or_none()
        return None if row is None else to_person(row)

    async def trainings_since(
        self, projects: Sequence[str], since: datetime
    ) -> Sequence[tuple[Request, RunProgress | None]]:
        c = t.requests.c
        started = c.state.not_in([state.value for state in NOT_STARTED])
        paid = or_(c.state.in_(_OPEN), c.changed >= since)
        query = (
            select(t.requests, t.runs.c.progress)
            .outerjoin(t.runs, t.runs.c.request == c.number)
            .where(c.project.in_(projects), c.command == "train_model", started, paid)
        )
        return [
            (to_request(row), row["progress"] and RunProgress.model_validate(row["progress"]))
            for row in (await self.connection.execute(query)).mappings()
        ]

    async def served_since(
        self, projects: Sequence[str], since: datetime
    ) -> Sequence[tuple[Deployment, Plan]]:
        c = t.deployments.c
        query = (
            select(t.deployments, t.requests.c.plan)
            .join(t.requests, t.requests.c.number == c.request)
            .where(c.project.in_(projects), or_(c.until.is_(None), c.until > since))
            .order_by(c.good.desc(), c.id.desc())
        )
        return [
            (to_deployment(row), Plan.model_validate(row["plan"]))
            for row in (await self.connection.execute(query)).mappings()
        ]

    async def open_changes(self, projects: Sequence[str]) -> Sequence[Request]:
        c = t.requests.c
        query = select(t.requests).where(
            c.project.in_(projects), c.command.in_(SERVING), c.state.in_(_OPEN)
        )
        return [to_request(row) for row in (await self.connection.execute(query)).mappings()]

    async def one_at_a_time(self, what: str) -> None:
        await hold_named(self.connection, what)

    async def audit(self, entry: AuditEntry) -> None:
        await self.connection.execute(held(Lock.AUDIT))
        last = select(t.audit.c.hash).order_by(t.audit.c.id.desc()).limit(1)
        previous = (await self.connection.execute(last)).scalar_one_or_none() or GENESIS
        values = chained(entry, datetime.now(UTC), previous)
        await self.connection.execute(insert(t.audit).values(**values))


def _to_project(registration: dict[str, Any]) -> RegisteredProject:
    """From its JSON: a strict model takes a list for a tuple in JSON alone."""
    return RegisteredProject.model_validate_json(json.dumps(registration))


def _same_draft(key: DraftKey) -> Any:
    c = t.drafts.c
    return and_(
        c.team == key.team,
        c.channel == key.channel,
        c.thread == key.thread,
        c.user == key.user,
    )


def _latest_of(project: str, environment: str) -> ColumnElement[bool]:
    """What serves there, as far as is known."""
    c = t.deployments.c
    return and_(c.project == project, c.environment == environment, c.until.is_(None))


class PostgresStore:
    """`actions.store.Store` on one engine."""

    def __init__(self, engine: AsyncEngine, queue: App) -> None:
        self._engine = engine
        self._queue = queue

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[PostgresTransaction]:
        """Begin; commit at the end of the block, roll back on an exception."""
        async with self._engine.begin() as connection:
            yield PostgresTransaction(connection, self._queue)
