"""Jobs of which one at most waits: what happens when one that failed would be the second."""

from datetime import datetime

from procrastinate.exceptions import UniqueViolation
from procrastinate.manager import JobManager

_HAND_OVER = """
WITH ended AS (
    DELETE FROM procrastinate_jobs WHERE id = %(job)s AND status = 'doing' RETURNING queueing_lock
)
UPDATE procrastinate_jobs waiting SET scheduled_at = greatest(waiting.scheduled_at, %(at)s)
FROM ended WHERE waiting.status = 'todo' AND waiting.queueing_lock = ended.queueing_lock
"""


class Jobs(JobManager):
    """procrastinate's jobs, which may be tried again though their like waits already.

    procrastinate fails there (its issue 1446): the job stays `doing` for ever, and with it the lock
    that the waiting one needs. As both would do the same, the one that waits takes over.
    """

    async def retry_job_by_id_async(
        self,
        job_id: int,
        retry_at: datetime,
        priority: int | None = None,
        queue: str | None = None,
        lock: str | None = None,
    ) -> None:
        """Try again no sooner than `retry_at`; where the job's like waits, that one, no sooner."""
        try:
            await super().retry_job_by_id_async(job_id, retry_at, priority, queue, lock)
        except UniqueViolation:
            await self.connector.execute_query_async(_HAND_OVER, job=job_id, at=retry_at)
