"""One MLflow tracking server, asked by mlflow-skinny's client."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from actions.ports import RegistryUnavailableError

if TYPE_CHECKING:
    from mlflow import MlflowClient

T = TypeVar("T")
_ABSENT = frozenset({"RESOURCE_DOES_NOT_EXIST", "NOT_FOUND", "INVALID_PARAMETER_VALUE"})
_REFUSED = frozenset({"PERMISSION_DENIED", "UNAUTHENTICATED"})


class MlflowServer:
    """The server at `url`. Its client's calls block, so `call` runs them in threads."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._client: MlflowClient | None = None

    def client(self) -> MlflowClient:
        """The blocking client, made at its first use."""
        if self._client is None:
            # Takes seconds to import: only where the registry is used. Its HTTP settings come from
            # the environment alone, and the defaults block a person for minutes.
            os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
            os.environ.setdefault("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "1")
            os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "20")
            from mlflow import MlflowClient

            self._client = MlflowClient(self._url, self._url)
        return self._client

    def text(self, run: str, path: str) -> str | None:
        """A text file among the run's artifacts, through the server's proxy; blocks."""
        client = self.client()
        # What is not there is looked for: a download of it fails as a broken connection does.
        if not any(each.path == path for each in client.list_artifacts(run)):
            return None
        with tempfile.TemporaryDirectory(prefix="cooper-mlflow-") as folder:
            return Path(client.download_artifacts(run, path, folder)).read_text("utf-8")

    async def call(self, call: Callable[[], T]) -> T | None:
        """`call` in a thread; None where MLflow has no such thing.

        Raises:
            RegistryUnavailableError: MLflow does not answer.
        """
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
