import signal

import psutil
import pytest

from tests.local.aws.support import BUCKET, Aws, command_line, furnish, until

HANGS = """
import subprocess
print("rmse=0.5;")
subprocess.run(["sleep", "600"])
"""


def gone(processes):
    """Wait until none of the processes is alive."""
    until(
        lambda: [
            (each.pid, command_line(each))
            for each in processes
            if each.is_running() and each.status() != psutil.STATUS_ZOMBIE
        ],
        lambda alive: not alive,
        seconds=20,
    )


def busy(process, artefact_body):
    """Let a stand-in serve an endpoint and run a job; return its client and the names of both."""
    aws = Aws(process.url, process.process.pid)
    furnish(aws)
    data = aws.put("models/model.tar.gz", artefact_body)
    endpoint = aws.endpoint(aws.config(aws.model(data)))
    assert aws.steady(endpoint)["EndpointStatus"] == "InService"
    job = aws.train(HANGS, Tags=[{"Key": "cooper:request", "Value": "R1"}])
    until(lambda: aws.training(job), lambda each: each.get("FinalMetricDataList"))
    return aws, endpoint, job


@pytest.fixture(scope="session")
def artefact_body(aws, artefact):
    key = artefact.removeprefix(f"s3://{BUCKET}/")
    return aws.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_all_is_there_again_after_a_restart(start, artefact_body, number):
    process = start()
    aws, endpoint, job = busy(process, artefact_body)
    until(lambda: aws.processes("sleep 600"), bool)
    children = aws.processes()
    assert any("serve.py" in command_line(each) for each in children)

    process.process.send_signal(number)
    process.process.wait(30)
    gone(children)

    again = start()
    aws = Aws(again.url, again.process.pid)
    assert round(aws.predict(endpoint)[0][0], 3) == 4.0
    assert aws.steady(endpoint)["EndpointStatus"] == "InService"
    failed = aws.training(job)
    assert failed["TrainingJobStatus"] == "Failed"
    assert "stand-in was restarted" in failed["FailureReason"]
    assert failed["SecondaryStatusTransitions"][-1]["Status"] == "Failed"
    tags = aws.sagemaker.list_tags(ResourceArn=failed["TrainingJobArn"])["Tags"]
    assert tags == [{"Key": "cooper:request", "Value": "R1"}]
    body = aws.s3.get_object(Bucket=BUCKET, Key="data/rows.csv")["Body"].read()
    assert body.startswith(b"x,y\n0,0\n")
    with pytest.raises(aws.sagemaker.exceptions.ResourceInUse):
        aws.train(HANGS, name=job)


def test_an_update_is_rolled_back_by_a_restart(start):
    process = start()
    aws = Aws(process.url, process.process.pid)
    furnish(aws)
    old, new = aws.answering("return [1.0]"), aws.answering("return [2.0]")
    endpoint = aws.endpoint(old)
    aws.steady(endpoint)
    routing = {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 60}
    aws.sagemaker.update_endpoint(
        EndpointName=endpoint,
        EndpointConfigName=new,
        DeploymentConfig={"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing}},
    )
    until(lambda: aws.predict(endpoint)[0], lambda answer: answer == [2.0])
    children = aws.processes()
    process.kill()
    gone(children)

    again = start()
    aws = Aws(again.url, again.process.pid)
    assert aws.predict(endpoint)[0] == [1.0]
    described = aws.steady(endpoint)
    assert (described["EndpointStatus"], described["EndpointConfigName"]) == ("InService", old)
    assert "restarted during the update" in described["FailureReason"]
    assert "PendingDeploymentSummary" not in described


def test_a_stop_in_the_middle_of_an_update_leaves_no_process(start):
    process = start()
    aws = Aws(process.url, process.process.pid)
    furnish(aws)
    endpoint = aws.endpoint(aws.answering("return [1.0]"))
    aws.steady(endpoint)
    policy = {"TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 60}}
    aws.sagemaker.update_endpoint(
        EndpointName=endpoint,
        EndpointConfigName=aws.answering("return [2.0]"),
        DeploymentConfig={"BlueGreenUpdatePolicy": policy},
    )
    until(lambda: aws.predict(endpoint)[0], lambda answer: answer == [2.0])
    children = aws.processes("serve.py")
    assert len(children) == 4  # two servers, each with its guard
    assert process.stop() == -signal.SIGTERM  # in order; a kill would say -9
    gone(children)


def test_logs_and_buckets_survive_a_kill_soon_after(start, tmp_path):
    process = start()
    aws = Aws(process.url, process.process.pid)
    aws.s3.create_bucket(Bucket="empty-bucket")
    aws.logs.create_log_group(logGroupName="/aws/sagemaker/TrainingJobs")
    saved = tmp_path / "aws" / "ministack" / "cloudwatch_logs.json"
    until(lambda: saved.exists() and "TrainingJobs" in saved.read_text(), bool, seconds=10)
    process.kill()

    aws = Aws(start().url)
    assert [each["Name"] for each in aws.s3.list_buckets()["Buckets"]] == ["empty-bucket"]
    groups = aws.logs.describe_log_groups()["logGroups"]
    assert [each["logGroupName"] for each in groups] == ["/aws/sagemaker/TrainingJobs"]


def test_objects_are_as_last_written_after_a_kill(start):
    process = start()
    aws = Aws(process.url, process.process.pid)
    furnish(aws)
    aws.put("changed", b"old")
    aws.put("deleted", b"gone")
    process.stop()
    process = start()
    aws = Aws(process.url, process.process.pid)
    aws.s3.put_object(Bucket=BUCKET, Key="changed", Body=b"newer", Metadata={"sha": "1"})
    aws.s3.delete_object(Bucket=BUCKET, Key="deleted")
    process.kill()

    aws = Aws(start().url)
    got = aws.s3.get_object(Bucket=BUCKET, Key="changed")
    assert (got["Body"].read(), got["Metadata"]) == (b"newer", {"sha": "1"})
    assert aws.keys("") == ["changed", "data/rows.csv"]


def test_a_port_that_is_taken_is_said(start, tmp_path, capfd):
    process = start()
    port = process.url.rsplit(":", 1)[1]
    from infra.local.aws.starter import DidNotStartError, Process

    with pytest.raises(DidNotStartError, match="ended with 1"):
        Process(tmp_path / "other", tmp_path, "--port", port)
    assert "the AWS stand-in cannot start" in capfd.readouterr().err
