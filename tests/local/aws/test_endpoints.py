import io
import tarfile
import uuid

import pytest
from botocore.exceptions import ClientError

from tests.local.aws.support import BUCKET, Client, until


@pytest.fixture(scope="module")
def serving(aws, artefact):
    """An endpoint two variants of one model serve."""
    model = aws.model(artefact)
    name = aws.endpoint(aws.config(model, model))
    description = aws.steady(name)
    assert description["EndpointStatus"] == "InService", description.get("FailureReason")
    return name


@pytest.fixture(scope="module")
def broken(aws):
    """A configuration whose model.tar.gz holds no model."""
    return aws.config(aws.model(archive(aws, "readme.txt", b"nothing to serve")))


def archive(aws, name, content):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        info = tarfile.TarInfo(name)
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
    return aws.put(f"models/{uuid.uuid4()}/model.tar.gz", packed.getvalue())


def test_the_trained_model_answers(aws, serving):
    predictions, answer = aws.predict(serving, rows=[[2.0], [3.0]])
    assert [round(each, 3) for each in predictions] == [4.0, 6.0]
    assert answer["InvokedProductionVariant"] in {"v1", "v2"}


def test_traffic_follows_weights_and_target(aws, serving):
    _, answer = aws.predict(serving, TargetVariant="v1")
    assert answer["InvokedProductionVariant"] == "v1"

    aws.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=serving,
        DesiredWeightsAndCapacities=[
            {"VariantName": "v1", "DesiredWeight": 0},
            {"VariantName": "v2", "DesiredWeight": 1, "DesiredInstanceCount": 2},
        ],
    )

    described = aws.steady(serving)["ProductionVariants"]
    assert [each["CurrentWeight"] for each in described] == [0.0, 1.0]
    assert [each["CurrentInstanceCount"] for each in described] == [1, 2]
    seen = {aws.predict(serving)[1]["InvokedProductionVariant"] for _ in range(8)}
    assert seen == {"v2"}
    with pytest.raises(ClientError, match="Variant v9 not found"):
        aws.predict(serving, TargetVariant="v9")
    with pytest.raises(ClientError, match='Could not find variant "v9"'):
        aws.sagemaker.update_endpoint_weights_and_capacities(
            EndpointName=serving,
            DesiredWeightsAndCapacities=[{"VariantName": "v9", "DesiredWeight": 1}],
        )


def test_a_request_the_model_refuses_is_a_model_error(aws, serving):
    with pytest.raises(aws.sagemaker_runtime.exceptions.ModelError) as caught:
        aws.sagemaker_runtime.invoke_endpoint(
            EndpointName=serving, ContentType="application/json", Body=b'{"rows": []}'
        )
    assert caught.value.response["OriginalStatusCode"] == 400
    assert "dataframe_split" in caught.value.response["OriginalMessage"]
    assert "Received client error (400) from primary" in str(caught.value)


def test_latency_and_errors_are_in_cloudwatch(aws, serving):
    aws.predict(serving, TargetVariant="v1")
    dimensions = [
        {"Name": "EndpointName", "Value": serving},
        {"Name": "VariantName", "Value": "v1"},
    ]

    def latest():
        return aws.cloudwatch.get_metric_statistics(
            Namespace="AWS/SageMaker",
            MetricName="ModelLatency",
            Dimensions=dimensions,
            StartTime=0,
            EndTime=4102444800,
            Period=60,
            Statistics=["Average", "SampleCount"],
        )["Datapoints"]

    [point, *_] = until(latest, bool)
    assert 100 < point["Average"] < 10_000_000  # microseconds
    assert point["SampleCount"] >= 1


def test_a_dead_model_server_is_replaced(aws, serving):
    servers = aws.processes(f"{serving}/")
    assert servers
    for each in servers:
        if "guard.py" not in " ".join(each.cmdline()):
            each.kill()
    assert round(aws.predict(serving)[0][0], 3) == 4.0


