"""Data capture: SageMaker's layout and records, whatever is asked, and what stands in its way."""

import base64
import json
import re
import signal
import uuid
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError, ParamValidationError
from hypothesis import given
from hypothesis import strategies as st

from infra.local.aws.capture import is_sampled, record
from tests.local.aws.captures import captured, capturing, exchange, files, ids, records
from tests.local.aws.support import BUCKET, Aws, furnish, until

NAME = re.compile(r"/\d{4}/\d\d/\d\d/\d\d/\d\d-\d\d-\d{3}-[0-9a-f-]{36}\.jsonl$")
REFUSES = """
        if data["x"].iloc[0] < 0:
            raise ValueError("below 0")
        return [1.0] * len(data)
"""


@pytest.fixture(scope="module")
def model(aws):
    """A model that refuses what is below 0."""
    return aws.model(aws.served(REFUSES))


@pytest.fixture
def serve(aws, model):
    """Serve the model with a DataCaptureConfig."""
    names = []

    def made(config):
        name = aws.endpoint(aws.config(model, capture=config))
        assert aws.steady(name)["EndpointStatus"] == "InService"
        names.append(name)
        return name

    yield made
    for name in names:
        aws.sagemaker.delete_endpoint(EndpointName=name)


# ------------------------------------------------------------------ what is written


def test_a_file_holds_many_records_in_the_layout_of_sagemaker(aws, serve):
    name = serve(capturing())
    before = datetime.now(UTC).replace(microsecond=0)
    for number in range(20):
        aws.predict(name, rows=[[float(number)]], InferenceId=f"R42-{number}")
    captured(aws, name, "R42-19")
    after = datetime.now(UTC)

    found = files(aws, f"capture/{name}/")
    assert len(found) < 20
    for key, lines in found.items():
        assert key.startswith(f"capture/{name}/v1/")
        assert NAME.search(key), key
        times = {each["eventMetadata"]["inferenceTime"] for each in lines}
        assert {time[:13].replace("-", "/").replace("T", "/") for time in times} == {
            "/".join(key.split("/")[3:7])
        }
        assert all(
            before.isoformat() <= f"{time[:-1]}+00:00" <= after.isoformat() for time in times
        )
    every = [each for lines in found.values() for each in lines]
    assert ids(every) == [f"R42-{number}" for number in range(20)]
    assert len({each["eventMetadata"]["eventId"] for each in every}) == 20
    first = every[0]
    assert first == {
        "captureData": {
            "endpointInput": {
                "observedContentType": "application/json",
                "mode": "INPUT",
                "data": '{"dataframe_split": {"columns": ["x"], "data": [[0.0]]}}',
                "encoding": "JSON",
            },
            "endpointOutput": {
                "observedContentType": "application/json",
                "mode": "OUTPUT",
                "data": '{"predictions": [1.0]}',
                "encoding": "JSON",
            },
        },
        "eventMetadata": first["eventMetadata"],
        "eventVersion": "0",
    }
    assert set(first["eventMetadata"]) == {"eventId", "inferenceId", "inferenceTime"}


def test_listed_types_are_text_and_all_others_base64(aws, serve):
    types = {"CsvContentTypes": ["text/csv"]}
    name = serve(capturing(CaptureContentTypeHeader=types))
    body = b"x\n2.0\n"
    aws.sagemaker_runtime.invoke_endpoint(
        EndpointName=name,
        ContentType="text/csv; charset=utf-8",
        Body=body,
        InferenceId="csv",
        CustomAttributes="trace-1",
    )
    aws.predict(name, InferenceId="json")

    found = captured(aws, name, "csv")
    sent, got = (found["captureData"][each] for each in ("endpointInput", "endpointOutput"))
    assert (sent["encoding"], sent["data"]) == ("CSV", body.decode())
    assert sent["observedContentType"] == "text/csv; charset=utf-8"
    assert got["encoding"] == "BASE64"
    assert json.loads(base64.b64decode(got["data"])) == {"predictions": [1.0]}
    assert found["eventMetadata"]["customAttributes"] == ["trace-1"]
    assert captured(aws, name, "json")["captureData"]["endpointInput"]["encoding"] == "BASE64"


@pytest.mark.parametrize(
    ("modes", "kept"),
    [
        (["Input"], {"endpointInput"}),
        (["Output"], {"endpointOutput"}),
        (["Input", "Output"], {"endpointInput", "endpointOutput"}),
        (["InputAndOutput"], {"endpointInput", "endpointOutput"}),
    ],
)
def test_only_what_was_asked_for_is_kept(modes, kept):
    config = capturing(CaptureOptions=[{"CaptureMode": mode} for mode in modes])
    assert set(record(config, exchange())["captureData"]) == kept


