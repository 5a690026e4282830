import io
import json
import tarfile

import pytest

from actions.ports import CloudUnavailableError, EndpointError
from infra.clients.sagemaker import SageMakerCloud

BUCKET = "cooper-clients"
REGISTRY = "000000000000.dkr.ecr.us-east-1.amazonaws.com"
TRAIN = """
import os, sys, time
print("loss=0.5", flush=True)
if "--endless" in sys.argv:
    while True:
        time.sleep(0.1)
if "--explode" in sys.argv:
    raise ValueError("the loss is NaN")
import mlflow, pandas as pd
from sklearn.linear_model import LinearRegression
rows = pd.DataFrame({"x": [1.0, 2.0, 3.0]})
model = LinearRegression().fit(rows, [2.0, 4.0, 6.0])
mlflow.sklearn.save_model(
    model, os.environ["SM_MODEL_DIR"], serialization_format="cloudpickle", pip_requirements=[]
)
"""


@pytest.fixture(scope="session")
def cloud(platform):
    return SageMakerCloud(
        platform.client("sagemaker"), platform.client("sagemaker-runtime"), platform.client("logs")
    )


@pytest.fixture(scope="session")
def train(platform):
    """Starts a training job by name; `option` is a flag of its code."""
    s3 = platform.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        info = tarfile.TarInfo("train.py")
        info.size = len(TRAIN)
        archive.addfile(info, io.BytesIO(TRAIN.encode()))
    s3.put_object(Bucket=BUCKET, Key="source.tar.gz", Body=packed.getvalue())

    def start(name, option=None):
        platform.client("sagemaker").create_training_job(
            TrainingJobName=name,
            AlgorithmSpecification={
                "TrainingImage": f"{REGISTRY}/sagemaker-scikit-learn:1.4-2-cpu-py3",
                "TrainingInputMode": "File",
                "MetricDefinitions": [{"Name": "loss", "Regex": "loss=([0-9.]+)"}],
            },
            HyperParameters={
                "sagemaker_program": json.dumps("train.py"),
                "sagemaker_submit_directory": json.dumps(f"s3://{BUCKET}/source.tar.gz"),
                "sagemaker_region": json.dumps("us-east-1"),
                **({option: json.dumps(1)} if option else {}),
            },
            RoleArn="arn:aws:iam::000000000000:role/cooper",
            OutputDataConfig={"S3OutputPath": f"s3://{BUCKET}/models"},
            ResourceConfig={
                "InstanceType": "ml.m5.large",
                "InstanceCount": 1,
                "VolumeSizeInGB": 1,
            },
            StoppingCondition={"MaxRuntimeInSeconds": 600},
        )
        return name

    return start


def ended(platform, job, wanted):
    sagemaker = platform.client("sagemaker")
    look = sagemaker.describe_training_job
    platform.services.eventually(
        lambda: look(TrainingJobName=job)["TrainingJobStatus"] == wanted, f"{job} is {wanted}"
    )


@pytest.fixture(scope="session")
def endpoint(platform, train):
    """An endpoint in service, made of a trained model; its name."""
    job = train("clients-R1-a1")
    ended(platform, job, "Completed")
    sagemaker = platform.client("sagemaker")
    sagemaker.create_model(
        ModelName=job,
        PrimaryContainer={
            "Image": f"{REGISTRY}/cooper-serving:1",
            "ModelDataUrl": f"s3://{BUCKET}/models/{job}/output/model.tar.gz",
        },
        ExecutionRoleArn="arn:aws:iam::000000000000:role/cooper",
    )
    variant = {"VariantName": "AllTraffic", "ModelName": job, "InstanceType": "ml.m5.large"}
    sagemaker.create_endpoint_config(
        EndpointConfigName=job, ProductionVariants=[{**variant, "InitialInstanceCount": 2}]
    )
    sagemaker.create_endpoint(
        EndpointName="clients-line-staging",
        EndpointConfigName=job,
        Tags=[{"Key": "cooper:request", "Value": "R1"}],
    )
    platform.services.eventually(
        lambda: (
            sagemaker.describe_endpoint(EndpointName="clients-line-staging")["EndpointStatus"]
            == "InService"
        ),
        "the endpoint is in service",
    )
    return "clients-line-staging"


async def test_finished_training_tells_its_metrics_times_and_log(cloud, endpoint):
    job = await cloud.training("clients-R1-a1")
    assert (job.status, job.phase) == ("Completed", "Completed")
    assert job.metrics == {"loss": 0.5}
    assert job.ended > job.started
    assert job.billable_seconds > 0
    assert job.failure is None
    log = await cloud.log_tail("clients-R1-a1", 200)
    assert any("loss=0.5" in line for line in log)
    assert len(await cloud.log_tail("clients-R1-a1", 1)) == 1


async def test_failed_training_tells_why(cloud, platform, train):
    job = train("clients-R2-a1", "explode")
    ended(platform, job, "Failed")
    found = await cloud.training(job)
    assert found.status == "Failed"
    assert "the loss is NaN" in found.failure


