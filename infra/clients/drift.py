"""The monitor's reports in MLflow, as the DAG `monitor_models` keeps them.

One run for each endpoint and window in the experiment of the project: tags (`cooper.monitor` is the
endpoint), the largest value of each monitor as a metric, and the report as `drift.json`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pydantic import ValidationError

from actions.digests.periods import Window
from actions.drift import DriftHistory, KeptReport, Report
from infra.clients.mlflow_server import MlflowServer

if TYPE_CHECKING:
    from mlflow.entities import Run

_FILE = "drift.json"
_LOOKED_AT = 1000
"""The newest reports of an endpoint: ten days of one every 15 minutes."""


class MlflowDrift:
    """The `DriftReports` port.

    Args:
        url: The tracking server.
        public_url: What links in messages point at; `url` where it is None.
    """

    def __init__(self, url: str, public_url: str | None = None) -> None:
        self._server = MlflowServer(url)
        self._public_url = (public_url or url).rstrip("/")

    async def newest(self, project: str, endpoint: str, window: Window) -> KeptReport | None:
        """The newest report that ended in the window and can be read.

        Raises:
            RegistryUnavailableError: MLflow does not answer.
        """
        return await self._server.call(lambda: self._newest(project, endpoint, window))

    def _newest(self, project: str, endpoint: str, window: Window) -> KeptReport | None:
        return self._first_readable(self._runs(project, endpoint, window))

    async def history(self, project: str, endpoint: str, window: Window) -> DriftHistory | None:
        """The newest report that ended in the window, and what came before it there.

        Raises:
            RegistryUnavailableError: MLflow does not answer.
        """
        return await self._server.call(lambda: self._history(project, endpoint, window))

    def _history(self, project: str, endpoint: str, window: Window) -> DriftHistory | None:
        runs = self._runs(project, endpoint, window)
        newest = self._first_readable(runs)
        return None if newest is None else DriftHistory(newest, tuple(_shares(runs, newest.report)))

    def _first_readable(self, runs: Iterable[Run]) -> KeptReport | None:
        """One that broke off has nothing to tell."""
        for run in runs:
            text = self._server.text(run.info.run_id, _FILE)
            try:
                report = Report.model_validate_json(text or "")
            except ValidationError:
                continue
            return KeptReport(report=report, url=self._page(run))
        return None

    def _runs(self, project: str, endpoint: str, window: Window) -> list[Run]:
        """The reports' runs, newest first."""
        client = self._server.client()
        experiment = client.get_experiment_by_name(project)
        if experiment is None:
            return []
        found = client.search_runs(
            [experiment.experiment_id],
            f"tags.`cooper.monitor` = '{endpoint}'"
            f" and attributes.start_time >= {_milliseconds(window.since)}"
            f" and attributes.start_time < {_milliseconds(window.until)}",
            order_by=["attributes.start_time DESC"],
            max_results=_LOOKED_AT,
        )
        return list(found)

    def _page(self, run: Run) -> str:
        page = f"{run.info.experiment_id}/runs/{run.info.run_id}"
        return f"{self._public_url}/#/experiments/{page}"


def _shares(runs: Sequence[Run], newest: Report) -> Iterator[tuple[datetime, float]]:
    """Oldest first. A metric has no threshold, so all are held against the newest report's."""
    thresholds = {each.monitor: each.threshold for each in newest.drift if each.threshold}
    for run in reversed(runs):
        values = {name: run.data.metrics.get(f"monitor/{name}") for name in thresholds}
        shares = [value / thresholds[name] for name, value in values.items() if value is not None]
        if shares:
            yield _ended(run), max(shares)


def _ended(run: Run) -> datetime:
    """The end of its window: a report's run starts then."""
    return datetime.fromtimestamp(run.info.start_time / 1000, UTC)


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
