"""The monitor's reports in MLflow, as the DAG `monitor_models` keeps them.

One run for each endpoint and window in the experiment of the project: tags (`cooper.monitor` is the
endpoint), the largest value of each monitor as a metric, and the report as `drift.json`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from actions.digests.periods import Window
from actions.digests.ports import DriftReport, Effect
from actions.drift import KeptReport, Report
from infra.clients.mlflow_server import MlflowServer

if TYPE_CHECKING:
    from mlflow.entities import Run

_FILE = "drift.json"
_VERSION_TAG = "cooper.model-version"
# Checks that alert from a threshold on, where nothing changed is 0.
_CHECKS = frozenset({"data_drift", "prediction_drift", "label_drift", "concept_drift"})
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
        for run in self._runs(project, endpoint, window):
            text = self._server.text(run.info.run_id, _FILE)
            try:
                report = Report.model_validate_json(text or "")
            except ValidationError:
                continue
            return KeptReport(report=report, url=self._page(run))
        return None

    async def of(self, project: str, endpoint: str, window: Window) -> DriftReport | None:
        """The newest report that ended in the window, and what came before it there.

        Raises:
            RegistryUnavailableError: MLflow does not answer.
        """
        return await self._server.call(lambda: self._of(project, endpoint, window))

    def _of(self, project: str, endpoint: str, window: Window) -> DriftReport | None:
        runs = self._runs(project, endpoint, window)
        for run in runs:
            findings = _findings(self._server.text(run.info.run_id, _FILE))
            # One that broke off has nothing to tell.
            if findings is not None:
                return _report(run, findings, runs, self._page(run))
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


def _report(run: Run, findings: list[Mapping[str, Any]], runs: list[Run], url: str) -> DriftReport:
    drift = [each for each in findings if each.get("check") in _CHECKS]
    effects = [effect for each in drift if (effect := _effect(each)) is not None]
    version = run.data.tags.get(_VERSION_TAG, "")
    return DriftReport(
        at=_ended(run),
        version=int(version) if version.isdecimal() else None,
        alerts=sum(each.get("verdict") == "alert" for each in drift),
        largest=max(effects, key=lambda effect: effect.share, default=None),
        history=tuple(_history(runs, _thresholds(drift))),
        url=url,
    )


def _history(runs: list[Run], thresholds: Mapping[str, float]) -> Iterator[tuple[datetime, float]]:
    """Oldest first. A metric has no threshold, so all are held against the newest report's."""
    for run in reversed(runs):
        values = {name: run.data.metrics.get(f"monitor/{name}") for name in thresholds}
        shares = [value / thresholds[name] for name, value in values.items() if value is not None]
        if shares:
            yield _ended(run), max(shares)


def _thresholds(drift: list[Mapping[str, Any]]) -> dict[str, float]:
    """By monitor."""
    return {
        str(each["monitor"]): effect.threshold
        for each in drift
        if (effect := _effect(each)) is not None
    }


def _effect(finding: Mapping[str, Any]) -> Effect | None:
    value, threshold = finding.get("value"), finding.get("threshold")
    if not isinstance(value, int | float) or not isinstance(threshold, int | float):
        return None
    column = finding.get("column")
    if threshold <= 0:
        return None
    return Effect(float(value), float(threshold), None if column is None else str(column))


def _findings(text: str | None) -> list[Mapping[str, Any]] | None:
    """What the report found; None where the text is no report."""
    try:
        found = json.loads(text or "")["findings"]
    except (ValueError, KeyError, TypeError):
        return None
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else None


def _ended(run: Run) -> datetime:
    """The end of its window: a report's run starts then."""
    return datetime.fromtimestamp(run.info.start_time / 1000, UTC)


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
