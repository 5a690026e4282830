"""Waits that hold no worker. Import path of the triggerer must contain the DAG folder."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from cooper_dags.aws import is_absent

JOB_ENDED = frozenset({"Completed", "Failed", "Stopped"})
GONE = "Gone"
"""Status of an endpoint that does not exist."""
ENDPOINT_SETTLED = frozenset({"InService", "Failed", "UpdateRollbackFailed", "OutOfService", GONE})
_FINAL = {
    "training": JOB_ENDED,
    "processing": JOB_ENDED,
    "endpoint": ENDPOINT_SETTLED,
    "deletion": frozenset({GONE, "Failed"}),
}
_TOLERATED_ERRORS = 20
"""Failed looks in a row before the task is given back to Airflow, which tries it again."""
_STILL_WANTED = frozenset({None, "scheduled", "queued", "running", "deferred", "up_for_retry"})
"""States of a task after somebody acted on it in which its job goes on: it was cleared."""
_STOPPING: set[asyncio.Task[None]] = set()
"""Stops under way; the event loop alone would let them be collected."""


class SageMakerTrigger(BaseTrigger):
    """Looks at a job or an endpoint until its status is final.

    Fires `{"status": …}`; `{"status": "Unreachable", "reason": …}` when SageMaker does not answer.

    Args:
        kind: "training", "processing", "endpoint", or "deletion" of an endpoint.
        name: The resource's name.
        connection: Airflow connection.
        region: AWS region.
        poll_seconds: Seconds between two looks.
    """

    def __init__(
        self, *, kind: str, name: str, connection: str, region: str, poll_seconds: float
    ) -> None:
        super().__init__()
        self.kind = kind
        self.name = name
        self.connection = connection
        self.region = region
        self.poll_seconds = poll_seconds

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Class path and arguments, as the triggerer makes it anew."""
        return (
            "cooper_dags.triggers.SageMakerTrigger",
            {
                "kind": self.kind,
                "name": self.name,
                "connection": self.connection,
                "region": self.region,
                "poll_seconds": self.poll_seconds,
            },
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Poll until the status is final."""
        final = _FINAL[self.kind]
        async with await self._hook().get_async_conn() as client:
            errors, last = 0, None
            while True:
                # First: the task has just looked. And Airflow mistakes a task that resumes in the
                # moment it was deferred for one whose process died, and tries it again.
                await asyncio.sleep(self.poll_seconds)
                try:
                    status = await self._status(client)
                    errors = 0
                except Exception as error:  # noqa: BLE001 -- any failure to look is one more of them
                    errors += 1
                    self.log.warning("Look %d at %s failed: %s", errors, self.name, error)
                    if errors >= _TOLERATED_ERRORS:
                        yield TriggerEvent({"status": "Unreachable", "reason": str(error)[:500]})
                        return
                else:
                    if status != last:
                        self.log.info("%s %s: %s", self.kind, self.name, status)
                        last = status
                    if status in final:
                        yield TriggerEvent({"status": status})
                        return

    async def on_kill(self) -> None:
        """Stop the job when a person failed the task; a cleared task's job is taken up again.

        Never in `cleanup()`: that runs whenever a triggerer restarts.
        """
        if self.kind in {"endpoint", "deletion"}:
            return
        # The triggerer cancels this call again each second until it returns; the work goes on.
        work = asyncio.create_task(self._stop_unless_cleared())
        _STOPPING.add(work)
        work.add_done_callback(_STOPPING.discard)
        await asyncio.shield(work)

    async def _stop_unless_cleared(self) -> None:
        state = await self._task_state()
        if state in _STILL_WANTED:
            self.log.info("%s stays: the task is %s and will attach.", self.name, state)
            return
        async with await self._hook().get_async_conn() as client:
            await _stop(client, self.kind, self.name)
        self.log.info("%s was asked to stop: the task is %s.", self.name, state)

    def _hook(self) -> Any:
        from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook

        return AwsBaseHook(
            aws_conn_id=self.connection, region_name=self.region, client_type="sagemaker"
        )

    async def _status(self, client: Any) -> str:
        if self.kind == "training":
            answer = await client.describe_training_job(TrainingJobName=self.name)
            return str(answer["TrainingJobStatus"])
        if self.kind == "processing":
            answer = await client.describe_processing_job(ProcessingJobName=self.name)
            return str(answer["ProcessingJobStatus"])
        return await _endpoint_status(client, self.name)

    async def _task_state(self) -> str | None:
        from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance
        from asgiref.sync import sync_to_async

        task = self.task_instance
        states = await sync_to_async(RuntimeTaskInstance.get_task_states)(
            dag_id=task.dag_id,
            task_ids=[task.task_id],
            run_ids=[task.run_id],
            map_index=task.map_index,
        )
        state = states.get(task.run_id, {}).get(task.task_id)
        return None if state is None else str(getattr(state, "value", state))


async def _endpoint_status(client: Any, name: str) -> str:
    from botocore.exceptions import ClientError

    try:
        answer = await client.describe_endpoint(EndpointName=name)
    except ClientError as error:
        if is_absent(error):
            return GONE
        raise
    return str(answer["EndpointStatus"])


async def _stop(client: Any, kind: str, name: str) -> None:
    if kind == "training":
        await client.stop_training_job(TrainingJobName=name)
    else:
        await client.stop_processing_job(ProcessingJobName=name)
