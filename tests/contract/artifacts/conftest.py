import boto3
import pytest
from moto.server import ThreadedMotoServer

KEYS = {
    "region_name": "us-east-1",
    "aws_access_key_id": "testing",
    "aws_secret_access_key": "testing",
}
BUCKET = "cooper-test"


@pytest.fixture(scope="package")
def client():
    """A client of an S3 that speaks the true protocol, with one bucket."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    made = boto3.client("s3", endpoint_url=f"http://{host}:{port}", **KEYS)
    made.create_bucket(Bucket=BUCKET)
    yield made
    server.stop()
