import fcntl
import io
import tarfile

import pytest
from botocore.exceptions import ClientError

from infra.local.aws.starter import Process
from tests.local.aws.support import BUCKET, Aws, channel, furnish, until


def test_a_job_trains_the_projects_code_and_tells_all_about_it(aws, trained):
    name, job = trained["TrainingJobName"], trained

    assert [each["Status"] for each in job["SecondaryStatusTransitions"]] == [
        "Starting",
        "Downloading",
        "Training",
        "Uploading",
        "Completed",
    ]
    [metric] = job["FinalMetricDataList"]
    assert (metric["MetricName"], round(metric["Value"], 4)) == ("rmse", 0.25)
    assert job["TrainingEndTime"] > job["TrainingStartTime"]
    assert job["BillableTimeInSeconds"] >= 1
    uri = job["ModelArtifacts"]["S3ModelArtifacts"]
    assert uri == f"s3://{BUCKET}/runs/{name}/output/model.tar.gz"
    body = aws.s3.get_object(Bucket=BUCKET, Key=f"runs/{name}/output/model.tar.gz")["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as tar:
        assert "model/MLmodel" in tar.getnames()
    lines = aws.log("/aws/sagemaker/TrainingJobs", f"{name}/algo-1-")
    assert "epoch 2 rmse=0.2500;" in lines
    assert "secrets [] threads 1" in lines


def test_a_job_is_listed_and_tagged(aws):
    name = aws.train("print('short')", Tags=[{"Key": "cooper:request", "Value": "R42"}])
    job = aws.trained(name)
    arn = job["TrainingJobArn"]
    aws.sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "cooper:project", "Value": "claims"}])

    tags = aws.sagemaker.list_tags(ResourceArn=arn)["Tags"]
    listed = aws.sagemaker.list_training_jobs(NameContains=name, StatusEquals="Completed")

    assert {each["Key"]: each["Value"] for each in tags} == {
        "cooper:request": "R42",
        "cooper:project": "claims",
    }
    assert [each["TrainingJobName"] for each in listed["TrainingJobSummaries"]] == [name]
    assert not aws.sagemaker.list_training_jobs(NameContains=name, StatusEquals="Failed")[
        "TrainingJobSummaries"
    ]


def test_an_exception_becomes_the_failure_reason(aws):
    name = aws.train("import os\nraise ValueError('no column named age in the data')")
    job = aws.trained(name)

    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Failed", "Failed")
    assert job["FailureReason"].startswith("AlgorithmError: ExecuteUserScriptError:")
    assert "ValueError: no column named age in the data" in job["FailureReason"]
    assert job["FailureReason"].endswith("exit code: 1")
    assert "ModelArtifacts" not in job or not job["ModelArtifacts"].get("S3ModelArtifacts")
    assert not aws.keys(f"runs/{name}/")
    lines = aws.log("/aws/sagemaker/TrainingJobs", f"{name}/")
    assert any("Traceback (most recent call last)" in line for line in lines)


SAVES_ON_SIGTERM = """
import os, pathlib, signal, sys
signal.signal(signal.SIGTERM, lambda *_: (
    pathlib.Path(os.environ["SM_MODEL_DIR"], "half").write_text("saved"), sys.exit(0)))
print("rmse=0.75;")
while True:
    signal.pause()
"""


def test_a_stopped_job_may_save_its_model(aws):
    name = aws.train(SAVES_ON_SIGTERM)
    # The metric is there while the job runs.
    until(lambda: aws.training(name), lambda job: job.get("FinalMetricDataList"))
    assert aws.training(name)["SecondaryStatus"] == "Training"

    aws.sagemaker.stop_training_job(TrainingJobName=name)
    job = aws.trained(name)

    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "Stopped")
    assert aws.keys(f"runs/{name}/") == [f"runs/{name}/output/model.tar.gz"]
    assert "Stopping" in [each["Status"] for each in job["SecondaryStatusTransitions"]]


DEAF = """
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("rmse=0.5;")
while True:
    signal.pause()
"""


def test_code_that_ignores_the_time_limit_is_killed(aws):
    name = aws.train(DEAF, seconds=2)
    job = aws.trained(name)

    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")
    assert job["SecondaryStatusTransitions"][-1]["StatusMessage"] == (
        "Training job runtime exceeded MaxRuntimeInSeconds provided"
    )
    assert not aws.jobs_running()


def test_a_name_is_taken_once(aws):
    name = aws.train("print('first')")
    with pytest.raises(aws.sagemaker.exceptions.ResourceInUse, match="already exists"):
        aws.train("print('second')", name=name)
    assert aws.trained(name)["TrainingJobStatus"] == "Completed"
    assert "second" not in aws.log("/aws/sagemaker/TrainingJobs", f"{name}/")


def test_an_unknown_image_fails_the_job(aws):
    job = aws.trained(aws.train(image="123.dkr.ecr.us-east-1.amazonaws.com/ours:1"))
    assert job["TrainingJobStatus"] == "Failed"
    assert "Cannot pull the image" in job["FailureReason"]
    assert "sagemaker-scikit-learn" in job["FailureReason"]


def test_a_channel_without_data_fails_the_job(aws):
    job = aws.trained(aws.train(InputDataConfig=[channel("train", f"s3://{BUCKET}/nothing/")]))
    assert job["TrainingJobStatus"] == "Failed"
    assert "Data download failed: channel 'train'" in job["FailureReason"]


