"""The run's conf: whole, valid and signed for this run, or refused.

The bytes that are signed are those of the bot: canonical JSON (sorted keys, no spaces, UTF-8,
no NaN), its SHA-256 as `sha256:…`, and Ed25519 (RFC 8032) over run id, newline, digest.
"""

import base64
import copy
import functools
import hashlib
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cooper_dags.errors import RefusedError

SCHEMAS = Path(__file__).resolve().parents[1] / "schemas"


AGREED_KEY = "agreed"
"""XCom key of the signed conf that people agreed to after the run had asked again."""
_AGREEING = ("approve", "gate")
"""Tasks that leave it; the gate does where it runs once more after an answer."""


@dataclass(frozen=True, slots=True)
class Run:
    """A verified run. `digest` is the plan's, `sha256:…`.

    `agreed` is the conf that the plan comes from, where that is not the run's own.
    """

    id: str
    plan: dict[str, Any]
    digest: str
    agreed: dict[str, Any] | None = None

    @property
    def prefix(self) -> str:
        """Where the run keeps its objects: `s3://{bucket}/runs/{run id}`."""
        return f"s3://{self.plan['environment']['bucket']}/runs/{self.id}"

    @property
    def request_prefix(self) -> str:
        """Where all attempts of the request keep what they share."""
        return f"s3://{self.plan['environment']['bucket']}/runs/{self._stem}"

    @property
    def attempts(self) -> tuple[str, ...]:
        """The run ids of the request's attempts up to this one."""
        number = int(self.id.removeprefix(f"{self._stem}-a"))
        return tuple(f"{self._stem}-a{attempt}" for attempt in range(1, number + 1))

    @property
    def _stem(self) -> str:
        return f"{self.plan['installation']}-{self.plan['request']}"


def canonical(value: Any) -> bytes:
    """The canonical JSON of `value`."""
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return text.encode()


def digest(value: Any) -> str:
    """`sha256:…` over the canonical JSON of `value`."""
    return "sha256:" + hashlib.sha256(canonical(value)).hexdigest()


def verify(conf: Any, dag_id: str, run_id: str, public_key_pem: bytes) -> Run:
    """The run that `conf` describes.

    Raises:
        RefusedError: The conf is not whole, not signed by this installation for this run,
            changed since, made for another DAG, or not valid under the DAG's schema.
    """
    try:
        plan, claimed = conf["plan"], conf["digest"]
        signature = base64.b64decode(conf["signature"], validate=True)
    except (KeyError, TypeError, ValueError) as error:
        raise RefusedError(
            f"Run {run_id} has no signed plan: its conf needs plan, digest and signature. "
            "Runs are started by Cooper, not by hand."
        ) from error
    _check_digest(plan, claimed, run_id)
    _check_signature(signature, claimed, run_id, public_key_pem)
    plan = _complete(plan, dag_id)
    stem = re.escape(f"{plan['installation']}-{plan['request']}")
    if not re.fullmatch(rf"{stem}-a[1-9][0-9]*", run_id):
        raise RefusedError(
            f"Run {run_id} is not an attempt of request {plan['request']} of installation "
            f"{plan['installation']}."
        )
    return Run(run_id, plan, claimed)


def verified(context: Any) -> Run:
    """The verified run of a task's context; every task that causes an effect calls this.

    Where people agreed to a changed plan after the run had started, it is that plan's. Reads the
    public key from the file that `COOPER_PUBLIC_KEY_FILE` names.
    """
    dag_run, key = context["dag_run"], _public_key()
    run = verify(dag_run.conf, dag_run.dag_id, dag_run.run_id, key)
    agreed = _agreed_later(context)
    return run if agreed is None else succeeding(run, agreed, dag_run.dag_id, key)


def answered(context: Any, conf: Any) -> Run:
    """The run with the plan of `conf`, the answer of people whom the run had asked again.

    Raises:
        RefusedError: The conf is not one that this run could be given.
    """
    dag_run, key = context["dag_run"], _public_key()
    run = verify(dag_run.conf, dag_run.dag_id, dag_run.run_id, key)
    return succeeding(run, conf, dag_run.dag_id, key)


def succeeding(run: Run, conf: Any, dag_id: str, public_key_pem: bytes) -> Run:
    """The run with a later plan in place of its own.

    Raises:
        RefusedError: The conf is not signed for this run, or its plan does something else.
    """
    later = verify(conf, dag_id, run.id, public_key_pem)
    for name, what in _SAME.items():
        before, after = what(run.plan), what(later.plan)
        if before != after:
            raise RefusedError(
                f"The plan that was agreed to later is for another {name}: {after}, not {before}."
            )
    return replace(later, agreed=conf)


