import json
import uuid

import pytest
from botocore.exceptions import ClientError

from tests.local.aws.support import BUCKET, IMAGE, ROLE, until

EVALUATE = """
import json, os, pathlib, sys
rows = pathlib.Path(sys.argv[1], "rows.csv").read_text().splitlines()
target = pathlib.Path(os.environ["REPORT"])
target.parent.mkdir(parents=True, exist_ok=True)
target.write_text(json.dumps({"rows": len(rows) - 1, "arguments": sys.argv[2:]}))
"""
HANGS = "import time\nprint('hanging', flush=True)\ntime.sleep(600)\n"


def process(aws, code, *arguments, name=None, image=IMAGE, seconds=120, **more):
    """Create a processing job whose code is an input of its own; return its name."""
    name = name or f"processing-{uuid.uuid4().hex[:8]}"
    key = f"code/{uuid.uuid4()}"
    aws.put(f"{key}/run.py", code)
    aws.sagemaker.create_processing_job(
        ProcessingJobName=name,
        RoleArn=ROLE,
        AppSpecification={
            "ImageUri": image,
            "ContainerEntrypoint": ["python3", "/opt/ml/processing/input/code/run.py"],
            **({"ContainerArguments": list(arguments)} if arguments else {}),
        },
        ProcessingInputs=[
            s3_input("code", f"s3://{BUCKET}/{key}", "/opt/ml/processing/input/code"),
            s3_input("data", f"s3://{BUCKET}/data/rows.csv", "/opt/ml/processing/input/data"),
        ],
        ProcessingOutputConfig={
            "Outputs": [
                {
                    "OutputName": "report",
                    "S3Output": {
                        "S3Uri": f"s3://{BUCKET}/reports/{name}",
                        "LocalPath": "/opt/ml/processing/output/report",
                        "S3UploadMode": "EndOfJob",
                    },
                }
            ]
        },
        ProcessingResources={
            "ClusterConfig": {
                "InstanceCount": 1,
                "InstanceType": "ml.m5.large",
                "VolumeSizeInGB": 10,
            }
        },
        StoppingCondition={"MaxRuntimeInSeconds": seconds},
        **more,
    )
    return name


def s3_input(name, uri, path):
    return {
        "InputName": name,
        "S3Input": {
            "S3Uri": uri,
            "LocalPath": path,
            "S3DataType": "S3Prefix",
            "S3InputMode": "File",
        },
    }


def describe(aws, name):
    return aws.sagemaker.describe_processing_job(ProcessingJobName=name)


def processed(aws, name):
    return until(
        lambda: describe(aws, name),
        lambda job: job["ProcessingJobStatus"] in {"Completed", "Failed", "Stopped"},
    )


def test_a_job_reads_its_inputs_and_writes_its_outputs(aws):
    name = process(
        aws,
        EVALUATE,
        "/opt/ml/processing/input/data",
        "--out=/opt/ml/processing/output",
        "/optional/opt/ml/processing",
        Environment={"REPORT": "/opt/ml/processing/output/report/deep/report.json"},
    )
    job = processed(aws, name)

    assert job["ProcessingJobStatus"] == "Completed", job.get("FailureReason")
    key = f"reports/{name}/deep/report.json"
    report = json.loads(aws.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())
    assert report["rows"] == 20
    # A path that stands for the container's is the job's own; one that only looks like it is left alone.
    assert report["arguments"][0].startswith("--out=/")
    assert "/opt/ml" not in report["arguments"][0]
    assert report["arguments"][1] == "/optional/opt/ml/processing"
    listed = aws.sagemaker.list_processing_jobs(NameContains=name)["ProcessingJobSummaries"]
    assert [each["ProcessingJobStatus"] for each in listed] == ["Completed"]


def test_jobs_that_run_are_found_by_the_start_of_their_names(aws):
    prefix = f"sweep-{uuid.uuid4().hex[:8]}"
    ended = [process(aws, "print()", name=f"{prefix}-{number}") for number in (1, 2)]
    for name in ended:
        processed(aws, name)
    runs = process(aws, HANGS, name=f"{prefix}-3")
    pages = aws.sagemaker.get_paginator("list_processing_jobs")

    def found(**more):
        listed = pages.paginate(NameContains=prefix, PaginationConfig={"PageSize": 1}, **more)
        return [
            each["ProcessingJobName"] for page in listed for each in page["ProcessingJobSummaries"]
        ]

    assert found(StatusEquals="InProgress") == [runs]
    assert found(StatusEquals="Completed") == ended[::-1]
    assert found(StatusEquals="Failed") == []
    assert found() == [runs, *ended[::-1]]
    aws.sagemaker.stop_processing_job(ProcessingJobName=runs)
    processed(aws, runs)
    assert found(StatusEquals="Stopped") == [runs]


