"""Brings a workspace of Aporia to the declared state: what is there is kept, the rest is made.

The resources are `aporia.as_code`'s own. Its `Stack` is not used, because it remembers what it made
in a file that it writes at the end: killed half-way, it would make everything twice. What Aporia has
is the memory here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aporia.as_code as sdk
from aporia.as_code.resources.base import BaseResource, CompareStatus

from cooper_aporia.connection import Connection, filled
from cooper_aporia.declared import Declared
from cooper_aporia.errors import AporiaError
from cooper_aporia.monitors import MARK, NoCounterpartError, counterpart
from cooper_aporia.workspace import Entry, Workspace

ID_COLUMN, TIME_COLUMN = "prediction_id", "prediction_timestamp"
"""Columns that the serving data has beside the model's own."""
_TYPES = {"count": sdk.ModelType.REGRESSION}
"""Tasks that Aporia calls otherwise."""


@dataclass(slots=True)
class Outcome:
    """What became of the declared state, in words for a log; `kept` was there and the same."""

    created: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    """What Aporia does not get, with the reason."""


def register(declared: Declared, connection: Connection, workspace: Workspace) -> Outcome:
    """Register model, version, datasets and monitors. Safe to repeat, from any point on.

    Raises AporiaError, as the block of `workspace.opened` does.
    """
    outcome = Outcome()
    integration = workspace.webhook(connection.integration)
    source = workspace.data_source(connection.data_source) if connection.data_source else None
    registering = _Registering(declared, workspace, outcome)
    model = registering.model()
    version = registering.version(model)
    if source is None or connection.serving is None:
        outcome.left.append("datasets and monitors: the connection names no data to read")
    else:
        registering.dataset("serving", model, version, source, connection.serving)
        if connection.training is not None:
            registering.dataset("training", model, version, source, connection.training)
        registering.monitors(model, integration, trained=connection.training is not None)
    registering.retire_others(model)
    return outcome


@dataclass(frozen=True, slots=True)
class _Registering:
    declared: Declared
    workspace: Workspace
    outcome: Outcome

    def model(self) -> Entry:
        declared = self.declared
        found, kind = self.workspace.model(declared.model), _model_type(declared)
        if found is not None and found["type"] != kind.value:
            raise AporiaError(
                f"In Aporia, {declared.model} is a {found['type']} model, and now it is "
                f"{kind.value}. Aporia cannot change that: rename or delete the one that is there."
            )
        resource = sdk.Model(declared.model, type=kind, description=declared.description)
        return self._put(f"model {declared.model}", resource, found)

    def version(self, model: Entry) -> Entry:
        name = self.declared.version
        resource = sdk.Version(name, active=True)
        resource.setarg("model_id", model["id"])
        return self._put(f"version {name}", resource, self.workspace.versions(model).get(name))

    def retire_others(self, model: Entry) -> None:
        """One version serves; monitors look at each active one, and would miss the others' traffic."""
        for name, found in self.workspace.versions(model).items():
            if name != self.declared.version and found["is_active"]:
                resource = sdk.Version(name, active=False)
                resource.setarg("model_id", model["id"])
                self._put(f"version {name}, which serves no more", resource, found)

    def dataset(
        self, stage: str, model: Entry, version: Entry, source: Entry, reads: Mapping[str, Any]
    ) -> None:
        declared = self.declared
        resource = sdk.Dataset(
            stage,
            type=stage,
            data_source_id=source["id"],
            connection_data=filled(reads, declared.model, declared.version),
            **_columns(declared, stage),
        )
        resource.setarg("model_id", model["id"])
        resource.setarg("version_id", version["id"])
        found = self.workspace.datasets(version).get(stage)
        self._put(f"{stage} data of version {declared.version}", resource, found)

    def monitors(self, model: Entry, integration: str, *, trained: bool) -> None:
        there = self.workspace.monitors(model)
        ours = [each for each in there if each["comment"] == MARK]
        theirs = {each["name"] for each in there if each["comment"] != MARK}
        kept = set()
        for monitor in self.declared.monitors:
            try:
                resource = counterpart(monitor, self.declared, integration, trained=trained)
            except NoCounterpartError as reason:
                self.outcome.left.append(f"monitor {monitor.name}: {reason}")
                continue
            if monitor.name in theirs:
                self.outcome.left.append(f"monitor {monitor.name}: somebody else made one there")
                continue
            resource.setarg("model_id", model["id"])
            found = next((each for each in ours if each["name"] == monitor.name), None)
            kept.add(self._put(f"monitor {monitor.name}", resource, found)["id"])
        for each in ours:
            if each["id"] not in kept:
                sdk.Monitor.delete(self.workspace.client, each["id"])
                self.outcome.removed.append(f"monitor {each['name']}")

    def _put(self, what: str, resource: BaseResource, found: Entry | None) -> Entry:
        """Make the resource, change it, or leave it as it is; what Aporia then has."""
        client, outcome = self.workspace.client, self.outcome
        if found is None:
            _, made = resource.create(client)
            outcome.created.append(what)
            return dict(made)
        status = resource.compare(found)
        if status is CompareStatus.SAME:
            outcome.kept.append(what)
            return found
        if status is CompareStatus.UPDATEABLE:
            changed = resource.update(client, found["id"])
            outcome.changed.append(what)
            return dict(changed)
        raise AporiaError(
            f"In Aporia, the {what} has other columns, and Aporia cannot change them. Delete that "
            "version there, and clear the task."
        )


def _model_type(declared: Declared) -> sdk.ModelType:
    return _TYPES.get(declared.task) or sdk.ModelType(declared.task)


def _columns(declared: Declared, stage: str) -> dict[str, Any]:
    """A dataset's columns by their roles; training data needs neither id nor time."""
    columns: dict[str, Any] = {
        "features": {each.name: each.kind for each in declared.features},
        "predictions": dict(declared.predictions),
    }
    if stage == "serving":
        columns |= {"id_column": ID_COLUMN, "timestamp_column": TIME_COLUMN}
    target = declared.target
    if target is not None:
        columns |= {
            "actuals": {target.name: target.kind},
            "actual_mappings": {target.name: target.prediction},
        }
    return columns
