import io
import tarfile

from tests.local.aws.support import BUCKET


def test_a_job_trains_the_projects_code_and_tells_all_about_it(aws):
    name = aws.train(hyperparameters={"slope": 3})
    job = aws.trained(name)

    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
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
