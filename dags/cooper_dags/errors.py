"""Which failures are final, and which a retry may mend."""

import functools
from collections.abc import Callable
from typing import Any

FAILURE_KEY = "failure"
"""XCom key under which a failed task leaves its reason, one line for people."""

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
    """The stage cannot go on; the message says what is wrong, where, and what to do."""


def is_transient(error: BaseException) -> bool:
    """Whether the same call may succeed a little later: throttling, transport, a restart."""
    import botocore.exceptions
    import requests.exceptions

    if isinstance(error, botocore.exceptions.ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return error.response["Error"].get("Code") in _THROTTLED or status in {429, 502, 503, 504}
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
        from airflow.sdk.exceptions import AirflowFailException, TaskDeferred

        try:
            return stage(*args, **kwargs)
        except TaskDeferred:
            raise
        except Exception as error:
            given = (*args, *kwargs.values())
            context = next((value for value in reversed(given) if _is_context(value)), None)
            _leave_reason(context, error)
            if is_transient(error) or isinstance(error, AirflowFailException):
                raise
            raise AirflowFailException(_reason(error)) from error

    return run


def _is_context(value: Any) -> bool:
    return hasattr(value, "get") and "ti" in value


def _reason(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    named = isinstance(error, RefusedError) or type(error).__name__.startswith("Airflow")
    return (text if named else f"{type(error).__name__}: {text}")[:1000]


def _leave_reason(context: Any, error: Exception) -> None:
    if context is not None:
        context["ti"].xcom_push(key=FAILURE_KEY, value=_reason(error))
