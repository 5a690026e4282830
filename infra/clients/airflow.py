"""Airflow over its REST API (`/api/v2`), as the bot's service user."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
from airflow_client.client import ApiClient, Configuration
from airflow_client.client.api.dag_run_api import DagRunApi
from airflow_client.client.api.monitor_api import MonitorApi
from airflow_client.client.api.task_instance_api import TaskInstanceApi
from airflow_client.client.api.x_com_api import XComApi
from airflow_client.client.exceptions import (
    ApiException,
    BadRequestException,
    ConflictException,
    ForbiddenException,
    NotFoundException,
    UnauthorizedException,
    UnprocessableEntityException,
)
from airflow_client.client.models.dag_run_mutable_states import DagRunMutableStates
from airflow_client.client.models.dag_run_patch_body import DAGRunPatchBody
from airflow_client.client.models.trigger_dag_run_post_body import TriggerDAGRunPostBody
from airflow_client.client.models.update_hitl_detail_payload import UpdateHITLDetailPayload
from urllib3.exceptions import HTTPError

from actions.failures import FAULT
from actions.ports import (
    ConflictingRunError,
    Failure,
    OrchestratorUnavailableError,
    RunState,
    TaskState,
)
from infra.timing import timed

T = TypeVar("T")
_TIMEOUT = (3.05, 20.0)
"""Connect and read, in seconds."""
_TOKEN_SECONDS = 6 * 3600
"""Age at which a token is renewed; Airflow's live a day by default."""
_PAGE = 100
_RETURN_VALUE = "return_value"
_FAILURE = "failure"


