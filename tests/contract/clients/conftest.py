import importlib.util
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ROOT = Path(__file__).resolve().parents[3]


def load(name, path):
    """A module by its file: the DAGs' helpers are no package of this environment."""
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


services = load("dags_services", ROOT / "tests/dags/services.py")


@dataclass
class Platform:
    """Addresses of real services and the key that Airflow trusts."""

    airflow: str
    aws: str
    mlflow: str
    key: Ed25519PrivateKey
    services: object
    folder: Path

    def client(self, service):
        return services.client(self.aws, service)


@pytest.fixture(scope="session")
def platform():
    key = Ed25519PrivateKey.generate()
    with tempfile.TemporaryDirectory(prefix="cooper-clients-") as name:
        folder = Path(name)
        pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        (folder / "public.pem").write_bytes(pem)
        processes = services.Processes(folder)
        try:
            aws = services.start_aws(processes, folder)
            mlflow = services.start_mlflow(processes, folder)
            url = services.start_airflow(processes, folder, aws, mlflow, folder / "public.pem")
            airflow = services.Airflow(url)

            def is_up():
                processes.check()
                return services.answers(f"{mlflow}/health") and airflow.is_ready()

            services.eventually(is_up, "AWS stand-in, MLflow and Airflow are up", 180)
            yield Platform(url, aws, mlflow, key, services, folder)
        finally:
            processes.close()
