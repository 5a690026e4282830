"""The operators that change an endpoint: deploy, restore, delete. Each attaches to its own change."""

import time
from typing import Any

from airflow.sdk.exceptions import AirflowSkipException

from cooper_dags import alarms, aws, failures, gate, logs, rollout, watches
from cooper_dags.conf import Run, checked_report, verified
from cooper_dags.errors import RefusedError, fails_clearly
from cooper_dags.operators import AttachOperator, poll_seconds

PREVIOUS_TAG = "cooper:previous-config"
"""Tag of an endpoint: the configuration that it ran before the last change."""
_VALIDATION_FAILED = "cooper: validation failed:"
"""How a line of the serving image begins that says why it does not serve."""
_DELETION_SECONDS = 300


class DeployOperator(AttachOperator):
    """Creates or updates the endpoint; rolled back is a failure."""

    @fails_clearly
    def execute(self, context: Any) -> Any:
        """Ask for the run's configuration, once and only if all is as agreed, and wait."""
        run = verified(context)
        sagemaker, name = aws.client(run, "sagemaker"), run.plan["endpoint"]
        wanted = gate.target(run)
        found = _described(sagemaker, name)
        if found is not None:
            check_owner(run, aws.tags_of(sagemaker, found["EndpointArn"]))
        if gate.is_done(run, sagemaker, found):
            self.log.info("Attached to the change of %s to %s", name, wanted)
        else:
            gate.check_again(run)
            if found is not None and found["EndpointStatus"] == "Failed":
                # A failed endpoint serves nothing and takes no update: it can only be deleted.
                _delete_failed(sagemaker, name)
                found = None
            if found is None:
                sagemaker.create_endpoint(
                    EndpointName=name, EndpointConfigName=wanted, Tags=aws.tags(run)
                )
            elif found["EndpointConfigName"] == wanted and found["EndpointStatus"] == "InService":
                return checked_report(self.conclude(run, context))
            else:
                _update(run, sagemaker, found, str(wanted))
        self.wait(run, "endpoint", name)
        return None

    def conclude(self, run: Run, context: Any) -> dict[str, Any]:
        """The report of an endpoint that runs what was asked; anything else is a failure."""
        sagemaker, name = aws.client(run, "sagemaker"), run.plan["endpoint"]
        found = _described(sagemaker, name)
        if found is None:
            raise RefusedError(f"The endpoint {name} was deleted while it was being deployed.")
        config = found["EndpointConfigName"]
        if found["EndpointStatus"] != "InService" or config != gate.target(run):
            since = int(context["dag_run"].start_date.timestamp() * 1000)
            raise RefusedError.of(_why_not(run, found, since))
        tags = aws.tags_of(sagemaker, found["EndpointArn"])
        ours = tags.get(aws.DIGEST_TAG) == run.digest
        previous = tags.get(PREVIOUS_TAG) if ours else None
        change = ("updated" if previous else "created") if ours else "unchanged"
        return {
            "stage": "deploy",
            "headline": f"Endpoint {name} {change}, in service.",
            "endpoint": name,
            "endpoint_config": config,
            "previous_config": previous,
            "change": change,
        }


