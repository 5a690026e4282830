"""`cooper traffic`: send rows of a project's holdout to its endpoint, and write their true labels."""

import asyncio
import json
import signal
import sys
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from random import Random
from typing import Any, NoReturn

import boto3
import typer
from botocore.config import Config
from sqlalchemy.exc import SQLAlchemyError

from actions.config import ConfigError
from actions.policy_file import Environment
from actions.ports import ArtifactError, Unavailable
from actions.registration import RegisteredProject, by_name, called
from bot.bootstrap import core, policy
from bot.cli.processes import settings
from bot.cli.traffic_options import Wanted
from bot.settings import Settings
from bot.traffic.drawing import drawn, shifted
from bot.traffic.holdout import Example, HoldoutError, read_holdout
from bot.traffic.injections import InjectionError, changes
from bot.traffic.labels import Labels
from bot.traffic.play import Asked, Pace, Tally, play, requests
from bot.traffic.scoring import REFUSED, SampleError, Scoring, scoring
from infra.clients.artifacts import S3Artifacts
from infra.clients.sagemaker import SageMakerCloud

_FAILED = 1
_BAD_INPUT = 65  # EX_DATAERR of sysexits.h
_UNAVAILABLE = 69  # EX_UNAVAILABLE
_BAD_CONFIGURATION = 78  # EX_CONFIG
_NOT_SERVING = frozenset({"Creating", "Failed", "OutOfService", "Deleting"})


class UnknownError(Exception):
    """What was named is not there; says what is."""


class NotServingError(Exception):
    """There is no endpoint that could be asked; says why and what to do."""


def traffic(request: Wanted, *, as_json: bool) -> None:
    """Play it and tell what came of it. Exit codes are in docs/operations.md."""
    try:
        summary = asyncio.run(_play(settings(), request))
    except ConfigError as error:
        _end(error, _BAD_CONFIGURATION)
    except (HoldoutError, SampleError, InjectionError, UnknownError) as error:
        _end(error, _BAD_INPUT)
    except (ArtifactError, Unavailable, NotServingError) as error:
        _end(error, _UNAVAILABLE)
    except SQLAlchemyError as error:
        why = " ".join(str(error.__cause__ or error).split())
        _end(f"the database does not answer: {why}", _UNAVAILABLE)
    typer.echo(json.dumps(summary) if as_json else _told(summary))
    if summary["requests"] and not summary["answered"] and not request.is_outage:
        raise typer.Exit(_FAILED)


async def _play(configuration: Settings, request: Wanted) -> dict[str, Any]:
    rules = policy(configuration)
    if request.environment not in rules.file.environments:
        known = ", ".join(rules.file.environments)
        raise UnknownError(f"{request.environment} is no environment here; known: {known}")
    project = await _registered(configuration, request.project)
    name = rules.endpoint_name(project.slug, request.environment)
    cloud, store = _clients(configuration, rules.environment(request.environment))
    await _check_serving(cloud, name, project.slug, request.environment)
    examples, shape = await asyncio.to_thread(_examples, project, store)
    labels = Labels(store, rules.environment(request.environment).bucket, name, _now)

    async def answered(asked: Asked) -> None:
        if request.is_labelled:
            await labels.add(asked)

    ids = f"traffic-{uuid.uuid4().hex[:12]}"
    asked = _asked(request, examples, shape, ids)
    stop = asyncio.Event()
    pace = Pace(request.batch / request.rate, request.seconds, stop)
    with _interruptible(stop), _progress() as note:
        tally = await play(asked, name, cloud, pace, answered, note)
        await labels.flush()
    return _summary(name, ids, tally, labels.written)


async def _registered(configuration: Settings, name: str) -> RegisteredProject:
    async with core(configuration) as base, base.store.transaction() as tx:
        projects = by_name(await tx.projects())
    try:
        return projects[called(name)]
    except KeyError:
        known = ", ".join(sorted({each.slug for each in projects.values()})) or "none"
        raise UnknownError(f"no project is called {name}; registered: {known}") from None


def _clients(
    configuration: Settings, environment: Environment
) -> tuple[SageMakerCloud, S3Artifacts]:
    # A request that is tried again would count twice.
    once = Config(connect_timeout=5, read_timeout=65, retries={"total_max_attempts": 1})

    def client(service: Any) -> Any:
        return boto3.client(
            service,
            region_name=configuration.aws_region,
            endpoint_url=configuration.aws_endpoint_url,
            config=once if service == "sagemaker-runtime" else None,
        )

    cloud = SageMakerCloud(client("sagemaker"), client("sagemaker-runtime"), client("logs"))
    return cloud, S3Artifacts(client("s3"), environment.kms_key)


