"""People as Slack last described them, kept for a few minutes."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from actions.people import Person
from infra.store.rows import to_person
from infra.store.tables import people

FRESH = timedelta(minutes=5)


class KnownPeople:
    """The table of people."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def get(self, team: str, user: str) -> Person | None:
        """The person, where what is known is fresh."""
        since = datetime.now(UTC) - FRESH
        query = select(people).where(
            people.c.team == team, people.c.id == user, people.c.fetched > since
        )
        async with self._engine.connect() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        return None if row is None else to_person(row)

    async def keep(self, team: str, person: Person) -> None:
        """Replace what is known of the person."""
        values = {
            "name": person.name,
            "timezone": person.timezone,
            "is_guest": person.is_guest,
            "is_external": person.is_external,
            "groups": sorted(person.groups),
            "fetched": datetime.now(UTC),
        }
        statement = insert(people).values(team=team, id=person.id, **values)
        async with self._engine.begin() as connection:
            await connection.execute(
                statement.on_conflict_do_update(index_elements=["team", "id"], set_=values)
            )