_SAME: dict[str, Callable[[dict[str, Any]], Any]] = {
    "installation": lambda plan: plan["installation"],
    "request": lambda plan: plan["request"],
    "command": lambda plan: plan["command"],
    "project": lambda plan: plan["project"],
    "environment": lambda plan: plan["environment"]["name"],
    "endpoint": lambda plan: plan.get("endpoint"),
}
"""What a later plan of the same run must not change."""


def _agreed_later(context: Any) -> Any:
    for task_id in _AGREEING:
        if task_id not in context["dag"].task_ids:
            continue
        found = context["ti"].xcom_pull(task_ids=task_id, key=AGREED_KEY)
        if found is not None:
            return found
    return None


def _public_key() -> bytes:
    path = os.environ.get("COOPER_PUBLIC_KEY_FILE")
    if not path:
        raise RefusedError(
            "COOPER_PUBLIC_KEY_FILE is not set for Airflow's workers, so no plan can be trusted."
        )
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise RefusedError(
            f"The public key {path} (COOPER_PUBLIC_KEY_FILE) cannot be read: {error.strerror}."
        ) from error


def _check_digest(plan: Any, claimed: Any, run_id: str) -> None:
    try:
        actual = digest(plan)
    except (TypeError, ValueError) as error:
        raise RefusedError(f"The plan of run {run_id} is not plain JSON: {error}.") from error
    if actual != claimed:
        raise RefusedError(f"The plan of run {run_id} was changed after it was signed.")


def _check_signature(signature: bytes, claimed: str, run_id: str, pem: bytes) -> None:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(pem)
    except ValueError as error:
        raise RefusedError("COOPER_PUBLIC_KEY_FILE is no public key in PEM form.") from error
    if not isinstance(key, Ed25519PublicKey):
        raise RefusedError("COOPER_PUBLIC_KEY_FILE is not an Ed25519 key.")
    try:
        key.verify(signature, f"{run_id}\n{claimed}".encode())
    except InvalidSignature as error:
        raise RefusedError(
            f"The signature of run {run_id} is not this installation's for this run."
        ) from error


@functools.cache
def schema(name: str) -> dict[str, Any]:
    """The generated JSON schema `dags/schemas/{name}.json`."""
    loaded: dict[str, Any] = json.loads((SCHEMAS / f"{name}.json").read_text())
    return loaded


@functools.cache
def _completing_validator() -> Any:
    """A validator that also sets what a schema's `default` says (jsonschema's own recipe)."""
    from jsonschema import Draft202012Validator, validators

    check_properties = Draft202012Validator.VALIDATORS["properties"]

    def complete(validator: Any, properties: Any, instance: Any, parent: Any) -> Any:
        if isinstance(instance, dict):
            for name, part in properties.items():
                if "default" in part:
                    instance.setdefault(name, part["default"])
        yield from check_properties(validator, properties, instance, parent)

    return validators.extend(Draft202012Validator, {"properties": complete})


def _complete(plan: Any, dag_id: str) -> dict[str, Any]:
    """The plan with its defaults in place. The digest is over what was sent, before this."""
    return completed(plan, dag_id, f"The plan does not fit {dag_id}'s schema")


def completed(document: Any, name: str, otherwise: str) -> dict[str, Any]:
    """A copy of `document` with the defaults of the schema `name` in place.

    Raises:
        RefusedError: It does not fit; the text begins with `otherwise`.
    """
    complete: dict[str, Any] = copy.deepcopy(document)
    validator = _completing_validator()(schema(name))
    errors = sorted(validator.iter_errors(complete), key=lambda error: error.json_path)
    if errors:
        named = "; ".join(f"{error.json_path}: {error.message[:200]}" for error in errors[:5])
        raise RefusedError(f"{otherwise}: {named}.")
    return complete


def checked_report(report: dict[str, Any]) -> dict[str, Any]:
    """`report`, valid under the report schema; a stage must not hand on anything else."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    error = best_match(Draft202012Validator(schema("report")).iter_errors(report))
    if error is not None:
        raise RefusedError(
            f"The report of {report.get('stage')} breaks its schema at {error.json_path}: "
            f"{error.message[:200]}."
        )
    return report