async def test_running_training_is_stopped_once(cloud, platform, train):
    job = train("clients-R3-a1", "endless")
    sagemaker = platform.client("sagemaker")
    platform.services.eventually(
        lambda: (
            sagemaker.describe_training_job(TrainingJobName=job)["SecondaryStatus"] == "Training"
        ),
        "the job trains",
    )
    assert (await cloud.training(job)).status == "InProgress"
    [running] = await cloud.running_jobs("clients-R3-")
    assert (running.name, running.kind) == (job, "training")
    assert running.created.tzinfo is not None
    assert await cloud.running_jobs("ients-R3-") == []
    await cloud.stop_job(job)
    await cloud.stop_job(job)
    ended(platform, job, "Stopped")
    await cloud.stop_job(job)
    assert await cloud.running_jobs("clients-R3-") == []


async def test_jobs_beyond_one_page_are_found(cloud, platform, train, monkeypatch):
    jobs = [train(f"clients-R4-a{n}", "endless") for n in (1, 2, 3)]
    list_jobs = cloud._sagemaker.get_paginator

    class SmallPages:
        """The paginator of the real client, two jobs a page."""

        def __init__(self, operation):
            self._pages = list_jobs(operation)

        def paginate(self, **query):
            return self._pages.paginate(**query, PaginationConfig={"PageSize": 2})

    monkeypatch.setattr(cloud._sagemaker, "get_paginator", SmallPages)
    try:
        assert [job.name for job in await cloud.running_jobs("clients-R4-")] == jobs
    finally:
        for job in jobs:
            await cloud.stop_job(job)
    for job in jobs:
        ended(platform, job, "Stopped")


async def test_endpoint_tells_what_is_live(cloud, endpoint):
    found = await cloud.endpoint(endpoint)
    assert (found.status, found.config) == ("InService", "clients-R1-a1")
    assert found.tags["cooper:request"] == "R1"
    (variant,) = found.variants
    assert (variant.model_name, variant.instance_type) == ("clients-R1-a1", "ml.m5.large")
    assert (variant.instance_count, variant.weight) == (2, 1.0)


async def test_endpoints_log_is_its_newest_instances(cloud, platform, endpoint):
    await cloud.invoke(endpoint, {"dataframe_split": {"columns": ["x"], "data": [[5]]}})
    platform.services.eventually(lambda: logged(platform, endpoint), "the server has logged")
    lines = await cloud.endpoint_log(endpoint, 200)
    assert lines
    assert await cloud.endpoint_log(endpoint, 1) == lines[-1:]
    logs, group = platform.client("logs"), f"/aws/sagemaker/Endpoints/{endpoint}"
    logs.create_log_stream(logGroupName=group, logStreamName="AllTraffic/i-00-silent")
    assert await cloud.endpoint_log(endpoint, 200)
    logs.create_log_stream(logGroupName=group, logStreamName="AllTraffic/i-01-newest")
    event = {"timestamp": 1, "message": "it came last, and wrote before the others did\n"}
    logs.put_log_events(
        logGroupName=group, logStreamName="AllTraffic/i-01-newest", logEvents=[event]
    )
    assert await cloud.endpoint_log(endpoint, 5) == [event["message"].rstrip()]


def logged(platform, endpoint):
    group = f"/aws/sagemaker/Endpoints/{endpoint}"
    return platform.client("logs").filter_log_events(logGroupName=group)["events"]


async def test_endpoint_answers(cloud, endpoint):
    payload = {"dataframe_split": {"columns": ["x"], "data": [[5]]}}
    answer = await cloud.invoke(endpoint, payload)
    assert answer.body["predictions"] == [pytest.approx(10.0)]
    assert answer.latency_ms > 0


async def test_an_inference_id_goes_with_the_request(cloud, endpoint):
    payload = {"dataframe_split": {"columns": ["x"], "data": [[5]]}}
    answer = await cloud.invoke(endpoint, payload, "traffic-1-000001")
    assert answer.body["predictions"] == [pytest.approx(10.0)]
    with pytest.raises(EndpointError, match="'inferenceId' failed to satisfy constraint"):
        await cloud.invoke(endpoint, payload, "x" * 65)


async def test_endpoints_own_error_is_said(cloud, endpoint):
    with pytest.raises(EndpointError, match="answered with an error") as caught:
        await cloud.invoke(endpoint, {"nonsense": True})
    assert "stack_trace" not in str(caught.value)
    assert "dataframe_split" in str(caught.value)


async def test_what_does_not_exist(cloud, platform):
    assert await cloud.training("never-R1-a1") is None
    assert await cloud.endpoint("never") is None
    assert await cloud.log_tail("never-R1-a1", 10) == []
    assert await cloud.endpoint_log("never", 10) == []
    assert await cloud.running_jobs("never-R1-") == []
    await cloud.stop_job("never-R1-a1")
    with pytest.raises(EndpointError, match="There is no endpoint never"):
        await cloud.invoke("never", {})


async def test_aws_that_is_away_is_said(platform, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{platform.services.free_port()}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    away = SageMakerCloud.connect("us-east-1")
    with pytest.raises(CloudUnavailableError, match="does not answer"):
        await away.training("clients-R1-a1")
    with pytest.raises(CloudUnavailableError, match="does not answer"):
        await away.invoke("any", {})
    with pytest.raises(CloudUnavailableError, match="does not answer"):
        await away.running_jobs("clients-")
    with pytest.raises(CloudUnavailableError, match="does not answer"):
        await away.endpoint_log("any", 10)