def test_two_jobs_at_once_do_not_see_each_other(aws):
    code = """
import os, pathlib
folder = pathlib.Path(os.environ["REPORT"])
(folder / os.environ["NAME"]).write_text("")
print(sorted(path.name for path in folder.iterdir()))
"""
    report = "/opt/ml/processing/output/report"
    names = [
        process(aws, code, Environment={"REPORT": report, "NAME": each}) for each in ("one", "two")
    ]
    assert [processed(aws, name)["ProcessingJobStatus"] for name in names] == ["Completed"] * 2
    assert [aws.keys(f"reports/{name}/") for name in names] == [
        [f"reports/{names[0]}/one"],
        [f"reports/{names[1]}/two"],
    ]


def test_a_failure_tells_the_exit_message(aws):
    code = """
import os, pathlib
pathlib.Path(os.environ["SAGEMAKER_BASE_DIR"], "output", "message").write_text("no label column")
raise SystemExit(3)
"""
    name = process(aws, code)
    job = processed(aws, name)
    assert job["ProcessingJobStatus"] == "Failed"
    assert job["ExitMessage"] == "no label column"
    assert job["FailureReason"].endswith("exit code: 3")
    assert not aws.keys(f"reports/{name}/")


def test_an_exception_is_in_the_log(aws):
    name = process(aws, "raise RuntimeError('the holdout is empty')")
    assert processed(aws, name)["FailureReason"].startswith("AlgorithmError: ")
    lines = aws.log("/aws/sagemaker/ProcessingJobs", f"{name}/")
    assert lines[-1] == "RuntimeError: the holdout is empty"


def test_a_job_is_stopped_with_all_its_processes(aws):
    code = "import subprocess\nsubprocess.run(['sleep', '600.125'])\n"
    name = process(aws, code)
    until(lambda: aws.processes("600.125"), bool)
    aws.sagemaker.stop_processing_job(ProcessingJobName=name)
    assert processed(aws, name)["ProcessingJobStatus"] == "Stopped"
    assert not aws.processes("600.125")


def test_a_job_is_ended_at_its_time_limit(aws):
    job = processed(aws, process(aws, HANGS, seconds=1))
    assert job["ProcessingJobStatus"] == "Stopped"
    assert "MaxRuntimeInSeconds" in job["FailureReason"]


def test_a_missing_input_fails_the_job(aws):
    name = f"processing-{uuid.uuid4().hex[:8]}"
    missing = s3_input("model", f"s3://{BUCKET}/nowhere/model.tar.gz", "/opt/ml/processing/model")
    aws.sagemaker.create_processing_job(
        ProcessingJobName=name,
        RoleArn=ROLE,
        AppSpecification={"ImageUri": IMAGE, "ContainerEntrypoint": ["python3", "-V"]},
        ProcessingInputs=[missing],
        ProcessingResources={
            "ClusterConfig": {
                "InstanceCount": 1,
                "InstanceType": "ml.m5.large",
                "VolumeSizeInGB": 1,
            }
        },
    )
    job = processed(aws, name)
    assert job["ProcessingJobStatus"] == "Failed"
    assert "input 'model'" in job["FailureReason"]


def test_a_name_is_taken_once(aws):
    name = process(aws, "print()")
    with pytest.raises(aws.sagemaker.exceptions.ResourceInUse, match="already exists"):
        process(aws, "print()", name=name)
    processed(aws, name)


def test_an_unknown_image_fails_the_job(aws):
    job = processed(aws, process(aws, "print()", image="busybox:1"))
    assert "Cannot pull the image busybox:1" in job["FailureReason"]


@pytest.mark.parametrize("path", ["/etc/cron.d", "/opt/ml/processing/../../etc"])
def test_an_input_cannot_be_put_anywhere_else(aws, path):
    with pytest.raises(ClientError, match="must start with /opt/ml/processing/"):
        aws.sagemaker.create_processing_job(
            ProcessingJobName="elsewhere",
            RoleArn=ROLE,
            AppSpecification={"ImageUri": IMAGE, "ContainerEntrypoint": ["python3", "-V"]},
            ProcessingInputs=[s3_input("data", f"s3://{BUCKET}/data", path)],
            ProcessingResources={
                "ClusterConfig": {
                    "InstanceCount": 1,
                    "InstanceType": "ml.m5.large",
                    "VolumeSizeInGB": 1,
                }
            },
        )


def test_a_job_that_is_not_there(aws):
    with pytest.raises(ClientError, match="Could not find requested job with name: nobody"):
        describe(aws, "nobody")