class RestoreOperator(AttachOperator):
    """Brings back what served before, where the endpoint did not prove itself; a new one goes.

    Skipped where `verify` was not reached: the trigger rule `one_failed` counts that as a failure.
    """

    @fails_clearly
    def execute(self, context: Any) -> Any:
        """Update back or delete, and wait."""
        run, deployed = verified(context), context["ti"].xcom_pull("deploy")
        if _state_of(context, "verify") != "failed" or deployed["change"] == "unchanged":
            raise AirflowSkipException("This run's endpoint was not found wanting.")
        sagemaker, name = aws.client(run, "sagemaker"), run.plan["endpoint"]
        found, before = _described(sagemaker, name), deployed["previous_config"]
        if found is None and before is not None:
            raise RefusedError(f"The endpoint {name} is gone, so {before} cannot come back.")
        # An endpoint without an update has None pending, which is not “nothing served before”.
        if found is None or (
            before is not None and before in {found["EndpointConfigName"], gate.pending(found)}
        ):
            self.log.info("Attached to the return of %s to %s", name, before)
        elif not gate.is_done(run, sagemaker, found):
            raise RefusedError(
                f"The endpoint {name} runs {found['EndpointConfigName']} by now, which is not "
                "this run's; it was left alone."
            )
        elif before is None:
            _delete(run, sagemaker, found)
        else:
            sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=before)
        self.wait(run, "deletion" if before is None else "endpoint", name)

    def conclude(self, run: Run, context: Any) -> dict[str, Any]:
        """The report of what serves now."""
        sagemaker, name = aws.client(run, "sagemaker"), run.plan["endpoint"]
        before = context["ti"].xcom_pull("deploy")["previous_config"]
        found = _described(sagemaker, name)
        if before is None:
            _check_gone(name, found)
            alarms.delete(run)
            watches.forget(run)
            headline = f"Endpoint {name} is deleted again: nothing served there before."
        else:
            if found is None or found["EndpointConfigName"] != before:
                now = "gone" if found is None else f"still {found['EndpointConfigName']}"
                raise RefusedError(f"{before} did not come back: the endpoint {name} is {now}.")
            _take_tags_of(run, sagemaker, found)
            watches.bring_back(run, before, found["LastModifiedTime"])
            headline = f"Endpoint {name} runs {before} again."
        return {
            "stage": "restore",
            "headline": headline,
            "endpoint": name,
            "endpoint_config": before,
        }


class DeleteOperator(AttachOperator):
    """Deletes the endpoint and its alarms; its configurations and models stay, for the history."""

    @fails_clearly
    def execute(self, context: Any) -> Any:
        """Delete, only if all is as agreed, and wait until it is gone."""
        run = verified(context)
        sagemaker, name = aws.client(run, "sagemaker"), run.plan["endpoint"]
        found = _described(sagemaker, name)
        if found is None:
            return checked_report(self.conclude(run, context))
        check_owner(run, aws.tags_of(sagemaker, found["EndpointArn"]))
        gate.check_again(run)
        _delete(run, sagemaker, found)
        self.wait(run, "deletion", name)
        return None

    def conclude(self, run: Run, context: Any) -> dict[str, Any]:  # noqa: ARG002 -- the base's signature
        """The report of an endpoint that is gone; anything else is a failure."""
        name = run.plan["endpoint"]
        _check_gone(name, _described(aws.client(run, "sagemaker"), name))
        alarms.delete(run)
        basis = run.plan["basis"]
        return {
            "stage": "delete",
            "headline": f"Endpoint {name} is deleted.",
            "endpoint": name,
            "previous_config": basis["live_config"] if basis else None,
        }


def check_owner(run: Run, theirs: dict[str, str], what: str | None = None) -> None:
    """See that the tags are those of this installation, project and environment.

    Raises:
        RefusedError: They are not.
    """
    ours = {tag["Key"]: tag["Value"] for tag in aws.tags(run)}
    for key in ("cooper:installation", "cooper:project", "cooper:environment"):
        if theirs.get(key) != ours[key]:
            raise RefusedError(
                f"The {what or 'endpoint ' + run.plan['endpoint']} is not ours: its tag {key} is "
                f"{theirs.get(key) or 'not set'}, not {ours[key]}; it was not touched."
            )


def _described(sagemaker: Any, name: str) -> dict[str, Any] | None:
    return aws.describe_or_none(lambda: sagemaker.describe_endpoint(EndpointName=name))


