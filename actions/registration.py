"""A registered project: its `project.yaml` and where its code and data lie."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from actions.plans import Artifact
from actions.project import Project


class RegisteredProject(BaseModel):
    """What chat knows of a project from the moment that it is registered."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    spec: Project
    source: Artifact
    data: Artifact
    holdout: Artifact
    sample: dict[str, Any]
    """A request body of the scoring server."""
    revision: str | None = None
    """The git commit, where it came from a repository."""
    registered_by: str
    registered: datetime

    @property
    def slug(self) -> str:
        """The project's name in chat."""
        return self.spec.name


def called(text: str) -> str:
    """A name as said, in the form of a project's: "Claims frequency" is `claims-frequency`."""
    return "-".join(text.lower().replace("_", " ").split())


def by_name(projects: Iterable[RegisteredProject]) -> dict[str, RegisteredProject]:
    """Projects by their own names and, where these leave room, by their aliases."""
    names = {project.slug: project for project in projects}
    for project in tuple(names.values()):
        for alias in project.spec.aliases:
            names.setdefault(called(alias), project)
    return names
