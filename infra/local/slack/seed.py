"""The workspace file: team, app, people, user groups and channels."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

DEFAULT_WORKSPACE = Path(__file__).with_name("people.yaml")

Handle = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]*$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Team(_Part):
    id: Annotated[str, StringConstraints(pattern=r"^T[A-Z0-9]{5,}$")]
    name: str
    domain: Handle


class Command(_Part):
    name: Annotated[str, StringConstraints(pattern=r"^/[a-z0-9_-]+$")]
    hint: str = ""
    description: str = ""


class App(_Part):
    id: Annotated[str, StringConstraints(pattern=r"^A[A-Z0-9]{5,}$")]
    name: str
    handle: Handle
    user: Annotated[str, StringConstraints(pattern=r"^U[A-Z0-9]{5,}$")]
    bot: Annotated[str, StringConstraints(pattern=r"^B[A-Z0-9]{5,}$")]
    commands: list[Command] = Field(default_factory=list)


class Person(_Part):
    id: Annotated[str, StringConstraints(pattern=r"^U[A-Z0-9]{5,}$")]
    handle: Handle
    name: str
    title: str = ""
    email: str
    tz: str = "Europe/Amsterdam"
    color: str = "9f69e7"
    guest: bool = False
    team: str | None = None  # another team's id: a person from Slack Connect


class UserGroup(_Part):
    id: Annotated[str, StringConstraints(pattern=r"^S[A-Z0-9]{5,}$")]
    handle: Handle
    name: str
    users: list[str]


class Channel(_Part):
    id: Annotated[str, StringConstraints(pattern=r"^C[A-Z0-9]{5,}$")]
    name: Handle
    topic: str = ""
    private: bool = False
    bot: bool = True
    members: list[str]


class Seed(_Part):
    """A whole workspace as its file declares it."""

    team: Team
    app: App
    users: list[Person]
    usergroups: list[UserGroup] = Field(default_factory=list)
    channels: list[Channel]

    @model_validator(mode="after")
    def _references_exist(self) -> Seed:
        known = {person.id for person in self.users}
        for group in self.usergroups:
            _require_known(f"user group @{group.handle}", group.users, known)
        for channel in self.channels:
            _require_known(f"channel #{channel.name}", channel.members, known)
        _require_unique("handle", [p.handle for p in self.users] + [self.app.handle])
        _require_unique("channel name", [c.name for c in self.channels])
        ids = [p.id for p in self.users] + [self.app.user]
        ids += [c.id for c in self.channels] + [g.id for g in self.usergroups]
        _require_unique("id", ids)
        return self


def _require_known(where: str, users: list[str], known: set[str]) -> None:
    missing = [user for user in users if user not in known]
    if missing:
        raise ValueError(f"{where} names people who do not exist: {', '.join(missing)}")


def _require_unique(what: str, values: list[str]) -> None:
    twice = sorted({value for value in values if values.count(value) > 1})
    if twice:
        raise ValueError(f"{what} used twice: {', '.join(twice)}")


class SeedError(ValueError):
    """The workspace file cannot be used; the message names every mistake."""


def load_seed(path: Path = DEFAULT_WORKSPACE) -> Seed:
    """The workspace that a YAML file declares; raises SeedError naming each mistake."""
    try:
        return Seed.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise SeedError(f"cannot read {path}: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise SeedError(f"{path} is not YAML: {error}") from error
    except ValidationError as error:
        found = "; ".join(
            f"{'.'.join(str(step) for step in item['loc']) or 'file'}: {item['msg']}"
            for item in error.errors()
        )
        raise SeedError(f"{path}: {found}") from error
