import copy

import project
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cooper_dags.conf import checked_report, digest, verify
from cooper_dags.errors import RefusedError

RUN = "tests-R7-a1"
ARTIFACT = {"uri": "s3://bucket/key.csv", "sha256": "0" * 64}
ARTIFACTS = {"source": ARTIFACT, "data": ARTIFACT, "holdout": ARTIFACT}


@pytest.fixture
def plan():
    return project.training_plan("R7", ARTIFACTS)


def test_signed_plan_is_accepted_and_completed_with_its_defaults(plan, key, public_pem):
    run = verify(project.signed(plan, RUN, key), "train_model", RUN, public_pem)
    assert run.id == RUN
    assert run.digest == digest(plan)
    assert run.plan["resources"]["spot"] is False
    assert run.plan["environment"]["kms_key"] is None
    assert "kms_key" not in plan["environment"]


@pytest.mark.parametrize(
    "conf", [None, {}, {"plan": {}}, {"plan": {}, "digest": "", "signature": "é"}]
)
def test_conf_without_its_parts_is_refused(conf, public_pem):
    with pytest.raises(RefusedError, match="no signed plan"):
        verify(conf, "train_model", RUN, public_pem)


def test_plan_changed_after_signing_is_refused(plan, key, public_pem):
    conf = project.signed(plan, RUN, key)
    conf["plan"] = copy.deepcopy(plan) | {"model_name": "other"}
    with pytest.raises(RefusedError, match="changed after it was signed"):
        verify(conf, "train_model", RUN, public_pem)


def test_plan_changed_with_its_digest_is_refused(plan, key, public_pem):
    conf = project.signed(plan, RUN, key)
    conf["plan"] = copy.deepcopy(plan) | {"model_name": "other"}
    conf["digest"] = digest(conf["plan"])
    with pytest.raises(RefusedError, match="signature"):
        verify(conf, "train_model", RUN, public_pem)


def test_signature_of_another_run_is_refused(plan, key, public_pem):
    conf = project.signed(plan, "tests-R7-a2", key)
    with pytest.raises(RefusedError, match="signature"):
        verify(conf, "train_model", RUN, public_pem)


def test_signature_of_another_key_is_refused(plan, public_pem):
    conf = project.signed(plan, RUN, Ed25519PrivateKey.generate())
    with pytest.raises(RefusedError, match="signature"):
        verify(conf, "train_model", RUN, public_pem)


def test_run_of_another_request_is_refused(plan, key, public_pem):
    conf = project.signed(plan, "tests-R8-a1", key)
    with pytest.raises(RefusedError, match="not an attempt of request R7"):
        verify(conf, "train_model", "tests-R8-a1", public_pem)


def test_plan_of_another_dag_is_refused(plan, key, public_pem):
    with pytest.raises(RefusedError, match="deploy_model's schema"):
        verify(project.signed(plan, RUN, key), "deploy_model", RUN, public_pem)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"request": "42"}, r"\$\.request"),
        ({"unknown": 1}, "unknown"),
        ({"resources": {"instance_type": "ml.m5.large"}}, r"\$\.resources"),
        ({"data": {"uri": "http://x/y", "sha256": "0" * 64}}, r"\$\.data\.uri"),
    ],
)
def test_signed_plan_that_breaks_the_schema_is_refused_by_place(
    plan, key, public_pem, change, where
):
    conf = project.signed({**plan, **change}, RUN, key)
    with pytest.raises(RefusedError, match=where):
        verify(conf, "train_model", RUN, public_pem)


def test_public_key_of_another_kind_is_refused(plan, key):
    other = ec.generate_private_key(ec.SECP256R1()).public_key()
    pem = other.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    with pytest.raises(RefusedError, match="Ed25519"):
        verify(project.signed(plan, RUN, key), "train_model", RUN, pem)


def test_public_key_that_is_none_is_refused(plan, key):
    with pytest.raises(RefusedError, match="PEM"):
        verify(project.signed(plan, RUN, key), "train_model", RUN, b"nonsense")


def test_report_that_breaks_its_schema_is_not_handed_on():
    with pytest.raises(RefusedError, match="report"):
        checked_report({"stage": "record", "headline": "", "model": "line"})
