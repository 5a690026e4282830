"""The bot signs and the DAGs verify the same bytes, each with code of its own."""

import importlib
import math
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from actions.canonical import digest
from actions.plans import TrainingPlan
from actions.signing import signed_conf

DAGS = Path(__file__).resolve().parents[3] / "dags"
SHA = "0" * 64
PLAN = {
    "installation": "demo",
    "request": "R7",
    "requested_by": {"id": "U1", "name": "Zoë Ångström"},
    "policy": "sha256:1",
    "project": "claims-frequency",
    "environment": {
        "name": "staging",
        "region": "us-east-1",
        "role_arn": "arn:aws:iam::000000000000:role/x",
        "connection": "aws_staging",
        "bucket": "cooper-demo",
    },
    "price": {"amount": "0.23", "as_of": "2026-10-01", "source": "price table"},
    "tags": {"team": "pricing"},
    "source": {"uri": "s3://b/source.tar.gz", "sha256": SHA},
    "data": {"uri": "s3://b/data.csv", "sha256": SHA},
    "holdout": {"uri": "s3://b/holdout.csv", "sha256": SHA},
    "image": {"framework": "sklearn", "version": "1.4-2"},
    "train_entry_point": "train.py",
    "evaluate_entry_point": "evaluate.py",
    "resources": {
        "instance_type": "ml.m5.xlarge",
        "instance_count": 1,
        "max_runtime_seconds": 3600,
    },
    "hyperparameters": {"learning_rate": 0.05, "depth": 8, "warm": True},
    "metrics": [{"name": "gini", "goal": "maximise", "threshold": {"min": 0.1}}],
    "model_name": "claims-frequency",
}


@pytest.fixture(scope="module")
def conf():
    """The DAGs' own check; it needs nothing of Airflow."""
    sys.path.insert(0, str(DAGS))
    try:
        yield importlib.import_module("cooper_dags.conf")
    finally:
        sys.path.remove(str(DAGS))


def pem(key):
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def test_what_the_bot_signs_the_dags_accept(conf):
    key = Ed25519PrivateKey.generate()
    plan = TrainingPlan.model_validate(PLAN).model_dump(mode="json")
    signed = signed_conf(plan, "demo-R7-a1", key)
    run = conf.verify(signed, "train_model", "demo-R7-a1", pem(key))
    assert run.plan == plan
    assert run.digest == digest(plan)


def test_what_the_bot_signs_for_one_run_the_dags_refuse_for_another(conf):
    key = Ed25519PrivateKey.generate()
    plan = TrainingPlan.model_validate(PLAN).model_dump(mode="json")
    signed = signed_conf(plan, "demo-R7-a1", key)
    with pytest.raises(Exception, match="signature"):
        conf.verify(signed, "train_model", "demo-R7-a2", pem(key))


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner)
    ),
    max_leaves=12,
)


@given(json_values)
def test_both_sides_have_the_same_digest(value):
    sys.path.insert(0, str(DAGS))
    try:
        theirs = importlib.import_module("cooper_dags.conf").digest(value)
    finally:
        sys.path.remove(str(DAGS))
    assert digest(value) == theirs


def test_neither_side_signs_what_is_no_json(conf):
    for side in (digest, conf.digest):
        with pytest.raises(ValueError, match="not JSON compliant"):
            side({"learning_rate": math.nan})
