"""MLflow's model registry, read by mlflow-skinny's client."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from actions.ports import Evaluation, ModelVersion, RegistryUnavailableError, SliceMetrics
from actions.reports import Check
from infra.clients.mlflow_server import MlflowServer

_ARTIFACT, _EVALUATION, _REQUEST = "cooper.artifact", "cooper.evaluation", "cooper.request"
_LIVE = "cooper.endpoint"
_LATEST, _CHAMPION = "latest", "champion"
_EVALUATION_FILE = "evaluation.json"


class MlflowRegistry:
    """The `Registry` port. Blocking calls run in threads.

    Args:
        url: The tracking server.
        public_url: What links in messages point at; `url` where it is None.
    """

    def __init__(self, url: str, public_url: str | None = None) -> None:
        self._server = MlflowServer(url)
        self._public_url = (public_url or url).rstrip("/")

    async def versions(self, name: str) -> Sequence[ModelVersion]:
        """All versions, newest first; empty where the model does not exist.

        Raises:
            RegistryUnavailableError: MLflow does not answer.
        """
        found, aliases = await asyncio.gather(
            self._server.call(lambda: self._search(name)),
            self._server.call(lambda: self._aliases(name)),
        )
        versions = await asyncio.gather(
            *(self._completed(version, aliases or {}) for version in found or [])
        )
        return sorted(versions, key=lambda version: version.version, reverse=True)

    async def version(self, name: str, version: int | str) -> ModelVersion | None:
        """A version by number or alias ("champion", "challenger", "latest"), or None.

        Raises:
            RegistryUnavailableError: MLflow does not answer.
        """
        if version == _LATEST:
            newest = await self.versions(name)
            return newest[0] if newest else None

        def get() -> Any:
            client = self._server.client()
            if isinstance(version, int) or version.isdecimal():
                return client.get_model_version(name, str(version))
            return client.get_model_version_by_alias(name, version)

        found = await self._server.call(get)
        if found is None:
            return None
        aliases = await self._server.call(lambda: self._aliases(name))
        return await self._completed(found, aliases or {})

    async def evaluation(self, name: str, version: int) -> Evaluation | None:
        """What the version's evaluation found, or None where its run keeps none that can be read.

        Raises:
            RegistryUnavailableError: MLflow does not answer.
        """
        found = await self._server.call(
            lambda: self._server.client().get_model_version(name, str(version))
        )
        run = None if found is None else found.run_id
        if not run:
            return None
        text = await self._server.call(lambda: self._server.text(run, _EVALUATION_FILE))
        return None if text is None else _evaluation(text)

    async def mark_live(self, name: str, version: int | None, environment: str, where: str) -> None:
        """Let the tag of the environment, and in production `champion`, name what serves there.

        Nothing is named where the registry lacks the version. No error where all is as it should.

        Raises:
            RegistryUnavailableError: MLflow does not answer.
        """
        await self._server.call(lambda: self._mark_live(name, version, environment, where))

    def version_url(self, name: str, version: int) -> str:
        """Where a person sees the version."""
        return f"{self._public_url}/#/models/{quote(name)}/versions/{version}"

    async def healthy(self) -> bool:
        """Whether the server answers."""
        try:
            await self._server.call(
                lambda: self._server.client().search_registered_models(max_results=1)
            )
        except RegistryUnavailableError:
            return False
        return True

    def _search(self, name: str) -> list[Any]:
        escaped = name.replace("'", "")
        pages, token = [], None
        while True:
            page = self._server.client().search_model_versions(
                f"name = '{escaped}'", max_results=200, page_token=token
            )
            pages += list(page)
            token = page.token
            if not token:
                return pages

    def _mark_live(self, name: str, version: int | None, environment: str, where: str) -> None:
        client, tag = self._server.client(), f"{_LIVE}.{environment}"
        versions = {int(each.version): each for each in self._search(name)}
        live = versions.get(version) if version is not None else None
        if live is not None and live.tags.get(tag) != where:
            client.set_model_version_tag(name, live.version, tag, where)
        for each in versions.values():
            if each is not live and tag in each.tags:
                client.delete_model_version_tag(name, each.version, tag)
        if environment != "production" or not versions:
            return
        champion = self._aliases(name).get(_CHAMPION)
        if live is None and champion is not None:
            client.delete_registered_model_alias(name, _CHAMPION)
        elif live is not None and champion != str(live.version):
            client.set_registered_model_alias(name, _CHAMPION, str(live.version))

    def _aliases(self, name: str) -> dict[str, str]:
        """Alias → version number, from the model: its versions' own lists may be incomplete."""
        return dict(self._server.client().get_registered_model(name).aliases)

    async def _completed(self, found: Any, aliases: dict[str, str]) -> ModelVersion:
        """A version with its run's metrics; the training log's own stay with the run."""
        metrics: dict[str, float] = {}
        params: dict[str, str] = {}
        if found.run_id:
            run = await self._server.call(lambda: self._server.client().get_run(found.run_id))
            if run is not None:
                metrics = {key: value for key, value in run.data.metrics.items() if "/" not in key}
                params = dict(run.data.params)
        return ModelVersion(
            name=found.name,
            version=int(found.version),
            created=datetime.fromtimestamp(found.creation_timestamp / 1000, UTC),
            aliases=tuple(
                sorted(alias for alias, number in aliases.items() if number == str(found.version))
            ),
            metrics=metrics,
            params=params,
            tags=dict(found.tags),
            artifact=found.tags.get(_ARTIFACT),
            evaluation=found.tags.get(_EVALUATION),
            request=found.tags.get(_REQUEST),
        )


def _evaluation(text: str) -> Evaluation | None:
    """The stored evaluation, or None where the text is none."""
    try:
        found = json.loads(text)
        return Evaluation(
            holdout=str(found["holdout_sha256"]),
            rows=int(found["rows"]),
            metrics=_numbers(found["metrics"]),
            verdict=str(found["verdict"]),
            digest=str(found["digest"]),
            checks=tuple(Check(**each) for each in found.get("checks") or ()),
            slices=tuple(_slice(each) for each in found.get("slices") or ()),
            latency_ms=_number(found.get("latency_ms")),
            size_bytes=None if found.get("size_bytes") is None else int(found["size_bytes"]),
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _slice(found: Mapping[str, Any]) -> SliceMetrics:
    """Metrics stand beside the slice's name, as evaluation scripts write them, or in `metrics`."""
    beside = {key: value for key, value in found.items() if key not in {"column", "value", "rows"}}
    value = found["value"]
    return SliceMetrics(
        column=str(found["column"]),
        value=f"{value:g}" if isinstance(value, float) else str(value),
        rows=int(found["rows"]),
        metrics=_numbers(found.get("metrics", beside)),
    )


def _numbers(found: Mapping[str, Any]) -> dict[str, float]:
    numbers = {key: _number(value) for key, value in found.items()}
    return {key: value for key, value in numbers.items() if value is not None}


def _number(value: Any) -> float | None:
    wanted = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if wanted else None
