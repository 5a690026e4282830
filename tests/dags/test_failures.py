import pytest

from cooper_dags.failures import of_job, of_reason, raised

TRACEBACK = """Traceback (most recent call last):
  File "/opt/ml/code/train.py", line 9, in <module>
    load()
FileNotFoundError: no CSV file in data

During handling of the above exception, another exception occurred:

  File "/opt/ml/code/train.py", line 12, in <module>
torch.cuda.OutOfMemoryError: CUDA out of memory: tried to allocate 2 GiB"""
TOOLKIT = (
    "AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage "
    '"ValueError: the loss is NaN at step 3\n"\n'
    'Command "/miniconda3/bin/python train.py --learning_rate 0.05 --error KeyError: none", '
    "exit code: 1"
)


def training(status="Failed", **job):
    return of_job("training", "demo-R1-a1", {"TrainingJobStatus": status, **job})


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (TRACEBACK, "torch.cuda.OutOfMemoryError: CUDA out of memory: tried to allocate 2 GiB"),
        (TOOLKIT, "ValueError: the loss is NaN at step 3"),
        (TOOLKIT.replace("\n", "\\n"), "ValueError: the loss is NaN at step 3"),
        ("AssertionError", "AssertionError"),
        ("AlgorithmError: See job logs for more information, exit code: 1", None),
        ("epoch=3; train_rmse=0.25", None),
        ("the error: too large", None),
        ("", None),
    ],
)
def test_exception_is_found_among_the_noise(text, found):
    assert raised(text) == found


def test_code_that_raised_is_told_by_its_exception_alone():
    found = training(FailureReason=TOOLKIT)
    assert found.kind == "code"
    assert found.reason == (
        "The training job demo-R1-a1 failed: ValueError: the loss is NaN at step 3"
    )


def test_exception_that_sagemaker_does_not_tell_comes_from_the_log():
    reason = "AlgorithmError: See job logs for more information, exit code: 1"
    job = {"ProcessingJobStatus": "Failed", "FailureReason": reason}
    found = of_job("processing", "demo-R1-a1", job, TRACEBACK.splitlines())
    assert found.kind == "code"
    assert found.reason.endswith("CUDA out of memory: tried to allocate 2 GiB")
    assert "See job logs" in of_job("processing", "demo-R1-a1", job, ["epoch=1"]).reason


@pytest.mark.parametrize(
    ("status", "job", "kind", "words"),
    [
        (
            "Failed",
            {"FailureReason": "CapacityError: Unable to provision requested ML compute capacity."},
            "capacity",
            "Unable to provision",
        ),
        ("Stopped", {"SecondaryStatus": "MaxWaitTimeExceeded"}, "interrupted", "no spot capacity"),
        (
            "Stopped",
            {
                "SecondaryStatus": "MaxRuntimeExceeded",
                "StoppingCondition": {"MaxRuntimeInSeconds": 300},
            },
            "time_limit",
            "its time limit of 300 s",
        ),
        ("Stopped", {"SecondaryStatus": "Stopped"}, "fault", "was stopped."),
        (
            "Failed",
            {
                "FailureReason": "ClientError: Data download failed: User: arn:aws:sts::1:role/x is "
                "not authorized to perform: s3:ListBucket on resource: arn:aws:s3:::data"
            },
            "permission",
            "arn:aws:sts::1:role/x lacks the permission s3:ListBucket on arn:aws:s3:::data",
        ),
        ("Failed", {"FailureReason": "InternalServerError: sorry"}, "fault", "sorry"),
        ("Failed", {}, "fault", "gave no reason"),
    ],
)
def test_each_end_of_a_job_has_its_kind_and_says_why(status, job, kind, words):
    found = training(status, **job)
    assert found.kind == kind
    assert words in found.reason


def test_processing_job_over_its_time_is_told_by_its_reason():
    reason = "ClientError: The processing job ran longer than MaxRuntimeInSeconds"
    job = {"ProcessingJobStatus": "Stopped", "FailureReason": reason}
    assert of_job("processing", "demo-R1-a1", job).kind == "time_limit"


def test_endpoint_without_capacity_is_no_fault_of_the_model():
    reason = "Unable to provision requested ML compute capacity due to InsufficientInstanceCapacity"
    assert of_reason("The endpoint e is Failed", reason).kind == "capacity"