@given(
    body=st.binary(), content_type=st.sampled_from(["text/csv", "Application/JSON", "image/png"])
)
def test_what_was_sent_can_be_read_back_whatever_it_was(body, content_type):
    types = {"CsvContentTypes": ["text/csv"], "JsonContentTypes": ["application/json"]}
    config = capturing(CaptureContentTypeHeader=types)
    line = json.dumps(record(config, exchange(request=body, request_type=content_type)))
    assert "\n" not in line
    sent = json.loads(line)["captureData"]["endpointInput"]
    plain = sent["data"]
    assert (base64.b64decode(plain) if sent["encoding"] == "BASE64" else plain.encode()) == body
    assert (sent["encoding"] == "BASE64") or content_type != "image/png"


@given(share=st.integers(0, 100), draw=st.floats(0, 100, exclude_max=True))
def test_the_share_decides_and_an_error_never_is_captured(share, draw):
    config = capturing(InitialSamplingPercentage=share)
    assert is_sampled(config, exchange(), draw) == (draw < share)
    assert not is_sampled(capturing(EnableCapture=False), exchange(), draw)
    assert is_sampled(capturing(EnableCapture=None), exchange(), draw)
    for status in (302, 400, 404, 429, 500, 503):
        assert not is_sampled(capturing(), exchange(status=status), draw)


# ------------------------------------------------------------------ what is not


def test_what_the_model_refuses_is_not_captured_but_counted(aws, serve):
    name = serve(capturing())
    for body, status in ((b"{}", 400), (b"[", 400)):
        with pytest.raises(aws.sagemaker_runtime.exceptions.ModelError) as caught:
            aws.sagemaker_runtime.invoke_endpoint(
                EndpointName=name, ContentType="application/json", Body=body, InferenceId="bad"
            )
        assert caught.value.response["OriginalStatusCode"] == status
    with pytest.raises(aws.sagemaker_runtime.exceptions.ModelError):
        aws.predict(name, rows=[[-1.0]], InferenceId="bad")
    aws.predict(name, InferenceId="good")

    captured(aws, name, "good")
    assert ids(records(aws, f"capture/{name}/")) == ["good"]
    assert until(lambda: total(aws, name, "Invocations"), lambda count: count == 4) == 4
    assert total(aws, name, "InvocationModelErrors") == 3
    errors = total(aws, name, "Invocation4XXErrors"), total(aws, name, "Invocation5XXErrors")
    assert sum(errors) == 3
    assert errors[0] >= 2


def total(aws, name, metric):
    points = aws.cloudwatch.get_metric_statistics(
        Namespace="AWS/SageMaker",
        MetricName=metric,
        Dimensions=[
            {"Name": "EndpointName", "Value": name},
            {"Name": "VariantName", "Value": "v1"},
        ],
        StartTime=0,
        EndTime=4102444800,
        Period=60,
        Statistics=["Sum"],
    )["Datapoints"]
    return sum(point["Sum"] for point in points)


def test_capture_that_is_off_says_so_and_writes_nothing(aws, serve):
    off = serve(capturing(EnableCapture=False))
    none = serve(capturing(InitialSamplingPercentage=0))
    without = serve(None)
    unsaid = serve(capturing(EnableCapture=None))
    for name in (off, none, without, unsaid):
        aws.predict(name, InferenceId="one")

    # Written in the order in which they came: theirs would be there by now.
    captured(aws, unsaid, "one")
    assert [aws.keys(f"capture/{name}/") for name in (off, none, without)] == [[], [], []]

    def summary(name):
        return aws.sagemaker.describe_endpoint(EndpointName=name).get("DataCaptureConfig")

    assert summary(without) is None
    assert (summary(off)["EnableCapture"], summary(off)["CaptureStatus"]) == (False, "Stopped")
    assert summary(unsaid) == {
        "EnableCapture": True,
        "CaptureStatus": "Started",
        "CurrentSamplingPercentage": 100,
        "DestinationS3Uri": f"s3://{BUCKET}/capture",
        "KmsKeyId": "",
    }


def test_a_destination_that_cannot_be_written_stops_capture_and_nothing_else(aws, serve):
    bucket = f"late-{uuid.uuid4().hex[:8]}"
    name = serve(capturing(f"s3://{bucket}/deep/er"))

    def status():
        return aws.sagemaker.describe_endpoint(EndpointName=name)["DataCaptureConfig"]

    assert aws.predict(name, InferenceId="lost")[0] == [1.0]
    stopped = until(status, lambda each: each["CaptureStatus"] == "Stopped", 20)
    assert stopped["EnableCapture"]
    assert aws.predict(name)[0] == [1.0]

    aws.s3.create_bucket(Bucket=bucket)
    aws.predict(name, InferenceId="kept")
    until(status, lambda each: each["CaptureStatus"] == "Started", 20)
    assert "kept" in ids(records(aws, f"deep/er/{name}/v1/", bucket))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"InitialSamplingPercentage": 101}, "less than or equal to 100"),
        ({"DestinationS3Uri": "/tmp/capture"}, "(https|s3)://"),
        ({"DestinationS3Uri": "s3://" + "b" * 600}, "less than or equal to 512"),
        ({"CaptureOptions": [{"CaptureMode": "Both"}]}, "[Input, Output, InputAndOutput]"),
        ({"CaptureOptions": [{"CaptureMode": "Input"}] * 33}, "less than or equal to 32"),
        ({"CaptureContentTypeHeader": {"JsonContentTypes": ["json"]}}, "regular expression"),
        ({"KmsKeyId": "not a key"}, "regular expression"),
    ],
)
def test_a_capture_that_aws_would_refuse_is_refused(aws, model, changes, words):
    with pytest.raises(ClientError, match=re.escape(words)) as caught:
        aws.config(model, capture=capturing(**changes))
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    assert "dataCaptureConfig" in str(caught.value)