def test_an_endpoint_without_a_model_fails(aws, broken):
    name = aws.endpoint(broken)
    description = aws.steady(name)
    assert description["EndpointStatus"] == "Failed"
    assert "did not pass the ping health check" in description["FailureReason"]
    lines = until(lambda: aws.log(f"/aws/sagemaker/Endpoints/{name}", "v1/"), bool)
    assert any("no MLflow model" in line for line in lines)
    with pytest.raises(ClientError) as caught:
        aws.predict(name)
    assert caught.value.response["Error"]["Code"] == "ValidationError"
    aws.sagemaker.delete_endpoint(EndpointName=name)


def test_an_archive_that_is_none_fails_the_endpoint(aws):
    data = aws.put("models/torn/model.tar.gz", b"this is no archive")
    description = aws.steady(aws.endpoint(aws.config(aws.model(data))))
    assert description["EndpointStatus"] == "Failed"
    assert "Failed to extract model data archive" in description["FailureReason"]


def test_an_archive_cannot_write_outside_its_folder(aws):
    data = archive(aws, "../../../../../escaped", b"MLmodel")
    description = aws.steady(aws.endpoint(aws.config(aws.model(data))))
    assert description["EndpointStatus"] == "Failed"
    assert "lies outside" in description["FailureReason"]


def test_an_unknown_image_fails_the_endpoint(aws, artefact):
    model = aws.model(artefact, image="ours/server:1")
    description = aws.steady(aws.endpoint(aws.config(model)))
    assert description["EndpointStatus"] == "Failed"
    assert "cannot be pulled" in description["FailureReason"]


def test_updates_drop_no_request(aws, artefact, broken):
    first, second = aws.config(aws.model(artefact)), aws.config(aws.model(artefact))
    name = aws.endpoint(first)
    aws.steady(name)
    with Client(aws, name) as client:
        aws.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=broken)
        with pytest.raises(ClientError, match="Cannot update in-progress endpoint"):
            aws.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=second)
        with pytest.raises(ClientError, match="Cannot update in-progress endpoint"):
            aws.sagemaker.delete_endpoint(EndpointName=name)
        rolled_back = aws.steady(name)
        aws.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=second)
        updated = aws.steady(name)
        client.more(3)

    assert client.errors == []
    assert rolled_back["EndpointStatus"] == "InService"
    assert rolled_back["EndpointConfigName"] == first
    assert "did not pass the ping health check" in rolled_back["FailureReason"]
    assert updated["EndpointConfigName"] == second
    assert "FailureReason" not in updated

    aws.sagemaker.delete_endpoint(EndpointName=name)
    until(
        lambda: aws.sagemaker.list_endpoints(NameContains=name)["Endpoints"],
        lambda found: not found,
    )
    assert not until(lambda: aws.processes(f"{name}/"), lambda found: not found)


def test_names_are_taken_once(aws, serving, artefact):
    config = aws.sagemaker.describe_endpoint(EndpointName=serving)["EndpointConfigName"]
    with pytest.raises(ClientError, match="Cannot create already existing endpoint "):
        aws.endpoint(config, name=serving)
    model = aws.model(artefact)
    with pytest.raises(ClientError, match="Cannot create already existing model"):
        aws.model(artefact, name=model)


def test_what_is_not_there_is_named(aws):
    with pytest.raises(ClientError, match="Could not find model data at s3://"):
        aws.model(f"s3://{BUCKET}/none/model.tar.gz")
    with pytest.raises(ClientError, match="Could not find model "):
        aws.config("nobody")
    with pytest.raises(ClientError, match="Could not find endpoint configuration "):
        aws.endpoint("nobody")
    with pytest.raises(ClientError, match="Could not find endpoint "):
        aws.sagemaker.describe_endpoint(EndpointName="nobody")
    with pytest.raises(ClientError, match=r"Endpoint nobody of account \d{12} not found") as caught:
        aws.predict("nobody")
    assert caught.value.response["Error"]["Code"] == "ValidationError"


def test_models_and_configurations_can_be_deleted_while_they_serve(aws, serving):
    config = aws.sagemaker.describe_endpoint(EndpointName=serving)["EndpointConfigName"]
    aws.sagemaker.delete_endpoint_config(EndpointConfigName=config)
    with pytest.raises(ClientError, match="Could not find endpoint configuration"):
        aws.sagemaker.describe_endpoint_config(EndpointConfigName=config)
    assert aws.predict(serving)[0]