def _update(run: Run, sagemaker: Any, found: dict[str, Any], wanted: str) -> None:
    name, status = run.plan["endpoint"], found["EndpointStatus"]
    if status != "InService":
        raise RefusedError(
            f"The endpoint {name} is {status}, so it takes no change now; "
            f"it runs {found['EndpointConfigName']}."
        )
    previous = [{"Key": PREVIOUS_TAG, "Value": found["EndpointConfigName"]}]
    # Before the update: a retry could no longer tell what served before.
    sagemaker.add_tags(ResourceArn=found["EndpointArn"], Tags=[*aws.tags(run), *previous])
    deployment = rollout.deployment_config(run.plan, alarms.names(name))
    sagemaker.update_endpoint(
        EndpointName=name,
        EndpointConfigName=wanted,
        **({"DeploymentConfig": deployment} if deployment else {}),
    )


def _why_not(run: Run, found: dict[str, Any], since: int) -> failures.Failure:
    """Why the endpoint does not run what was asked: its container's own words, or the alarm's."""
    name, status, config = (
        run.plan["endpoint"],
        found["EndpointStatus"],
        found["EndpointConfigName"],
    )
    if status == "InService":
        subject = f"The endpoint {name} was rolled back and still runs {config}"
    else:
        subject = f"The endpoint {name} is {status}"
    lines = logs.read(aws.client(run, "logs"), logs.endpoint_group(name), since=since)
    said = [line.text for line in lines if line.text.startswith(_VALIDATION_FAILED)]
    if said:
        reason = " ".join(said[-1].removeprefix(_VALIDATION_FAILED).split())
        return failures.Failure(f"{subject}: the new container says: {reason}", failures.REFUSED)
    aws_says = str(found.get("FailureReason") or "")
    told = [alarm for alarm in alarms.names(name) if alarm in aws_says]
    gone_off = alarms.gone_off(run) if rollout.is_watched(run.plan) and not told else []
    if told or gone_off:
        reason = " ".join(aws_says.split()) if told else "; ".join(gone_off)
        return failures.Failure(f"{subject}: an alarm went off: {reason}", failures.REFUSED)
    failure = failures.of_reason(subject, aws_says)
    kind = failures.REFUSED if failure.kind == failures.FAULT else failure.kind
    return failures.Failure(failure.reason, kind)


def _take_tags_of(run: Run, sagemaker: Any, endpoint: dict[str, Any]) -> None:
    """Let the endpoint's tags name the run whose configuration it has again."""
    config = sagemaker.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])
    theirs = aws.tags_of(sagemaker, config["EndpointConfigArn"])
    keys = [tag["Key"] for tag in aws.tags(run)]
    kept = [{"Key": key, "Value": theirs[key]} for key in keys if key in theirs]
    if kept:
        sagemaker.add_tags(ResourceArn=endpoint["EndpointArn"], Tags=kept)


def _delete(run: Run, sagemaker: Any, found: dict[str, Any]) -> None:
    if found["EndpointStatus"] == "Deleting":
        return
    check_owner(run, aws.tags_of(sagemaker, found["EndpointArn"]))
    sagemaker.delete_endpoint(EndpointName=found["EndpointName"])


def _check_gone(name: str, found: dict[str, Any] | None) -> None:
    if found is not None:
        reason = found.get("FailureReason") or "SageMaker gave no reason."
        raise RefusedError(
            f"The endpoint {name} could not be deleted; it is {found['EndpointStatus']}: {reason}"
        )


def _delete_failed(sagemaker: Any, name: str) -> None:
    sagemaker.delete_endpoint(EndpointName=name)
    deadline = time.monotonic() + _DELETION_SECONDS
    while _described(sagemaker, name) is not None:
        if time.monotonic() > deadline:
            raise RefusedError(f"The failed endpoint {name} could not be deleted in time.")
        time.sleep(min(poll_seconds(), 5))


def _state_of(context: Any, task_id: str) -> str | None:
    ti, dag_run = context["ti"], context["dag_run"]
    states = ti.get_task_states(dag_id=dag_run.dag_id, task_ids=[task_id], run_ids=[dag_run.run_id])
    state = states.get(dag_run.run_id, {}).get(task_id)
    return None if state is None else str(getattr(state, "value", state))