@pytest.mark.parametrize(
    "left_out", ["InitialSamplingPercentage", "DestinationS3Uri", "CaptureOptions"]
)
def test_what_aws_requires_is_required(aws, model, left_out):
    with pytest.raises(ParamValidationError, match=left_out):
        aws.config(model, capture=capturing(**{left_out: None}))


def test_a_configuration_is_described_as_it_was_given(aws, model):
    given_config = capturing(KmsKeyId="alias/ours", CaptureOptions=[{"CaptureMode": "Input"}])
    name = aws.config(model, capture=given_config)
    described = aws.sagemaker.describe_endpoint_config(EndpointConfigName=name)
    assert described["DataCaptureConfig"] == given_config


def test_an_inference_id_that_aws_would_refuse_is_refused(aws, serve):
    name = serve(None)
    with pytest.raises(ClientError, match="'inferenceId' failed to satisfy constraint"):
        aws.predict(name, InferenceId="x" * 65)
    assert aws.predict(name, InferenceId="x" * 64)[0] == [1.0]


# ------------------------------------------------------------------ over a life


def test_capture_follows_the_configuration_through_updates(aws, model, serve):
    name = serve(capturing())

    def updated(config, **more):
        aws.sagemaker.update_endpoint(
            EndpointName=name, EndpointConfigName=aws.config(model, capture=config), **more
        )
        return aws.steady(name).get("DataCaptureConfig")

    other = capturing(f"s3://{BUCKET}/other", InitialSamplingPercentage=100)
    kept = updated(
        other,
        RetainAllVariantProperties=True,
        ExcludeRetainedVariantProperties=[{"VariantPropertyType": "DataCaptureConfig"}],
    )
    assert kept["DestinationS3Uri"] == f"s3://{BUCKET}/other"
    aws.predict(name, InferenceId="moved")
    captured(aws, name, "moved", "other")
    assert aws.keys(f"capture/{name}/") == []
    assert updated(None, RetainAllVariantProperties=True) is None


def test_weights_and_counts_are_retained_where_asked(aws, model):
    name = aws.endpoint(aws.config(model, model))
    aws.steady(name)
    aws.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=name,
        DesiredWeightsAndCapacities=[
            {"VariantName": "v1", "DesiredWeight": 3, "DesiredInstanceCount": 4},
            {"VariantName": "v2", "DesiredWeight": 0},
        ],
    )

    def updated(*models, **more):
        aws.sagemaker.update_endpoint(
            EndpointName=name, EndpointConfigName=aws.config(*models), **more
        )
        variants = aws.steady(name)["ProductionVariants"]
        return [(each["CurrentWeight"], each["CurrentInstanceCount"]) for each in variants]

    assert updated(model, model, RetainAllVariantProperties=True) == [(3.0, 4), (0.0, 1)]
    seen = {aws.predict(name)[1]["InvokedProductionVariant"] for _ in range(8)}
    assert seen == {"v1"}
    assert updated(
        model,
        model,
        model,
        RetainAllVariantProperties=True,
        ExcludeRetainedVariantProperties=[{"VariantPropertyType": "DesiredWeight"}],
    ) == [(1.0, 4), (1.0, 1), (1.0, 1)]
    assert updated(model) == [(1.0, 1)]
    aws.sagemaker.delete_endpoint(EndpointName=name)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_capture_goes_on_after_a_restart(start, number):
    process = start()
    aws = Aws(process.url, process.process.pid)
    furnish(aws)
    model = aws.model(aws.served())
    name = aws.endpoint(aws.config(model, capture=capturing()))
    aws.steady(name)
    aws.predict(name, InferenceId="before")
    if number is signal.SIGKILL:
        captured(aws, name, "before")
    # In order, it writes what waits before it ends.
    process.process.send_signal(number)
    process.process.wait(30)

    aws = Aws(start().url)
    assert ids(records(aws, f"capture/{name}/")) == ["before"]
    aws.predict(name, InferenceId="after")
    captured(aws, name, "after")
    described = aws.steady(name)["DataCaptureConfig"]
    assert described["CaptureStatus"] == "Started"
