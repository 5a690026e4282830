"""Kinds of failure, and what a failed job or a refused call says to people. Pure.

The kinds are the bot's (`actions/failures.py`); it reads them from the XCom `failure`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

CAPACITY = "capacity"
INTERRUPTED = "interrupted"
TIME_LIMIT = "time_limit"
PERMISSION = "permission"
CODE = "code"
REFUSED = "refused"
FAULT = "fault"

_DENIED = {
    "403",
    "AccessDenied",
    "AccessDeniedException",
    "Forbidden",
    "UnauthorizedOperation",
    "AuthorizationError",
}
_NO_CAPACITY = re.compile(
    r"^CapacityError|Unable to provision requested ML compute capacity|InsufficientInstanceCapacity"
)
_NOT_AUTHORISED = re.compile(
    r"(?:User: (?P<who>\S+) is )?not authorized to perform: (?P<action>[\w:*-]+)"
    r"(?: on resource: \"?(?P<what>[^\s\"]+))?"
)
_RAISED = re.compile(
    r"^\s*(?:ErrorMessage \")?(?P<type>(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Interrupt|Exit))"
    r"(?::\s*(?P<message>.*\S)|\"?\s*$)",
    re.MULTILINE,
)
"""The line that ends a Python traceback."""
_WRAPPERS = {"AlgorithmError", "ClientError", "ExecuteUserScriptError", "CapacityError"}
_TOOLKIT_NOISE = re.compile(r"\"?\s*,? exit code: \d+\s*$|\s*Command \".*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why something failed, in one line for people, and which kind of failure it is."""

    reason: str
    kind: str


def is_denied(code: str) -> bool:
    """Whether an AWS error code means that a permission is missing."""
    return code in _DENIED


def denied(operation: str, message: str) -> str:
    """Which permission is missing on what, from the words of AWS."""
    found = _NOT_AUTHORISED.search(message)
    if found is None:
        return f"AWS does not allow {operation}: {message or 'it says no more'}"
    on = f" on {found['what']}" if found["what"] else ""
    who = found["who"] or "the role"
    return f"{who} lacks the permission {found['action']}{on}."


def raised(text: str) -> str | None:
    """Type and message of the last exception in a traceback, or None."""
    # The toolkit puts the traceback into quotes and the whole command line behind it.
    text = _TOOLKIT_NOISE.sub("", text).replace("\\n", "\n")
    found = [one for one in _RAISED.finditer(text) if one["type"] not in _WRAPPERS]
    if not found:
        return None
    message = (found[-1]["message"] or "").strip().strip('"')
    return f"{found[-1]['type']}: {message}" if message else found[-1]["type"]


def of_job(what: str, name: str, job: dict[str, Any], log: Iterable[str] = ()) -> Failure:
    """Why the job ended without success.

    Args:
        what: "training" or "processing".
        name: The job's name.
        job: SageMaker's description of it.
        log: The end of its log, where an exception is looked for that SageMaker does not tell.
    """
    job_name = f"The {what} job {name}"
    reason = str(job.get("FailureReason") or "")
    if job[f"{what.title()}JobStatus"] == "Stopped":
        return _of_stopped(job_name, job, reason)
    if reason.startswith("AlgorithmError"):
        said = str(job.get("ExitMessage") or "")
        found = raised(reason) or raised(said) or raised("\n".join(log))
        told = said or _TOOLKIT_NOISE.sub("", reason.partition(":")[2])
        return Failure(f"{job_name} failed: {found or _one_line(told)}", CODE)
    return of_reason(f"{job_name} failed", reason)


def of_reason(subject: str, reason: str) -> Failure:
    """What SageMaker's `FailureReason` of a job or an endpoint means."""
    if _NO_CAPACITY.search(reason):
        return Failure(f"{subject}: {_one_line(reason)}", CAPACITY)
    if _NOT_AUTHORISED.search(reason):
        return Failure(f"{subject}: {denied('it', reason)}", PERMISSION)
    if "AccessDenied" in reason or "Access Denied" in reason:
        return Failure(f"{subject}: {_one_line(reason)}", PERMISSION)
    return Failure(f"{subject}: {_one_line(reason) or 'SageMaker gave no reason.'}", FAULT)


def _of_stopped(job_name: str, job: dict[str, Any], reason: str) -> Failure:
    secondary = job.get("SecondaryStatus")
    if secondary == "MaxWaitTimeExceeded":
        return Failure(
            f"{job_name} was stopped: no spot capacity came back within its waiting time.",
            INTERRUPTED,
        )
    if secondary == "MaxRuntimeExceeded" or "MaxRuntimeInSeconds" in reason:
        limit = job.get("StoppingCondition", {}).get("MaxRuntimeInSeconds")
        of = f" of {limit} s" if limit else ""
        return Failure(
            f"{job_name} was stopped: it took longer than its time limit{of}.", TIME_LIMIT
        )
    return Failure(f"{job_name} was stopped.", FAULT)


def _one_line(text: str) -> str:
    return " ".join(text.split())
