"""Kinds of failure, as the DAGs tell them (`dags/cooper_dags/errors.py`)."""

CAPACITY = "capacity"
"""AWS had no such instance."""
INTERRUPTED = "interrupted"
"""Spot capacity was taken back and did not return in time."""
TIME_LIMIT = "time_limit"
PERMISSION = "permission"
CODE = "code"
"""The project's own code raised."""
REFUSED = "refused"
"""Cooper's own checks said no: a plan, a threshold, a rollback."""
FAULT = "fault"
"""Anything else."""

WORDS: dict[str, str] = {
    CAPACITY: "AWS had no capacity",
    INTERRUPTED: "Spot capacity was taken back",
    TIME_LIMIT: "The time limit was reached",
    PERMISSION: "A permission is missing",
    CODE: "The project's code failed",
    REFUSED: "Refused",
    FAULT: "Something failed",
}
"""What people read for a kind."""

WORTH_ANOTHER_ATTEMPT = frozenset({CAPACITY, INTERRUPTED})
"""Nothing is wrong with the request, so that the same may succeed later."""