def test_checkpoints_carry_over_to_the_next_job(aws):
    code = """
import pathlib, os
path = pathlib.Path(os.environ["SAGEMAKER_BASE_DIR"], "checkpoints", "epoch")
before = path.read_text() if path.exists() else "0"
print("epoch was", before)
path.write_text(str(int(before) + 1))
"""
    checkpoints = {"S3Uri": f"s3://{BUCKET}/checkpoints/one"}
    for expected in ("epoch was 0", "epoch was 1"):
        name = aws.train(code, CheckpointConfig=checkpoints)
        assert aws.trained(name)["TrainingJobStatus"] == "Completed"
        assert expected in aws.log("/aws/sagemaker/TrainingJobs", f"{name}/")
    body = aws.s3.get_object(Bucket=BUCKET, Key="checkpoints/one/epoch")["Body"].read()
    assert body == b"2"


def test_what_a_job_installs_stays_in_the_job(aws, images):
    code = "import sysconfig; print('purelib', sysconfig.get_path('purelib'))"
    name = aws.train(code)
    aws.trained(name)
    [line] = [
        each
        for each in aws.log("/aws/sagemaker/TrainingJobs", f"{name}/")
        if each.startswith("purelib ")
    ]
    assert name in line
    assert str(images) not in line


def test_requirements_that_the_image_meets_need_no_index(aws):
    source = aws.source("print('ran')", **{"requirements.txt": "mlflow-skinny==3.17.2\npandas\n"})
    name = aws.train(hyperparameters={"sagemaker_submit_directory": source})
    job = aws.trained(name)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    lines = aws.log("/aws/sagemaker/TrainingJobs", f"{name}/")
    assert any("Requirement already satisfied: mlflow-skinny" in line for line in lines)
    assert "ran" in lines


def test_jobs_beyond_the_machines_slots_wait_and_can_be_stopped_there(start):
    aws = Aws(start("--concurrency", "1").url)
    furnish(aws)
    running, waiting = aws.train(DEAF), aws.train(DEAF)
    until(lambda: aws.training(running), lambda job: job["SecondaryStatus"] == "Training")
    assert aws.training(waiting)["SecondaryStatus"] == "Starting"

    aws.sagemaker.stop_training_job(TrainingJobName=waiting)

    job = aws.trained(waiting)
    assert job["TrainingJobStatus"] == "Stopped"
    assert "TrainingStartTime" not in job
    assert aws.training(running)["TrainingJobStatus"] == "InProgress"


def test_a_job_can_be_stopped_while_its_image_is_made(tmp_path):
    images = tmp_path / "images"
    images.mkdir()
    with (images / ".sklearn.lock").open("w") as lock:
        # Somebody else makes the image, and takes very long over it.
        fcntl.flock(lock, fcntl.LOCK_EX)
        process = Process(tmp_path / "aws", images)
        try:
            aws = Aws(process.url, process.process.pid)
            furnish(aws)
            name = aws.train("print()")
            until(lambda: aws.processes("infra.local.images"), bool)
            job = aws.training(name)
            assert job["SecondaryStatus"] == "Starting"
            message = job["SecondaryStatusTransitions"][-1]["StatusMessage"]
            assert message == "Preparing the instances for training"

            aws.sagemaker.stop_training_job(TrainingJobName=name)

            assert aws.trained(name)["TrainingJobStatus"] == "Stopped"
            until(lambda: aws.processes("infra.local.images"), lambda left: not left, seconds=20)
        finally:
            process.stop()


def test_a_job_that_has_ended_cannot_be_stopped(aws):
    name = aws.train("print('done')")
    aws.trained(name)
    with pytest.raises(ClientError, match="is in status Completed") as caught:
        aws.sagemaker.stop_training_job(TrainingJobName=name)
    assert caught.value.response["Error"]["Code"] == "ValidationException"


def test_a_job_that_is_not_there(aws):
    with pytest.raises(ClientError, match=r"Requested resource not found\.") as caught:
        aws.training("nobody")
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    with pytest.raises(aws.sagemaker.exceptions.ResourceNotFound):
        aws.sagemaker.stop_training_job(TrainingJobName="nobody")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"TrainingJobName": "no_underscores"}, "regular expression pattern"),
        ({"RoleArn": "somebody-who-is-no-role"}, "roleArn"),
        (
            {
                "ResourceConfig": {
                    "InstanceType": "ml.huge",
                    "InstanceCount": 1,
                    "VolumeSizeInGB": 1,
                }
            },
            "enum value set",
        ),
        ({"EnableManagedSpotTraining": True}, "MaxWaitTimeInSeconds"),
        ({"OutputDataConfig": {"S3OutputPath": "ftp://there"}}, "s3OutputPath"),
    ],
)
def test_a_request_that_breaks_the_service_model_is_refused(aws, change, words):
    name = change.pop("TrainingJobName", None)
    with pytest.raises(ClientError, match=words) as caught:
        aws.train("print()", name=name, **change)
    assert caught.value.response["Error"]["Code"] == "ValidationException"


def test_what_is_not_imitated_is_refused_at_once(aws):
    two = {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 1}
    with pytest.raises(ClientError, match="more than one instance") as caught:
        aws.train(ResourceConfig=two)
    assert caught.value.response["Error"]["Code"] == "UnsupportedOperation"
    assert caught.value.response["ResponseMetadata"]["RetryAttempts"] == 0
