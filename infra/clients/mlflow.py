"""MLflow's model registry, read by mlflow-skinny's client."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from actions.ports import ModelVersion, RegistryUnavailableError

if TYPE_CHECKING:
    from mlflow import MlflowClient

T = TypeVar("T")
_ARTIFACT, _EVALUATION, _REQUEST = "cooper.artifact", "cooper.evaluation", "cooper.request"
_LATEST = "latest"
_ABSENT = frozenset({"RESOURCE_DOES_NOT_EXIST", "NOT_FOUND", "INVALID_PARAMETER_VALUE"})
_REFUSED = frozenset({"PERMISSION_DENIED", "UNAUTHENTICATED"})


class MlflowRegistry:
    """The `Registry` port. Blocking calls run in threads.

    Args:
        url: The tracking server.
        public_url: What links in messages point at; `url` where it is None.
    """

    def __init__(self, url: str, public_url: str | None = None) -> None:
        self._url = url.rstrip("/")
        self._public_url = (public_url or url).rstrip("/")
        self._client: MlflowClient | None = None

    async def versions(self, name: str) -> Sequence[ModelVersion]:
        """All versions, newest first; empty where the model does not exist.

        Raises:
            RegistryUnavailableError: MLflow does not answer.
        """

        def search() -> list[Any]:
            escaped = name.replace("'", "")
            pages, token = [], None
            while True:
                page = self._mlflow().search_model_versions(
                    f"name = '{escaped}'", max_results=200, page_token=token
                )
                pages += list(page)
                token = page.token
                if not token:
                    return pages

        found, aliases = await asyncio.gather(
            self._call(search), self._call(lambda: self._aliases(name))
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
            client = self._mlflow()
            if isinstance(version, int) or version.isdecimal():
                return client.get_model_version(name, str(version))
            return client.get_model_version_by_alias(name, version)

        found = await self._call(get)
        if found is None:
            return None
        aliases = await self._call(lambda: self._aliases(name))
        return await self._completed(found, aliases or {})

    def version_url(self, name: str, version: int) -> str:
        """Where a person sees the version."""
        return f"{self._public_url}/#/models/{quote(name)}/versions/{version}"

    async def healthy(self) -> bool:
        """Whether the server answers."""
        try:
            await self._call(lambda: self._mlflow().search_registered_models(max_results=1))
        except RegistryUnavailableError:
            return False
        return True

    def _aliases(self, name: str) -> dict[str, str]:
        """Alias → version number, from the model: its versions' own lists may be incomplete."""
        return dict(self._mlflow().get_registered_model(name).aliases)

    async def _completed(self, found: Any, aliases: dict[str, str]) -> ModelVersion:
        """A version with its run's metrics; the training log's own stay with the run."""
        metrics: dict[str, float] = {}
        if found.run_id:
            run = await self._call(lambda: self._mlflow().get_run(found.run_id))
            if run is not None:
                metrics = {key: value for key, value in run.data.metrics.items() if "/" not in key}
        return ModelVersion(
            name=found.name,
            version=int(found.version),
            created=datetime.fromtimestamp(found.creation_timestamp / 1000, UTC),
            aliases=tuple(
                sorted(alias for alias, number in aliases.items() if number == str(found.version))
            ),
            metrics=metrics,
            tags=dict(found.tags),
            artifact=found.tags.get(_ARTIFACT),
            evaluation=found.tags.get(_EVALUATION),
            request=found.tags.get(_REQUEST),
        )

    def _mlflow(self) -> MlflowClient:
        if self._client is None:
            # Takes seconds to import: only where the registry is used. Its HTTP settings come from
            # the environment alone, and the defaults block a person for minutes.
            os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
            os.environ.setdefault("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "1")
            os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "20")
            from mlflow import MlflowClient

            self._client = MlflowClient(self._url, self._url)
        return self._client

    async def _call(self, call: Callable[[], T]) -> T | None:
        """`call` in a thread; None where MLflow has no such thing."""
        return await asyncio.to_thread(_answered, call)


def _answered(call: Callable[[], T]) -> T | None:
    from mlflow.exceptions import MlflowException

    try:
        return call()
    except MlflowException as error:
        if error.error_code in _ABSENT:
            return None
        if error.error_code in _REFUSED:
            raise RegistryUnavailableError(
                "MLflow does not let Cooper in: check the credentials of the tracking server."
            ) from error
        raise RegistryUnavailableError("MLflow does not answer.") from error
    except OSError as error:
        raise RegistryUnavailableError("MLflow does not answer.") from error
