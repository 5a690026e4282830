"""The errors of AWS's API, as the stand-in answers them."""

from __future__ import annotations


class AwsError(Exception):
    """An error a client sees: `code` is the exception's name in boto3, `status` the HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400, **extra: object) -> None:
        """Keep what the response is made of; `extra` are further members of the error's shape."""
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.extra = extra


def validation(message: str) -> AwsError:
    """Return SageMaker's answer to a request that cannot be done as it stands."""
    return AwsError("ValidationException", message)


def in_use(message: str) -> AwsError:
    """Return SageMaker's answer to a name that is taken."""
    return AwsError("ResourceInUse", message)


def not_found(message: str) -> AwsError:
    """Return SageMaker's answer to a resource that is not there, where it says so by type."""
    return AwsError("ResourceNotFound", message)


def unsupported(call: str, detail: str = "") -> AwsError:
    """Return the stand-in's own answer to what it does not do; a 4xx, so that no client retries it."""
    why = f": {detail}" if detail else ""
    return AwsError(
        "UnsupportedOperation",
        f"the local AWS stand-in does not support {call}{why}. "
        "infra/local/aws/README.md lists what it imitates; use a real AWS account for the rest.",
    )
