"""One look at one endpoint: captured data and labels in, report and alerts out."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cooper_dags import (
    alerts,
    aws,
    drift_reports,
    failures,
    notices,
    objects,
    registry,
    watches,
    windows,
)
from cooper_dags.environments import Environment
from cooper_dags.errors import RefusedError

VERSION = 1
_DEFAULT_WINDOW = timedelta(days=1)
_DRIFT = {"data_drift", "prediction_drift", "label_drift"}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A watched endpoint: its document, and whom to ask about it."""

    environment: Environment
    watch: dict[str, Any]
    end: datetime
    """When the window ends."""

    @property
    def since(self) -> datetime:
        """From when on the version has had the traffic."""
        return datetime.fromisoformat(self.watch["since"])


@dataclass(slots=True)
class Looked:
    """What a look found. `rows` is the longest window's, as a polars DataFrame.

    `reason` is why nothing could be judged at all.
    """

    monitors: tuple[Any, ...]
    findings: list[Any]
    windows: list[dict[str, Any]]
    profile: Any | None
    rows: Any | None = None
    skipped: tuple[Any, ...] = ()
    reason: str | None = None


def look(environment: Environment, uri: str, end: datetime) -> dict[str, Any]:
    """Look at the endpoint of a watch document, keep the report, send what people are to hear.

    What cannot be judged is in the report with its reason. Safe to repeat: the same window gives the
    same report in the same MLflow run, and alerts of the same names.

    Args:
        environment: Where it serves.
        uri: Of the watch document.
        end: When the window ends, with a zone.

    Raises:
        RefusedError: The document is not ours, something is not configured, a permission is missing,
            or Cooper does not take the alerts.
    """
    watch = watches.read(environment.client("s3"), uri)
    if watch is None:
        return {"endpoint": None, "rows": 0, "alerts": 0, "said": "It is no longer watched."}
    endpoint = Endpoint(environment, watch, end)
    looked = _looked(endpoint)
    reports = drift_reports.of(watch)
    start = min((each["start"] for each in looked.windows), default=None)
    started = end - _DEFAULT_WINDOW if start is None else datetime.fromisoformat(start)
    run_id = reports.begin(started, end)
    settled = notices.settle(
        looked.findings,
        {m.name: m.statistic or "jensen_shannon" for m in looked.monitors if m.check in _DRIFT},
        reports.firing_before(end),
        lambda notice: _is_watched(notice, looked),
    )
    document = _document(endpoint, looked, settled)
    reports.keep(run_id, document, end)
    alerts.send(watch, settled.notices, started, end, reports.link(run_id))
    reports.finish(run_id, end)
    return {
        "endpoint": watch["endpoint"],
        "rows": max((each["rows"] for each in looked.windows), default=0),
        "alerts": document["alerts"],
        "said": _said(document),
    }


def _looked(endpoint: Endpoint) -> Looked:
    from monitoring import defaults
    from monitoring.judging import unjudged
    from monitoring.monitors import MonitorError, parse

    monitoring = endpoint.watch["monitoring"]
    profile, missing = _profile(endpoint)
    try:
        monitors = parse(monitoring["monitors"])
    except MonitorError as error:
        raise RefusedError(f"{endpoint.watch['endpoint']}: {error}") from error
    if not monitors and profile is not None:
        monitors = defaults.defaults(profile)
    why_not = _not_serving(endpoint) or missing
    if why_not is not None:
        findings = [unjudged(each, why_not) for each in monitors]
        return Looked(monitors, findings, [], profile, reason=why_not)
    looked = Looked(monitors, [], [], profile)
    # The longest window last: its rows are drawn.
    for span, alike in sorted(_by_window(monitors).items()):
        _look_back(endpoint, looked, profile, span, alike)
    return looked


def _look_back(
    endpoint: Endpoint, looked: Looked, profile: Any, span: timedelta, monitors: list[Any]
) -> None:
    """Add what monitors of one window find."""
    from monitoring.evaluate import evaluate
    from monitoring.judging import unjudged
    from monitoring.window import Window

    watch, end = endpoint.watch, endpoint.end
    start = max(end - span, endpoint.since)
    # Silence of a version that has just come says nothing.
    too_early = [m for m in monitors if m.check == "activity" and start > end - span]
    reason = (
        f"the version serves since {endpoint.since:%Y-%m-%d %H:%M} UTC, less than it looks back."
    )
    looked.findings += [unjudged(each, reason) for each in too_early]
    judged = [each for each in monitors if each not in too_early]
    schema = profile.schema
    columns = dict.fromkeys(
        (*schema.columns, *(name for m in monitors for name in (*m.columns, *m.slices)))
    )
    traffic = windows.of(endpoint.environment.client("s3"), watch, endpoint.environment.bucket)
    rows, reading = traffic.rows(
        start, end, columns, schema.features, watch["monitoring"]["target"]
    )
    window = Window(
        rows,
        start,
        end,
        trained=_trained(watch),
        last_prediction=traffic.last_at(end) if _asks_for_the_last(judged) else None,
    )
    # What the version has not served yet cannot be looked back at: the window is as long as it has.
    report = evaluate([replace(m, window=end - start) for m in judged], profile, window)
    looked.findings += report.findings
    looked.skipped, looked.rows = report.skipped, rows
    looked.windows.append(
        {
            "start": start.isoformat(),
            "end": end.isoformat(),
            "monitors": [each.name for each in monitors],
            **reading.document(),
        }
    )


