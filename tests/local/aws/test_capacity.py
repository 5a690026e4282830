"""Spot instances that are taken away, instance types that have run out, and how both are asked for."""

import subprocess
import sys
import uuid

import httpx
import pytest

from infra.local.environments import ROOT
from tests.local.aws.support import BUCKET, until
from tests.local.aws.test_processing import process, processed

# Counts its lives in a checkpoint; in its first it stays until SIGTERM, then saves what it has.
RESUMES = """
import os, pathlib, signal, sys
checkpoint = pathlib.Path(os.environ["SAGEMAKER_BASE_DIR"], "checkpoints", "epoch")
if checkpoint.exists():
    pathlib.Path(os.environ["SM_MODEL_DIR"], "epoch").write_text(checkpoint.read_text())
    print("went on from epoch", checkpoint.read_text(), "rmse=0.25;")
    sys.exit()
def save(*_):
    checkpoint.write_text("7")
    sys.exit(1)
signal.signal(signal.SIGTERM, save)
print("rmse=0.5;")
while True:
    signal.pause()
"""
HANGS = """
import signal
print("rmse=0.5;")
while True:
    signal.pause()
"""


def spot(aws, code, *, seconds=60, wait=120, **more):
    """Create a spot job with a place for its checkpoints; return its name when its code runs."""
    name = aws.train(
        code,
        EnableManagedSpotTraining=True,
        StoppingCondition={"MaxRuntimeInSeconds": seconds, "MaxWaitTimeInSeconds": wait},
        CheckpointConfig={"S3Uri": f"s3://{BUCKET}/checkpoints/{uuid.uuid4()}"},
        **more,
    )
    until(lambda: aws.training(name), lambda job: job.get("FinalMetricDataList"))
    return name


def ask(aws, what, **body):
    return httpx.post(f"{aws.url}/_cooper/{what}", json=body, trust_env=False)


def interrupt(aws, name, **more):
    answer = ask(aws, "interruptions", job=name, **more)
    assert answer.status_code == 200, answer.text
    return answer.json()


def statuses(job):
    return [each["Status"] for each in job["SecondaryStatusTransitions"]]


