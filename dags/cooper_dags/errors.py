"""Which failures are final, which a retry may mend, and what each leaves for people."""

import functools
from collections.abc import Callable
from typing import Any

from cooper_dags import failures

FAILURE_KEY = "failure"
"""XCom key under which a failed task leaves `{"reason": one line for people, "kind": …}`."""

_THROTTLED = {
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "SlowDown",
    "ServiceUnavailable",
    "InternalFailure",
    "InternalServerError",
    "RequestTimeout",
}


class RefusedError(Exception):
    """The stage cannot go on; the message says what is wrong, where, and what to do.

    `kind` is one of `failures`.
    """

    def __init__(self, reason: str, kind: str = failures.REFUSED) -> None:
        super().__init__(reason)
        self.kind = kind

    @classmethod
    def of(cls, failure: failures.Failure) -> "RefusedError":
        """The error of a failure that was told apart already."""
        return cls(failure.reason, failure.kind)


def is_transient(error: BaseException) -> bool:
    """Whether the same call may succeed a little later: throttling, transport, a restart."""
    import botocore.exceptions
    import requests.exceptions

    if isinstance(error, botocore.exceptions.ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return error.response["Error"].get("Code") in _THROTTLED or status in {429, 502, 503, 504}
    if isinstance(error, requests.exceptions.HTTPError):
        status = 0 if error.response is None else error.response.status_code
        return status == 429 or status >= 500
    transport = (
        botocore.exceptions.ConnectionError,
        botocore.exceptions.HTTPClientError,
        requests.exceptions.ConnectionError,
        requests.exceptions.Timeout,
    )
    if isinstance(error, transport):
        return True
    # MLflow's client wraps what requests raised; the cause tells.
    cause = error.__cause__ or error.__context__
    return cause is not None and cause is not error and is_transient(cause)


def fails_clearly(stage: Callable[..., Any]) -> Callable[..., Any]:
    """Run a stage so that only a transient failure is retried and every failure leaves a reason.

    The decorated function takes Airflow's context among its arguments.
    """

    @functools.wraps(stage)
    def run(*args: Any, **kwargs: Any) -> Any:
        from airflow.sdk.exceptions import (
            AirflowFailException,
            AirflowSkipException,
            TaskDeferred,
        )

        try:
            return stage(*args, **kwargs)
        except (TaskDeferred, AirflowSkipException):
            raise
        except Exception as error:
            given = (*args, *kwargs.values())
            context = next((value for value in reversed(given) if _is_context(value)), None)
            failure = failure_of(error)
            if context is not None:
                context["ti"].xcom_push(
                    key=FAILURE_KEY, value={"reason": failure.reason, "kind": failure.kind}
                )
            if is_transient(error) or isinstance(error, AirflowFailException):
                raise
            raise AirflowFailException(failure.reason) from error

    return run


def _is_context(value: Any) -> bool:
    return hasattr(value, "get") and "ti" in value


def failure_of(error: BaseException) -> failures.Failure:
    """What the error says to people, and of which kind it is."""
    import botocore.exceptions

    text = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, RefusedError):
        return failures.Failure(text[:1000], error.kind)
    if isinstance(error, botocore.exceptions.ClientError):
        told = error.response["Error"]
        if failures.is_denied(str(told.get("Code"))):
            reason = failures.denied(error.operation_name, str(told.get("Message", "")))
            return failures.Failure(reason[:1000], failures.PERMISSION)
    named = type(error).__name__.startswith("Airflow")
    reason = text if named else f"{type(error).__name__}: {text}"
    return failures.Failure(reason[:1000], failures.FAULT)