def _by_window(monitors: tuple[Any, ...]) -> dict[timedelta, list[Any]]:
    found: dict[timedelta, list[Any]] = defaultdict(list)
    for each in monitors:
        found[each.window].append(each)
    return found


def _asks_for_the_last(monitors: list[Any]) -> bool:
    return any(each.check == "staleness" and each.metric == "prediction" for each in monitors)


def _trained(watch: dict[str, Any]) -> datetime | None:
    version = registry.version_of(watch["model"], watch["version"])
    if version is None:
        return None
    return datetime.fromtimestamp(version.creation_timestamp / 1000, UTC)


def _not_serving(endpoint: Endpoint) -> str | None:
    """Why there is nothing to look at, though the endpoint is to be watched."""
    watch = endpoint.watch
    if endpoint.since >= endpoint.end:
        return f"v{watch['version']} did not serve yet."
    sagemaker = endpoint.environment.client("sagemaker")
    found = aws.describe_or_none(
        lambda: sagemaker.describe_endpoint(EndpointName=watch["endpoint"])
    )
    if found is None:
        return f"the endpoint {watch['endpoint']} is gone."
    live = found.get("EndpointConfigName")
    if live != watch["config"]:
        return f"the endpoint runs {live} by now, not {watch['config']}."
    return None


def _profile(endpoint: Endpoint) -> tuple[Any, str | None]:
    """The version's profile; or None, and why there is none to compare with."""
    from monitoring import profile_file

    watch = endpoint.watch
    artifact = watch["monitoring"]["profile"]
    if artifact is None:
        return None, f"v{watch['version']} has no profile; train it anew, and it will have one."
    try:
        with objects.workspace() as folder:
            fetched = objects.fetch(
                endpoint.environment.client("s3"), artifact, Path(folder), "profile"
            )
            return profile_file.loads(fetched.path.read_bytes()), None
    except RefusedError as error:
        if error.kind == failures.PERMISSION:
            raise
        return None, str(error)
    except profile_file.ProfileError as error:
        return None, str(error)


def _is_watched(notice: notices.Notice, looked: Looked) -> bool:
    """Whether a monitor still looks at what the notice is about."""
    alike = [m for m in looked.monitors if (m.name, m.check) == (notice.monitor, notice.check)]
    if not alike:
        return False
    named = {name for each in alike for name in (*each.columns, *each.slices)}
    known = named or (set(looked.profile.schema.columns) if looked.profile else set())
    return notice.column is None or not known or notice.column in known


def _document(endpoint: Endpoint, looked: Looked, settled: notices.Settled) -> dict[str, Any]:
    """The report, as `drift.json` holds it."""
    watch = endpoint.watch
    return {
        "version": VERSION,
        **{key: watch[key] for key in ("project", "environment", "endpoint", "config", "model")},
        "model_version": watch["version"],
        "profile": watch["monitoring"]["profile"],
        "end": endpoint.end.isoformat(),
        "reference_rows": 0 if looked.profile is None else looked.profile.rows,
        "reason": looked.reason,
        "windows": looked.windows,
        "alerts": sum(each.verdict == "alert" for each in looked.findings),
        "findings": [each.document() for each in looked.findings],
        "skipped": [asdict(each) for each in looked.skipped],
        "histograms": [each.document() for each in _histograms(looked)],
        "sent": [each.document() for each in settled.notices],
        "firing": [each.document() for each in settled.firing],
    }


def _histograms(looked: Looked) -> Iterator[Any]:
    from monitoring import histogram

    if looked.profile is None or looked.rows is None:
        return
    for column in histogram.drifting(looked.findings):
        found = histogram.histogram(looked.profile, looked.rows, column)
        if found is not None:
            yield found


def _said(document: dict[str, Any]) -> str:
    """One line for the task's log and its XCom."""
    version = f"{document['endpoint']} v{document['model_version']}"
    if document["reason"] is not None:
        return f"{version}: nothing could be judged: {document['reason']}"
    unjudged = [each for each in document["findings"] if each["verdict"] == "no_data"]
    text = (
        f"{version}: {document['alerts']} of {len(document['findings'])} findings alert, "
        f"{len(unjudged)} could not be judged."
    )
    return f"{text} First: {unjudged[0]['detail']['reason']}" if unjudged else text
