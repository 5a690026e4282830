"""Signing of a run's conf, so that no hand-made or edited run goes round the approvals.

Ed25519 (RFC 8032) over the run id and the plan's digest. The bot holds the private key;
Airflow holds the public key only.
"""

import base64
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from actions.canonical import digest


class BadSignatureError(Exception):
    """The conf was not signed by this installation for this run, or was changed since."""


def _message(run_id: str, plan_digest: str) -> bytes:
    return f"{run_id}\n{plan_digest}".encode()


def signed_conf(plan: dict[str, Any], run_id: str, key: Ed25519PrivateKey) -> dict[str, Any]:
    """The conf of an Airflow run: `{"plan", "digest", "signature"}`, valid for `run_id` alone."""
    plan_digest = digest(plan)
    signature = key.sign(_message(run_id, plan_digest))
    return {
        "plan": plan,
        "digest": plan_digest,
        "signature": base64.b64encode(signature).decode(),
    }


def verify_conf(conf: dict[str, Any], run_id: str, key: Ed25519PublicKey) -> dict[str, Any]:
    """The plan of a conf that is whole and signed for `run_id`.

    Raises:
        BadSignatureError: The conf lacks a part, its plan does not have its digest, or the
            signature is not ours for this run.
    """
    try:
        plan, claimed = conf["plan"], conf["digest"]
        signature = base64.b64decode(conf["signature"], validate=True)
        found = digest(plan)
    except (KeyError, TypeError, ValueError) as error:
        msg = f"The conf of run {run_id} is not signed: it needs plan, digest and signature."
        raise BadSignatureError(msg) from error
    if found != claimed:
        msg = f"The plan of run {run_id} was changed after it was signed."
        raise BadSignatureError(msg)
    try:
        key.verify(signature, _message(run_id, claimed))
    except InvalidSignature as error:
        msg = f"The signature of run {run_id} is not this installation's."
        raise BadSignatureError(msg) from error
    return dict(plan)
