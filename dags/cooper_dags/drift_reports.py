"""The report of a window in MLflow: one run for each endpoint and window, in the project's experiment."""

import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cooper_dags import registry
from cooper_dags.errors import RefusedError
from cooper_dags.notices import Notice, parse

FILE = "drift.json"
MONITOR_TAG = "cooper.monitor"
"""Marks the runs of reports; its value is the endpoint."""
_END_TAG = "cooper.window.end"
_LOOKED_AT = 200
"""Reports before this one that are looked at for what still fires."""


@dataclass(frozen=True, slots=True)
class Reports:
    """The reports of one watched endpoint."""

    mlflow: Any
    experiment: str
    watch: dict[str, Any]

    def begin(self, start: datetime, end: datetime) -> str:
        """The id of the window's run, made at most once."""
        watch = self.watch
        only = self._where(f"tags.`{_END_TAG}` = '{end.isoformat()}'")
        found = self.mlflow.search_runs([self.experiment], only, max_results=1)
        if found:
            return str(found[0].info.run_id)
        tags = {
            MONITOR_TAG: watch["endpoint"],
            "cooper.installation": watch["installation"],
            "cooper.project": watch["project"],
            "cooper.environment": watch["environment"],
            "cooper.endpoint": watch["endpoint"],
            "cooper.model": watch["model"],
            "cooper.model-version": str(watch["version"]),
            "cooper.window.start": start.isoformat(),
            _END_TAG: end.isoformat(),
        }
        # As if it had run at the window's end, so that reports stand in the order of their windows.
        made = self.mlflow.create_run(
            self.experiment,
            start_time=_milliseconds(end),
            tags=tags,
            run_name=f"{watch['endpoint']} {end:%Y-%m-%d %H:%M}",
        )
        return str(made.info.run_id)

    def firing_before(self, end: datetime) -> tuple[Notice, ...]:
        """What fired when the windows before this one had been looked at.

        A report that was not sent to the end may have reached people in part: what it fired counts
        beside the last one that was.
        """
        firing: dict[Any, Notice] = {}
        for run in self._earlier(end):
            document = self._document(run.info.run_id)
            for notice in parse(document.get("firing", ())):
                firing.setdefault(notice.subject, notice)
            if run.info.status == "FINISHED":
                break
        return tuple(firing.values())

    def keep(self, run_id: str, document: dict[str, Any], end: datetime) -> None:
        """The report and its figures, before anybody hears of it. Safe to repeat."""
        from mlflow.entities import Metric

        self.mlflow.log_dict(run_id, document, FILE)
        figures = [
            Metric(name, value, _milliseconds(end), 0) for name, value in _figures(document).items()
        ]
        self.mlflow.log_batch(run_id, metrics=figures)

    def finish(self, run_id: str, end: datetime) -> None:
        """All of it was sent."""
        self.mlflow.set_terminated(run_id, "FINISHED", end_time=_milliseconds(end))

    def link(self, run_id: str) -> str:
        """The report's page."""
        server = os.environ.get("MLFLOW_PUBLIC_URL") or os.environ["MLFLOW_TRACKING_URI"]
        return f"{server.rstrip('/')}/#/experiments/{self.experiment}/runs/{run_id}"

    def _where(self, more: str) -> str:
        return f"tags.`{MONITOR_TAG}` = '{self.watch['endpoint']}' and {more}"

    def _earlier(self, end: datetime) -> Iterator[Any]:
        before = self._where(f"attributes.start_time < {_milliseconds(end)}")
        order, limit = ["attributes.start_time DESC"], _LOOKED_AT
        yield from self.mlflow.search_runs(
            [self.experiment], before, order_by=order, max_results=limit
        )

    def _document(self, run_id: str) -> dict[str, Any]:
        """The run's report; an empty one where it has none yet."""
        if FILE not in {item.path for item in self.mlflow.list_artifacts(run_id)}:
            return {}
        with tempfile.TemporaryDirectory(prefix="cooper-") as folder:
            path = Path(self.mlflow.download_artifacts(run_id, FILE, folder))
            try:
                found: dict[str, Any] = json.loads(path.read_text())
            except ValueError as error:
                raise RefusedError(f"The report {FILE} of {run_id} is no JSON: {error}.") from error
        return found


def of(watch: dict[str, Any]) -> Reports:
    """The reports of a watched endpoint."""
    mlflow = registry.client()
    return Reports(mlflow, registry.experiment(mlflow, watch["project"]), watch)


def _figures(document: dict[str, Any]) -> dict[str, float]:
    """How many rows and alerts, and the largest value of each monitor: that of its worst column."""
    worst: dict[str, float] = {}
    for each in document["findings"]:
        if each["value"] is not None:
            name = f"monitor/{each['monitor']}"
            worst[name] = max(worst.get(name, each["value"]), each["value"])
    rows = max((each["rows"] for each in document["windows"]), default=0)
    return {**worst, "alerts": float(document["alerts"]), "rows": float(rows)}


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