def chaos(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "infra.local.aws.chaos", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


# ---------------------------------------------------------------------- interruptions


def test_an_interrupted_job_goes_on_from_its_checkpoint(aws):
    name = spot(aws, RESUMES)
    assert interrupt(aws, name, seconds=3) == {"job": name, "seconds": 3}
    away = until(lambda: aws.training(name), lambda job: job["SecondaryStatus"] == "Interrupted")
    job = aws.trained(name)

    assert away["TrainingJobStatus"] == "InProgress"
    assert away["SecondaryStatusTransitions"][-1]["StatusMessage"] == (
        "The job stopped because the managed spot training instances were interrupted."
    )
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert statuses(job) == [
        "Starting",
        "Downloading",
        "Training",
        "Interrupted",
        "Starting",
        "Downloading",
        "Training",
        "Uploading",
        "Completed",
    ]
    [metric] = job["FinalMetricDataList"]
    assert metric["Value"] == 0.25
    assert aws.keys(f"runs/{name}/") == [f"runs/{name}/output/model.tar.gz"]
    # Three seconds without an instance: they are waited for, and not paid.
    waited = job["TrainingTimeInSeconds"] - job["BillableTimeInSeconds"]
    assert 2 <= waited <= 5
    lived = (job["TrainingEndTime"] - job["TrainingStartTime"]).total_seconds()
    assert 0 <= job["TrainingTimeInSeconds"] - lived < 1


def test_both_lives_of_a_job_are_in_its_log(aws):
    name = spot(aws, RESUMES)
    interrupt(aws, name)
    aws.trained(name)
    streams = aws.logs.describe_log_streams(
        logGroupName="/aws/sagemaker/TrainingJobs", logStreamNamePrefix=f"{name}/"
    )["logStreams"]
    lines = [
        line
        for each in streams
        for line in aws.log("/aws/sagemaker/TrainingJobs", each["logStreamName"])
    ]
    assert "rmse=0.5;" in lines
    assert "went on from epoch 7 rmse=0.25;" in lines


def test_a_job_may_be_interrupted_more_than_once(aws):
    name = spot(aws, HANGS)
    for times in (1, 2):
        interrupt(aws, name)
        until(
            lambda: aws.training(name),
            lambda job, times=times: (
                statuses(job).count("Interrupted") == times and job["SecondaryStatus"] == "Training"
            ),
        )
    aws.sagemaker.stop_training_job(TrainingJobName=name)
    assert aws.trained(name)["SecondaryStatus"] == "Stopped"


def test_capacity_that_never_comes_back_ends_at_the_wait_limit(aws):
    name = spot(aws, HANGS, seconds=15, wait=15)
    interrupt(aws, name, seconds=3600)
    job = aws.trained(name)

    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxWaitTimeExceeded")
    assert statuses(job)[-2:] == ["Interrupted", "MaxWaitTimeExceeded"]
    assert job["BillableTimeInSeconds"] < job["TrainingTimeInSeconds"]
    assert not job.get("ModelArtifacts", {}).get("S3ModelArtifacts")
    assert not aws.jobs_running()


def test_the_wait_limit_ends_code_that_runs_as_well(aws):
    name = spot(aws, HANGS, seconds=15, wait=15)
    interrupt(aws, name)  # starts anew, but the time that it waited and ran counts on
    job = aws.trained(name)
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxWaitTimeExceeded")
    assert "Interrupted" in statuses(job)


def test_the_run_time_of_all_lives_counts(aws):
    name = spot(aws, HANGS, seconds=8)
    interrupt(aws, name)
    job = aws.trained(name)
    assert job["SecondaryStatus"] == "MaxRuntimeExceeded"
    trained = [
        (each["EndTime"] - each["StartTime"]).total_seconds()
        for each in job["SecondaryStatusTransitions"]
        if each["Status"] == "Training"
    ]
    assert len(trained) == 2
    assert 7 < sum(trained) < 13


def test_a_job_can_be_stopped_while_it_waits_for_capacity(aws):
    name = spot(aws, HANGS)
    interrupt(aws, name, seconds=3600)
    until(lambda: aws.training(name), lambda job: job["SecondaryStatus"] == "Interrupted")
    aws.sagemaker.stop_training_job(TrainingJobName=name)
    job = aws.trained(name)
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "Stopped")


def test_code_that_ignores_the_notice_is_killed_and_started_again(aws):
    deaf = HANGS.replace("print", "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint", 1)
    name = spot(aws, deaf)
    interrupt(aws, name)
    until(
        lambda: aws.training(name),
        lambda job: "Interrupted" in statuses(job) and job["SecondaryStatus"] == "Training",
    )
    aws.sagemaker.stop_training_job(TrainingJobName=name)
    aws.trained(name)


def test_a_job_without_spot_cannot_be_interrupted(aws):
    name = aws.train(HANGS)
    until(lambda: aws.training(name), lambda job: job.get("FinalMetricDataList"))
    answer = ask(aws, "interruptions", job=name)
    assert answer.status_code == 409
    assert answer.json() == {"error": f"{name} does not run on spot instances"}
    assert aws.training(name)["SecondaryStatus"] == "Training"
    aws.sagemaker.stop_training_job(TrainingJobName=name)
    aws.trained(name)


def test_a_job_that_has_ended_cannot_be_interrupted(aws):
    name = spot(aws, "print('rmse=0.5;')")
    aws.trained(name)
    answer = ask(aws, "interruptions", job=name)
    assert answer.status_code == 409
    assert "is Completed; only a job in Training is interrupted" in answer.json()["error"]


# ---------------------------------------------------------------------- shortages


