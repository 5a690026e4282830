"""Who and what is in the workspace, as Slack's objects describe it."""

from __future__ import annotations

import time
from datetime import datetime
from zoneinfo import ZoneInfo

from infra.local.slack.composer import Names
from infra.local.slack.errors import Json
from infra.local.slack.seed import Channel, Person, Seed
from infra.local.slack.store import Store

CREATED = 1_735_689_600  # 2025-01-01, when this workspace was made
SLACKBOT = "USLACKBOT"


class Directory:
    """People, groups and conversations: the workspace file, and what was added since."""

    def __init__(self, seed: Seed, store: Store) -> None:
        self.seed = seed
        self.base_url = ""
        self._store = store
        self._people = {person.id: person for person in seed.users}
        for channel in seed.channels:
            self._settle(channel)
        for person in seed.users:
            self.open_dm(person.id)

    def _settle(self, channel: Channel) -> None:
        """Makes a declared channel once; membership is the workspace's own from then on."""
        if self._store.channel(channel.id) is not None:
            return
        self._store.put_channel(_channel_body(channel, self.seed.team.id))
        members = channel.members + ([self.seed.app.user] if channel.bot else [])
        for user in members:
            self._store.add_member(channel.id, user)

    # People

    @property
    def bot(self) -> str:
        return self.seed.app.user

    @property
    def people(self) -> list[Person]:
        return list(self._people.values())

    def person(self, user: str) -> Person | None:
        return self._people.get(user)

    def find_person(self, name: str) -> Person | None:
        """By id, handle or full name, however capitalised, with or without an @."""
        wanted = name.removeprefix("@").lower()
        for person in self._people.values():
            if wanted in (person.id.lower(), person.handle, person.name.lower()):
                return person
        return None

    def users(self) -> list[Json]:
        return [self.user(user) for user in (*self._people, self.bot)]  # type: ignore[misc]

    def user(self, user: str) -> Json | None:
        """Slack's user object."""
        app = self.seed.app
        if user == app.user:
            profile = {"real_name": app.name, "display_name": "", "title": "", "bot_id": app.bot}
            profile |= {"api_app_id": app.id, **self._pictures(user)}
            return {
                "id": user,
                "team_id": self.seed.team.id,
                "name": app.handle,
                "real_name": app.name,
                "deleted": False,
                "profile": profile,
                "is_bot": True,
                "is_app_user": False,
                "is_restricted": False,
                "is_ultra_restricted": False,
                "updated": CREATED,
            } | _zone("America/Los_Angeles")
        person = self._people.get(user)
        return None if person is None else self._person_object(person)

    def _person_object(self, person: Person) -> Json:
        return {
            "id": person.id,
            "team_id": person.team or self.seed.team.id,
            "name": person.handle,
            "deleted": False,
            "color": person.color,
            "real_name": person.name,
            "profile": {
                "real_name": person.name,
                "real_name_normalized": person.name,
                "display_name": person.name.split()[0],
                "display_name_normalized": person.name.split()[0],
                "first_name": person.name.split()[0],
                "last_name": person.name.split()[-1],
                "title": person.title,
                "email": person.email,
                "team": person.team or self.seed.team.id,
                **self._pictures(person.id),
            },
            "is_admin": False,
            "is_owner": False,
            "is_bot": False,
            "is_app_user": False,
            "is_restricted": person.guest,
            "is_ultra_restricted": False,
            "is_stranger": person.team is not None,
            "is_email_confirmed": True,
            "updated": CREATED,
        } | _zone(person.tz)

    def _pictures(self, user: str) -> Json:
        return {f"image_{n}": f"{self.base_url}/avatars/{user}.svg" for n in (24, 32, 48, 72, 192)}

    def group_objects(self, *, with_users: bool) -> list[Json]:
        found = []
        for group in self.seed.usergroups:
            body: Json = {
                "id": group.id,
                "team_id": self.seed.team.id,
                "is_usergroup": True,
                "name": group.name,
                "handle": group.handle,
                "description": "",
                "date_create": CREATED,
                "date_update": CREATED,
                "date_delete": 0,
                "user_count": len(group.users),
            }
            found.append(body | ({"users": list(group.users)} if with_users else {}))
        return found

    def group_users(self, group: str) -> list[str] | None:
        for one in self.seed.usergroups:
            if one.id == group:
                return list(one.users)
        return None

    # Conversations

    def dm_id(self, user: str) -> str:
        """The id of the direct conversation between this person and the app."""
        return "D" + user[1:]

    def open_dm(self, user: str) -> str:
        channel = self.dm_id(user)
        if self._store.channel(channel) is None:
            self._store.put_channel(
                {
                    "id": channel,
                    "created": CREATED,
                    "is_im": True,
                    "is_org_shared": False,
                    "is_archived": False,
                    "context_team_id": self.seed.team.id,
                    "user": user,
                    "is_user_deleted": False,
                    "priority": 0,
                }
            )
            self._store.add_member(channel, user)
            self._store.add_member(channel, self.bot)
        return channel

    def channel(self, channel: str, viewer: str | None = None) -> Json | None:
        """Slack's conversation object as `viewer` (the bot by default) sees it."""
        body = self._store.channel(channel)
        if body is None:
            return None
        members = self._store.members(channel)
        if not body.get("is_im"):
            body["is_member"] = (viewer or self.bot) in members
            body["num_members"] = len(members)
        return body

    def channels(self, viewer: str | None = None) -> list[Json]:
        """Conversations that `viewer` (the bot by default) can find: public ones and their own."""
        found = []
        for body in self._store.channels():
            seen = self.channel(body["id"], viewer)
            is_open = not body.get("is_im") and not body.get("is_private")
            if seen and (is_open or self.is_member(body["id"], viewer or self.bot)):
                found.append(seen)
        return found

    def find_channel(self, name: str) -> str | None:
        """By id, or by name with or without a #."""
        if self._store.channel(name) is not None:
            return name
        wanted = name.removeprefix("#").lower()
        for body in self._store.channels():
            if body.get("name") == wanted:
                return str(body["id"])
        return None

    def is_member(self, channel: str, user: str) -> bool:
        return user in self._store.members(channel)

    def audience(self, channel: str) -> set[str] | None:
        """Who may see what happens there; None for everyone."""
        body = self._store.channel(channel) or {}
        if body.get("is_im") or body.get("is_private"):
            return set(self._store.members(channel))
        return None

    def names(self) -> Names:
        users = {person.name.lower(): person.id for person in self.people}
        users |= {person.handle: person.id for person in self.people}
        users |= {self.seed.app.handle: self.bot, self.seed.app.name.lower(): self.bot}
        return Names(
            users=users,
            groups={group.handle: group.id for group in self.seed.usergroups},
            channels={b["name"]: b["id"] for b in self._store.channels() if b.get("name")},
        )


def _zone(name: str) -> Json:
    offset = datetime.fromtimestamp(time.time(), ZoneInfo(name)).utcoffset()
    seconds = int(offset.total_seconds()) if offset else 0
    return {
        "tz": name,
        "tz_label": name.rsplit("/", maxsplit=1)[-1].replace("_", " "),
        "tz_offset": seconds,
    }


def _channel_body(channel: Channel, team: str) -> Json:
    return {
        "id": channel.id,
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": not channel.private,
        "is_group": channel.private,
        "is_im": False,
        "is_mpim": False,
        "is_private": channel.private,
        "created": CREATED,
        "updated": CREATED * 1000,
        "is_archived": False,
        "is_general": False,
        "is_shared": False,
        "is_ext_shared": False,
        "is_org_shared": False,
        "creator": channel.members[0] if channel.members else "",
        "context_team_id": team,
        "topic": {"value": channel.topic, "creator": "", "last_set": 0},
        "purpose": {"value": channel.topic, "creator": "", "last_set": 0},
        "previous_names": [],
    }
