"""digit-reader runs in the local image as its `project.yaml` says: trained as a job, served by an endpoint."""

import json
import tarfile

import pytest

from actions.project import load_project
from infra.local.environments import ROOT
from tests.local.aws.support import BUCKET, channel, until

FOLDER = ROOT / "examples" / "digit-reader"
REGISTRY = "763104351884.dkr.ecr.us-east-1.amazonaws.com"
SERVING = "000000000000.dkr.ecr.us-east-1.amazonaws.com/cooper-serving:1-pytorch"
SECONDS = 900  # the image may have to be made first


@pytest.fixture(scope="module")
def project():
    return load_project(FOLDER)


@pytest.fixture(scope="module")
def job(aws, project, tmp_path_factory):
    """The description of a training that ended, started as the DAG starts it on spot."""
    package = tmp_path_factory.mktemp("source") / "source.tar.gz"
    with tarfile.open(package, "w:gz") as tar:
        for path in sorted([*FOLDER.glob("*.py"), FOLDER / "requirements.txt"]):
            tar.add(path, path.name)
    source = aws.put("digits/source.tar.gz", package.read_bytes())
    aws.put("digits/train/digits.csv", (FOLDER / project.data.train).read_bytes())
    name = aws.train(
        image=f"{REGISTRY}/pytorch-training:{project.image.version}-cpu-py313",
        hyperparameters={
            **project.hyperparameters,
            "sagemaker_submit_directory": source,
            "epochs": 4,
            "checkpoint_every": 20,
        },
        AlgorithmSpecification={
            "TrainingImage": f"{REGISTRY}/pytorch-training:{project.image.version}-cpu-py313",
            "TrainingInputMode": "File",
            "MetricDefinitions": [
                {"Name": metric.name, "Regex": metric.regex}
                for metric in project.metrics
                if metric.regex
            ],
        },
        InputDataConfig=[channel("train", f"s3://{BUCKET}/digits/train/")],
        CheckpointConfig={
            "S3Uri": f"s3://{BUCKET}/digits/checkpoints",
            "LocalPath": "/opt/ml/checkpoints",
        },
        seconds=SECONDS,
    )
    return until(
        lambda: aws.training(name),
        lambda each: each["TrainingJobStatus"] in {"Completed", "Failed", "Stopped"},
        SECONDS,
    )


def test_the_job_completes_with_every_metric_of_the_log(job, project):
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    found = {each["MetricName"]: each["Value"] for each in job["FinalMetricDataList"]}
    assert set(found) == {metric.name for metric in project.metrics if metric.regex}
    assert found["validation_accuracy"] > 0.8


def test_its_checkpoints_are_in_s3_for_the_next_instance(job, aws):
    assert job["TrainingJobStatus"] == "Completed"
    names = {key.rsplit("/", 1)[1] for key in aws.keys("digits/checkpoints/")}
    assert names == {"checkpoint-0.pt", "checkpoint-1.pt"}


def test_an_endpoint_of_the_pytorch_serving_image_reads_the_sample(job, aws, project):
    model = aws.model(job["ModelArtifacts"]["S3ModelArtifacts"], image=SERVING)
    endpoint = aws.endpoint(aws.config(model))
    served = aws.steady(endpoint)
    assert served["EndpointStatus"] == "InService", served.get("FailureReason")
    answer = aws.sagemaker_runtime.invoke_endpoint(
        EndpointName=endpoint,
        ContentType="application/json",
        Body=(FOLDER / project.serving.sample).read_bytes(),
    )
    assert json.loads(answer["Body"].read())["predictions"] == [5]