def test_a_shortage_fails_so_many_jobs_of_that_type(aws):
    kind = {"InstanceType": "ml.c5.9xlarge", "InstanceCount": 1, "VolumeSizeInGB": 1}
    assert ask(aws, "shortages", instance_type="ml.c5.9xlarge", count=1).json()["count"] == 1
    assert ask(aws, "shortages", instance_type="ml.c5.9xlarge").json()["count"] == 2

    other = aws.trained(aws.train("print()"))
    short = [aws.trained(aws.train("print()", ResourceConfig=kind)) for _ in range(3)]

    assert other["TrainingJobStatus"] == "Completed"
    assert [job["TrainingJobStatus"] for job in short] == ["Failed", "Failed", "Completed"]
    assert short[0]["FailureReason"] == (
        "CapacityError: Unable to provision requested ML compute capacity. "
        "Please retry using a different ML instance type or after some time."
    )
    assert statuses(short[0]) == ["Starting", "Failed"]
    assert short[0]["BillableTimeInSeconds"] == 0


def test_a_shortage_fails_processing_jobs_too(aws):
    ask(aws, "shortages", instance_type="ml.m5.large")
    job = processed(aws, process(aws, "print()"))
    assert job["ProcessingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("CapacityError: ")


# ---------------------------------------------------------------------- how it is asked for


@pytest.mark.parametrize(
    ("what", "body", "status", "words"),
    [
        ("interruptions", {"job": "nobody"}, 404, "there is no training job 'nobody'"),
        ("interruptions", {}, 422, "job: Field required"),
        ("interruptions", {"job": "a", "seconds": -1}, 422, "seconds: "),
        ("interruptions", {"job": "a", "seconds": "soon"}, 422, "seconds: "),
        ("interruptions", {"job": "a", "for": 1}, 422, "for: "),
        ("shortages", {"instance_type": "ml.huge"}, 422, "no instance type 'ml.huge'"),
        ("shortages", {"instance_type": "ml.m5.large", "count": 0}, 422, "count: "),
        ("shortages", {"instance_type": "ml.m5.large", "count": 1.5}, 422, "count: "),
        ("floods", {}, 404, "there are /_cooper/interruptions, /_cooper/shortages"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(aws, what, body, status, words):
    answer = ask(aws, what, **body)
    assert answer.status_code == status
    assert words in answer.json()["error"]


def test_a_body_that_is_no_json_is_refused(aws):
    answer = httpx.post(f"{aws.url}/_cooper/shortages", content=b"{", trust_env=False)
    assert answer.status_code == 422
    assert answer.json()["error"].startswith("the body: ")


def test_no_page_in_a_browser_can_let_things_go_wrong(aws):
    for more in ({"Origin": "https://elsewhere.example"}, {"Origin": aws.url}):
        answer = httpx.post(
            f"{aws.url}/_cooper/shortages",
            content=b'{"instance_type": "ml.m5.large"}',
            headers=more,
            trust_env=False,
        )
        assert answer.status_code == 403
    assert httpx.get(f"{aws.url}/_cooper/shortages", trust_env=False).status_code == 405
    assert aws.trained(aws.train("print()"))["TrainingJobStatus"] == "Completed"


def test_the_command_line_does_the_same(aws):
    name = spot(aws, RESUMES)
    done = chaos("interrupt", name, "--seconds", "0", "--endpoint", aws.url)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Interrupted" in statuses(aws.trained(name))

    done = chaos("shortage", "ml.c5.4xlarge", "--count", "2", "--endpoint", aws.url)
    assert done.returncode == 0
    assert '"count":2' in done.stdout

    refused = chaos("interrupt", name, "--endpoint", aws.url)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith(f"error: {name} is Completed")


def test_the_command_line_says_when_nothing_answers():
    done = chaos("shortage", "ml.m5.large", "--endpoint", "http://127.0.0.1:9")
    assert done.returncode == 1
    assert "nothing answers at http://127.0.0.1:9" in done.stderr
