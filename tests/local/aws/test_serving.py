"""The serving image proves its model before `/ping` says that it is healthy."""

import time

import pytest

from tests.local.aws.support import until

GROUP = "/aws/sagemaker/Endpoints"


def said(aws, name, prefix=""):
    """Return what the endpoint's servers said of their validation, the log read once."""
    streams = aws.logs.describe_log_streams(logGroupName=f"{GROUP}/{name}")["logStreams"]
    lines = [
        line for stream in streams for line in aws.log(f"{GROUP}/{name}", stream["logStreamName"])
    ]
    return [line for line in lines if line.startswith(f"cooper: valid{prefix}")]


def created(aws, data, **variables):
    name = aws.endpoint(aws.config(aws.model(data, Environment=variables)))
    return name, aws.steady(name)


@pytest.mark.parametrize(
    ("model", "variables", "words"),
    [
        ({"load": "raise ValueError('weights are\\ntorn')"}, {}, "ValueError: weights are torn"),
        ({"load": "raise SystemExit(0)"}, {}, "SystemExit: 0"),
        ({"load": "import a_module_nobody_has"}, {}, "ModuleNotFoundError: No module named"),
        (
            {"predict": "raise KeyError('age')"},
            {},
            "the model does not answer its input example: KeyError: 'age'",
        ),
        ({"predict": "import os; os._exit(3)"}, {}, None),
        ({"example": {"rows": [1]}}, {}, "does not answer its input example: "),
        (
            {"predict": "time.sleep(0.3); return [1.0]"},
            {"COOPER_LATENCY_MS": "100"},
            "(median of 5 calls); at most 100 ms are allowed",
        ),
        ({}, {"COOPER_LATENCY_MS": "soon"}, "COOPER_LATENCY_MS is 'soon'"),
        ({}, {"COOPER_LATENCY_MS": "nan"}, "COOPER_LATENCY_MS is 'nan'"),
    ],
)
def test_a_model_that_does_not_prove_itself_fails_at_once(aws, model, variables, words):
    started = time.monotonic()
    name, described = created(aws, aws.served(**model), **variables)
    lines = said(aws, name)

    assert described["EndpointStatus"] == "Failed"
    assert "did not pass the ping health check" in described["FailureReason"]
    assert time.monotonic() - started < 40  # the health check's own limit is 60
    if words is None:
        assert lines == []
    else:
        [line] = lines
        assert line.startswith("cooper: validation failed: ")
        assert words in line
    aws.sagemaker.delete_endpoint(EndpointName=name)


def test_a_slow_model_never_gets_a_request(aws):
    name, described = created(aws, aws.served("return [1.0]"), COOPER_LATENCY_MS="5000")
    old = described["EndpointConfigName"]
    slow = aws.model(
        aws.served("time.sleep(0.3); return [2.0]"), Environment={"COOPER_LATENCY_MS": "100"}
    )
    aws.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=aws.config(slow))
    described = aws.steady(name)

    assert described["EndpointConfigName"] == old
    assert described["FailureReason"]
    [line] = said(aws, name, "ation failed:")
    assert "answers its input example in" in line
    assert aws.predict(name)[0] == [1.0]
    aws.sagemaker.delete_endpoint(EndpointName=name)


def test_a_model_that_proves_itself_says_how_fast_it_is(aws):
    name, described = created(aws, aws.served(), COOPER_LATENCY_MS="5000")
    assert described["EndpointStatus"] == "InService"
    # Read once and not waited for: the line is there when the status is.
    [line] = said(aws, name, "ated:")
    assert "answers its input example in" in line
    assert "at most 5000 ms are allowed" in line
    aws.sagemaker.delete_endpoint(EndpointName=name)


def test_the_first_call_of_a_model_may_be_slow(aws):
    warms_up = (
        "time.sleep(1 if not hasattr(Model, 'warm') else 0)\n        Model.warm = 1; return [1.0]"
    )
    name, described = created(aws, aws.served(warms_up), COOPER_LATENCY_MS="500")
    assert described["EndpointStatus"] == "InService"
    aws.sagemaker.delete_endpoint(EndpointName=name)


def test_a_model_without_an_example_needs_to_load_only(aws):
    never = aws.served("raise ValueError('never')", example=None)
    name, described = created(aws, never, COOPER_LATENCY_MS="1")
    assert described["EndpointStatus"] == "InService"
    [line] = said(aws, name)
    assert line.startswith("cooper: validated: the model was loaded; it was saved without")
    aws.sagemaker.delete_endpoint(EndpointName=name)


def test_an_example_that_mlflow_wrote_is_answered(aws):
    code = """
import os
import mlflow.sklearn, pandas as pd
from mlflow.models import infer_signature
from sklearn.linear_model import LinearRegression
rows = pd.read_csv(os.path.join(os.environ["SM_CHANNEL_TRAIN"], "rows.csv"))
x = rows[["x"]].astype(float)
model = LinearRegression().fit(x, rows["y"])
mlflow.sklearn.save_model(
    model,
    os.environ["SM_MODEL_DIR"] + "/model",
    signature=infer_signature(x, model.predict(x)),
    input_example=x.head(3),
    pip_requirements=["scikit-learn"],
)
"""
    job = aws.trained(aws.train(code))
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    name, described = created(aws, job["ModelArtifacts"]["S3ModelArtifacts"])
    assert described["EndpointStatus"] == "InService"
    [line] = said(aws, name)
    assert "answers its input example in" in line
    assert "no bound is set" in line
    aws.sagemaker.delete_endpoint(EndpointName=name)


def test_a_server_that_dies_later_is_not_held_to_the_bound_again(aws):
    # Slow in its second life; the folder of its first is still there.
    slower = "marker = Path.home() / 'lived'; global slow; slow = marker.exists(); marker.touch()"
    name, described = created(
        aws,
        aws.served("time.sleep(0.6 if slow else 0); return [1.0]", load=slower),
        COOPER_LATENCY_MS="500",
    )
    assert described["EndpointStatus"] == "InService"
    for each in aws.processes(f"{name}/"):
        if "guard.py" not in " ".join(each.cmdline()):
            each.kill()
    assert aws.predict(name)[0] == [1.0]
    again = until(lambda: said(aws, name), lambda lines: len(lines) == 2)
    assert all(line.startswith("cooper: validated:") for line in again)
    aws.sagemaker.delete_endpoint(EndpointName=name)
