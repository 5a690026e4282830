"""The task that asks again where the world changed after people had agreed."""

import os
from datetime import timedelta
from typing import Any

from airflow.providers.standard.exceptions import HITLRejectException
from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import Param
from airflow.sdk.exceptions import AirflowSkipException

from cooper_dags import gate
from cooper_dags.conf import AGREED_KEY, answered, verified
from cooper_dags.errors import RefusedError, fails_clearly

_DAYS = 7


class ApproveOperator(ApprovalOperator):
    """Parks the run until Cooper brings the plan that people agreed to anew.

    The people vote in Slack; only Cooper's own user (`COOPER_SERVICE_USER`) may answer here, with
    the newly signed conf as `params_input["conf"]` and the approvers' names as `["by"]`. Skipped
    where nothing changed. No answer within a week counts as Reject, which fails the run.
    """

    def __init__(self, **kwargs: Any) -> None:
        user = os.environ.get("COOPER_SERVICE_USER", "cooper")
        super().__init__(
            subject="{{ run_id }}: what people agreed to has changed",
            body="Cooper asks the approvers in Slack and answers here.",
            params={
                "conf": Param({}, type="object", description="The signed conf of the new plan"),
                "by": Param("", type="string", description="Who agreed to it"),
            },
            assigned_users=[{"id": user, "name": user}],
            response_timeout=timedelta(days=_DAYS),
            defaults=[self.REJECT],
            fail_on_reject=True,
            **kwargs,
        )

    @fails_clearly
    def execute(self, context: Any) -> Any:
        """Skip where all is as it was; else park and say what changed."""
        run = verified(context)
        changes = gate.differences(run)
        if not changes:
            if run.agreed is not None:
                # This task's XComs were cleared when it began; the later ones still need it.
                context["ti"].xcom_push(key=AGREED_KEY, value=run.agreed)
            raise AirflowSkipException("Nothing changed since people agreed.")
        rows = "\n".join(
            f"* {change['what']}: was `{change['before']}`, is now `{change['after']}`"
            for change in changes
        )
        self.body = (
            f"Request {run.plan['request']} waits, because something it rests on changed:\n\n{rows}"
            "\n\nCooper asks the approvers in Slack and answers here; nobody else can."
        )
        return super().execute(context)

    @fails_clearly
    def execute_complete(self, context: Any, event: dict[str, Any]) -> Any:
        """Take the plan that people agreed to, if it is whole, signed for this run and still true."""
        try:
            answer = super().execute_complete(context, event)
        except HITLRejectException as error:
            raise RefusedError(
                f"Nobody agreed to the changed plan within {_DAYS} days."
                if event.get("timedout")
                else "The changed plan was rejected."
            ) from error
        given = answer["params_input"]
        run = answered(context, given.get("conf"))
        gate.check_again(run)
        context["ti"].xcom_push(key=AGREED_KEY, value=run.agreed)
        return {"by": str(given.get("by", "")), "digest": run.digest}
