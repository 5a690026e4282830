"""The environments that `monitor_models` looks at, as `COOPER_ENVIRONMENTS` names them."""

import json
import os
from dataclasses import asdict, dataclass, fields
from typing import Any

from cooper_dags import aws
from cooper_dags.errors import RefusedError

VARIABLE = "COOPER_ENVIRONMENTS"
_EXAMPLE = (
    '[{"name": "staging", "connection": "aws_staging", "region": "us-east-1", '
    '"bucket": "our-models", "installation": "acme"}]'
)


@dataclass(frozen=True, slots=True)
class Environment:
    """Where the endpoints of one environment are: as in `cooper.yaml`."""

    name: str
    connection: str
    region: str
    bucket: str
    installation: str

    def client(self, service: str) -> Any:
        """A boto3 client of `service`."""
        return aws.connect(self.connection, self.region, service)

    def document(self) -> dict[str, str]:
        """As `parse` reads it."""
        return asdict(self)


def configured() -> tuple[Environment, ...]:
    """The environments of the variable.

    Raises:
        RefusedError: It is not set, or is not a list of environments; says where.
    """
    text = os.environ.get(VARIABLE)
    if not text:
        raise RefusedError(
            f"{VARIABLE} is not set for Airflow's workers, so it is not known where models serve. "
            f"It looks like this: {_EXAMPLE}"
        )
    try:
        documents = json.loads(text)
    except ValueError as error:
        raise RefusedError(f"{VARIABLE} is no JSON: {error}.") from error
    if not isinstance(documents, list):
        raise RefusedError(f"{VARIABLE} should be a list like this: {_EXAMPLE}")
    return tuple(parse(each, f"{VARIABLE}[{place}]") for place, each in enumerate(documents))


def parse(document: Any, where: str) -> Environment:
    """Read one environment.

    Raises:
        RefusedError: A name is missing, unknown or no text.
    """
    known = [each.name for each in fields(Environment)]
    if not isinstance(document, dict):
        raise RefusedError(f"{where} should be an object with {', '.join(known)}.")
    unknown = sorted(set(document) - set(known))
    if unknown:
        raise RefusedError(f"{where} has no {unknown[0]!r}; there are {', '.join(known)}.")
    for name in known:
        if not isinstance(document.get(name), str) or not document[name]:
            raise RefusedError(f"{where}.{name} is {document.get(name)!r}, should be a text.")
    return Environment(**document)