class AirflowOrchestrator:
    """The `Orchestrator` port. Blocking calls run in threads.

    Args:
        url: Address of the API server, without `/api/v2`.
        username: The service user.
        password: Its password.
        public_url: What links in messages point at; `url` where it is None.
    """

    def __init__(
        self, url: str, username: str, password: str, public_url: str | None = None
    ) -> None:
        self._url = url.rstrip("/")
        self._public_url = (public_url or url).rstrip("/")
        self._username = username
        self._password = password
        self._lock = threading.Lock()
        self._token_until = 0.0
        self._configuration = Configuration(host=self._url, retries=1)
        self._api = ApiClient(self._configuration)
        self._runs = DagRunApi(self._api)
        self._tasks = TaskInstanceApi(self._api)
        self._xcoms = XComApi(self._api)

    async def trigger(self, dag_id: str, run_id: str, conf: dict[str, Any]) -> RunState:
        """Start a run, or attach to it where it exists with the same plan digest.

        Raises:
            ConflictingRunError: It exists with another plan, or its conf is refused.
            OrchestratorUnavailableError: Airflow does not answer.
        """

        def call() -> RunState:
            # Set to None, `logical_date` is sent as null, which Airflow insists on.
            body = TriggerDAGRunPostBody(dag_run_id=run_id, conf=conf, logical_date=None)
            try:
                return _run(self._runs.trigger_dag_run(dag_id, body, _request_timeout=_TIMEOUT))
            except ConflictException:
                found = self._runs.get_dag_run(dag_id, run_id, _request_timeout=_TIMEOUT)
                theirs = (found.conf or {}).get("digest")
                if theirs != conf.get("digest"):
                    raise ConflictingRunError(
                        f"Airflow has a run {run_id} of {dag_id} with another plan "
                        f"({theirs or 'unsigned'}); it was left alone."
                    ) from None
                return _run(found)
            except (BadRequestException, UnprocessableEntityException) as error:
                raise ConflictingRunError(
                    f"Airflow refuses run {run_id} of {dag_id}: {_detail(error)}"
                ) from error
            except NotFoundException as error:
                # Right after a start the DAG processor has not read it yet.
                raise OrchestratorUnavailableError(f"Airflow has no DAG {dag_id} yet.") from error

        return await self._call(call)

    async def run(self, dag_id: str, run_id: str) -> RunState | None:
        """The run, or None.

        Raises:
            OrchestratorUnavailableError: Airflow does not answer.
        """
        found = await self._call(
            lambda: _or_none(
                lambda: self._runs.get_dag_run(dag_id, run_id, _request_timeout=_TIMEOUT)
            )
        )
        return None if found is None else _run(found)

    async def changed_since(self, since: datetime, run_id_prefix: str) -> Sequence[RunState]:
        """Runs whose id starts with the prefix and that changed at or after `since`.

        Raises:
            OrchestratorUnavailableError: Airflow does not answer.
        """

        def call() -> list[RunState]:
            found: list[RunState] = []
            offset = 0
            while True:
                page = self._runs.get_dag_runs(
                    "~",
                    updated_at_gte=since,
                    run_id_prefix_pattern=run_id_prefix,
                    order_by=["updated_at", "dag_run_id"],
                    limit=_PAGE,
                    offset=offset,
                    _request_timeout=_TIMEOUT,
                )
                found += [_run(run) for run in page.dag_runs]
                offset += len(page.dag_runs)
                if not page.dag_runs or offset >= (page.total_entries or 0):
                    # The server drops trailing punctuation of the prefix ("demo-" finds "demo2").
                    return [run for run in found if run.run_id.startswith(run_id_prefix)]

        return await self._call(call)

    async def tasks(self, dag_id: str, run_id: str) -> Sequence[TaskState]:
        """The run's task instances; empty where there is no such run.

        Raises:
            OrchestratorUnavailableError: Airflow does not answer.
        """
        found = await self._call(
            lambda: _or_none(
                lambda: self._tasks.get_task_instances(
                    dag_id, run_id, limit=_PAGE, _request_timeout=_TIMEOUT
                )
            )
        )
        return [_task(task) for task in found.task_instances] if found is not None else []

    async def report(self, dag_id: str, run_id: str, task_id: str) -> dict[str, Any] | None:
        """The task's report, or None before it has one.

        Raises:
            OrchestratorUnavailableError: Airflow does not answer.
        """
        value = await self._xcom(dag_id, run_id, task_id, _RETURN_VALUE)
        return value if isinstance(value, dict) else None

    async def failure(self, dag_id: str, run_id: str, task_id: str) -> Failure | None:
        """Why the task's last attempt failed, or None where it did not.

        Raises:
            OrchestratorUnavailableError: Airflow does not answer.
        """
        value = await self._xcom(dag_id, run_id, task_id, _FAILURE)
        if not isinstance(value, dict) or "reason" not in value:
            return None
        return Failure(str(value["reason"]), str(value.get("kind") or FAULT))

    async def approve(
        self, dag_id: str, run_id: str, task_id: str, conf: dict[str, Any], by: str
    ) -> None:
        """Answer the run's question with the signed `conf`; `by` names those who agreed.

        Raises:
            ConflictingRunError: It does not ask, or was answered otherwise.
            OrchestratorUnavailableError: Airflow does not answer.
        """
        answer = {"conf": conf, "by": by}

        def call() -> None:
            try:
                self._tasks.update_hitl_detail(
                    dag_id,
                    run_id,
                    task_id,
                    -1,
                    UpdateHITLDetailPayload(chosen_options=["Approve"], params_input=answer),
                    _request_timeout=_TIMEOUT,
                )
            except ConflictException:
                found = self._tasks.get_hitl_detail(
                    dag_id, run_id, task_id, -1, _request_timeout=_TIMEOUT
                )
                given = (found.params_input or {}).get("conf") or {}
                same = given.get("digest") == conf["digest"]
                if not same or found.chosen_options != ["Approve"]:
                    raise ConflictingRunError(
                        f"Run {run_id} was answered otherwise in Airflow; it was left alone."
                    ) from None
            except (NotFoundException, BadRequestException, UnprocessableEntityException) as error:
                raise ConflictingRunError(
                    f"Run {run_id} does not take the approval: {_detail(error)}"
                ) from error

        await self._call(call)

    async def stop(self, dag_id: str, run_id: str) -> None:
        """Fail the run and its running tasks; no error where it has ended or is not there.

        A deferred task's trigger and a running task's operator stop their jobs then.

        Raises:
            OrchestratorUnavailableError: Airflow does not answer.
        """
        state = await self.run(dag_id, run_id)
        if state is None or state.finished:
            return
        body = DAGRunPatchBody(state=DagRunMutableStates.FAILED)
        await self._call(
            lambda: self._runs.patch_dag_run(
                dag_id, run_id, body, update_mask=["state"], _request_timeout=_TIMEOUT
            )
        )

    async def healthy(self) -> bool:
        """Whether the API, its database and the scheduler are up."""

        def call() -> bool:
            health = MonitorApi(self._api).get_health(_request_timeout=_TIMEOUT)
            parts = (health.metadatabase, health.scheduler)
            return all(part.status == "healthy" for part in parts)

        try:
            return await asyncio.to_thread(call)
        except (ApiException, HTTPError, OSError):
            return False

    def run_url(self, dag_id: str, run_id: str) -> str:
        """Where an engineer sees the run."""
        return f"{self._public_url}/dags/{quote(dag_id)}/runs/{quote(run_id)}"

    async def _xcom(self, dag_id: str, run_id: str, task_id: str, key: str) -> object:
        entry = await self._call(
            lambda: _or_none(
                lambda: self._xcoms.get_xcom_entry(
                    dag_id, task_id, run_id, key, stringify=False, _request_timeout=_TIMEOUT
                )
            )
        )
        if entry is None or entry.actual_instance is None:
            return None
        value: object = entry.actual_instance.value
        return value

    async def _call(self, call: Callable[[], T]) -> T:
        """Run `call` in a thread with a fresh token, and our errors for Airflow's."""
        with timed("airflow"):
            return await asyncio.to_thread(self._with_token, call)

    def _with_token(self, call: Callable[[], T]) -> T:
        try:
            self._renew_token()
            try:
                return call()
            except (UnauthorizedException, ForbiddenException):
                # An expired or foreign token is 403 to Airflow as well: one fresh one, then an error.
                self._renew_token(force=True)
                return call()
        except (HTTPError, httpx.HTTPError, OSError) as error:
            raise OrchestratorUnavailableError("Airflow does not answer.") from error
        except ApiException as error:
            raise self._translated(error) from error

    def _translated(self, error: ApiException) -> Exception:
        if error.status == 429 or error.status is None or error.status >= 500:
            return OrchestratorUnavailableError(f"Airflow answers with HTTP {error.status}.")
        if error.status in {401, 403}:
            return OrchestratorUnavailableError(
                f"Airflow does not let the user {self._username} in (HTTP {error.status}): "
                "check AIRFLOW_USERNAME and AIRFLOW_PASSWORD, and the user's role."
            )
        return OrchestratorUnavailableError(
            f"Airflow refuses (HTTP {error.status}): {_detail(error)}"
        )

    def _renew_token(self, *, force: bool = False) -> None:
        with self._lock:
            if not force and time.monotonic() < self._token_until:
                return
            response = httpx.post(
                f"{self._url}/auth/token",
                json={"username": self._username, "password": self._password},
                timeout=_TIMEOUT[1],
            )
            if response.status_code >= 400:
                raise ApiException(status=response.status_code, body=response.text)
            self._configuration.access_token = response.json()["access_token"]
            self._token_until = time.monotonic() + _TOKEN_SECONDS


def _or_none(call: Callable[[], T]) -> T | None:
    try:
        return call()
    except NotFoundException:
        return None
    except BadRequestException as error:
        # An id with characters that Airflow does not allow cannot exist either.
        if "not found" in str(error.body):
            return None
        raise


def _detail(error: ApiException) -> str:
    return " ".join(str(error.body).split())[:500]


def _run(found: Any) -> RunState:
    return RunState(
        dag_id=found.dag_id,
        run_id=found.dag_run_id,
        state=found.state.value,
        started=found.start_date,
        ended=found.end_date,
    )


def _task(found: Any) -> TaskState:
    return TaskState(
        task_id=found.task_id,
        state=None if found.state is None else found.state.value,
        started=found.start_date,
        ended=found.end_date,
    )