async def _check_serving(cloud: SageMakerCloud, name: str, project: str, where: str) -> None:
    state = await cloud.endpoint(name)
    if state is None:
        raise NotServingError(
            f"{project} has no endpoint in {where}. Say “deploy {project} to {where}” to Cooper."
        )
    if state.status in _NOT_SERVING:
        raise NotServingError(f"{name} does not serve: it is {state.status}.")


def _examples(
    project: RegisteredProject, store: S3Artifacts
) -> tuple[tuple[Example, ...], Scoring]:
    """The holdout's rows with the columns that the model is asked about, and how it is asked."""
    data = project.spec.data
    examples = read_holdout(store.get(project.holdout.uri), data.format, data.target)
    shape = scoring(project.sample, tuple(examples[0].row))
    return (
        tuple(
            Example({column: each.row[column] for column in shape.columns}, each.label)
            for each in examples
        ),
        shape,
    )


def _asked(
    request: Wanted, examples: Sequence[Example], shape: Scoring, ids: str
) -> Iterator[Asked]:
    random = Random(request.seed)  # noqa: S311 - rows by chance, no secret
    made = changes(request.injections, examples)
    order = (
        drawn(examples, random)
        if request.label_shift is None
        else shifted(examples, request.label_shift, random)
    )
    return requests(
        order if request.rows is None else islice(order, request.rows),
        made,
        (lambda _: dict(REFUSED)) if request.is_outage else shape.body,
        random,
        request.batch,
        ids,
    )


def _now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def _interruptible(stop: asyncio.Event) -> Iterator[None]:
    """Ctrl-C and SIGTERM let what is under way come to its end; a second one does not."""
    loop = asyncio.get_running_loop()
    numbers = (signal.SIGINT, signal.SIGTERM)

    def end() -> None:
        stop.set()
        for number in numbers:
            loop.remove_signal_handler(number)

    for number in numbers:
        loop.add_signal_handler(number, end)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


@contextmanager
def _progress() -> Iterator[Callable[[Tally], None]]:
    """One line on standard error, written anew, where that is a terminal."""
    is_shown = sys.stderr.isatty()

    def note(tally: Tally) -> None:
        if is_shown:
            sys.stderr.write(f"\r\x1b[K{_counted(tally.rows, tally.requests, tally.refused)}")
            sys.stderr.flush()

    try:
        yield note
    finally:
        if is_shown:
            sys.stderr.write("\r\x1b[K")


def _counted(rows: int, asked: int, refused: int) -> str:
    sent = f"{rows:,} row{'' if rows == 1 else 's'} in {asked:,} request{'' if asked == 1 else 's'}"
    return f"{sent}, {refused:,} refused" if refused else sent


def _summary(name: str, ids: str, tally: Tally, labels: int) -> dict[str, Any]:
    """What `--json` prints. `ids` is what every inference id starts with; `labels` counts records."""
    return {
        "endpoint": name,
        "ids": ids,
        "requests": tally.requests,
        "rows": tally.rows,
        "answered": tally.answered,
        "refused": tally.refused,
        "unanswered": tally.unanswered,
        "labels": labels,
        "seconds": round(tally.seconds, 3),
        "latency_ms": {
            name: None if value is None else round(value, 1)
            for name, value in (("p50", tally.latency(0.5)), ("p95", tally.latency(0.95)))
        },
        "stopped": tally.is_cut_short,
        "last_error": tally.last_error,
    }


def _told(summary: dict[str, Any]) -> str:
    counted = _counted(summary["rows"], summary["requests"], summary["refused"])
    lines = [f"{summary['endpoint']}: {counted}, in {summary['seconds']:.1f} s."]
    if summary["answered"]:
        latency = summary["latency_ms"]
        lines.append(
            f"{summary['answered']:,} answered, half of them within {latency['p50']:.0f} ms, "
            f"19 of 20 within {latency['p95']:.0f} ms; {summary['labels']:,} labels written."
        )
    if summary["unanswered"]:
        lines.append(f"{summary['unanswered']:,} had no answer.")
    if summary["last_error"]:
        lines.append(f"The last error: {' '.join(summary['last_error'].split())}")
    if summary["stopped"]:
        lines.append("Stopped before its end.")
    return "\n".join(lines)


def _end(error: object, code: int) -> NoReturn:
    typer.echo(str(error), err=True)
    raise typer.Exit(code) from None
