"""boto3 against one stand-in, and the requests the tests share."""

import io
import json
import tarfile
import threading
import time
import uuid

import boto3
import psutil
from botocore.config import Config

BUCKET = "cooper-tests"
ROLE = "arn:aws:iam::000000000000:role/cooper-job"
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
SERVING = "000000000000.dkr.ecr.us-east-1.amazonaws.com/cooper-serving:1"

TRAIN = """
import argparse, json, os, pathlib
import mlflow.sklearn, numpy as np, pandas as pd
from sklearn.linear_model import LinearRegression

parser = argparse.ArgumentParser()
parser.add_argument("--slope", type=float, default=1.0)
arguments = parser.parse_args()
rows = pd.read_csv(os.path.join(os.environ["SM_CHANNEL_TRAIN"], "rows.csv"))
model = LinearRegression().fit(rows[["x"]], rows["y"] * arguments.slope)
print("epoch", 1, "rmse=0.5;")
print("epoch", 2, f"rmse={0.25:.4f};")
mlflow.sklearn.save_model(
    model, os.environ["SM_MODEL_DIR"] + "/model", pip_requirements=["scikit-learn"]
)
pathlib.Path(os.environ["SM_OUTPUT_DATA_DIR"], "report.json").write_text(json.dumps({"ok": True}))
secrets = [name for name in os.environ if "SLACK" in name or "DATABASE" in name]
print("secrets", secrets, "threads", os.environ["OMP_NUM_THREADS"])
"""

MLMODEL = """
flavors:
  python_function:
    loader_module: served
    code: code
    python_version: 3.11.0
"""
SERVED = """
import time
from pathlib import Path

class Model:
    def predict(self, data, params=None):
        {predict}

def _load_pyfunc(path):
    {load}
    return Model()
"""
ROW = {"dataframe_split": {"columns": ["x"], "data": [[1.0]]}}


class Aws:
    """boto3 against one stand-in, and the requests the tests share."""

    def __init__(self, url, pid=None):
        self.url = url
        self.process = psutil.Process(pid) if pid else None
        for service in ("s3", "sagemaker", "sagemaker-runtime", "logs", "cloudwatch", "iam", "sts"):
            setattr(self, service.replace("-", "_"), self.client(service))

    def client(self, service):
        return boto3.session.Session().client(
            service,
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id="cooper",
            aws_secret_access_key="local",
            config=Config(read_timeout=30),
        )

    def put(self, key, body):
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        return f"s3://{BUCKET}/{key}"

    def keys(self, prefix):
        found = self.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix)
        return [each["Key"] for each in found.get("Contents", [])]

    def processes(self, word=""):
        """Return the stand-in's descendants whose command line holds `word`."""
        return [
            each for each in self.process.children(recursive=True) if word in command_line(each)
        ]

    def jobs_running(self):
        return self.processes("train.py")

    def source(self, code, **more):
        """Upload a source package with `train.py`; return its URI."""
        return self.put(f"source/{uuid.uuid4()}.tar.gz", packed({"train.py": code, **more}))

    def train(
        self, code=TRAIN, *, name=None, seconds=300, image=IMAGE, hyperparameters=None, **more
    ):
        """Create a training job as the SDK's script mode does; return its name."""
        name = name or f"job-{uuid.uuid4().hex[:8]}"
        given = {
            "sagemaker_program": "train.py",
            "sagemaker_submit_directory": self.source(code),
            **(hyperparameters or {}),
        }
        request = {
            "TrainingJobName": name,
            "RoleArn": ROLE,
            "AlgorithmSpecification": {
                "TrainingImage": image,
                "TrainingInputMode": "File",
                "MetricDefinitions": [{"Name": "rmse", "Regex": "rmse=([0-9.]+);"}],
            },
            "HyperParameters": {key: json.dumps(value) for key, value in given.items()},
            "InputDataConfig": [channel("train")],
            "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/runs"},
            "ResourceConfig": {
                "InstanceType": "ml.m5.large",
                "InstanceCount": 1,
                "VolumeSizeInGB": 10,
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": seconds},
            **more,
        }
        self.sagemaker.create_training_job(**request)
        return name

    def training(self, name):
        return self.sagemaker.describe_training_job(TrainingJobName=name)

    def trained(self, name):
        """Return the job's description once it has ended."""
        return until(
            lambda: self.training(name),
            lambda job: job["TrainingJobStatus"] in {"Completed", "Failed", "Stopped"},
        )

    def log(self, group, prefix):
        streams = self.logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=prefix)
        events = self.logs.get_log_events(
            logGroupName=group,
            logStreamName=streams["logStreams"][0]["logStreamName"],
            startFromHead=True,
        )
        return [each["message"] for each in events["events"]]

    def served(self, predict="return [1.0] * len(data)", *, load="pass", example=ROW):
        """Upload an MLflow model of a few lines; return its URI."""
        files = {
            "MLmodel": MLMODEL,
            "code/served.py": SERVED.format(predict=predict, load=load),
            **({"serving_input_example.json": json.dumps(example)} if example else {}),
        }
        return self.put(f"models/{uuid.uuid4()}/model.tar.gz", packed(files))

    def answering(self, predict="return [1.0] * len(data)", **more):
        """Return an endpoint configuration of such a model."""
        return self.config(self.model(self.served(predict), **more))

    def model(self, data, *, image=SERVING, name=None, **more):
        name = name or f"model-{uuid.uuid4().hex[:8]}"
        self.sagemaker.create_model(
            ModelName=name,
            ExecutionRoleArn=ROLE,
            PrimaryContainer={"Image": image, "ModelDataUrl": data, **more},
        )
        return name

    def config(self, *models, capture=None, **more):
        name = f"config-{uuid.uuid4().hex[:8]}"
        variants = [
            {
                "VariantName": f"v{number}",
                "ModelName": model,
                "InstanceType": "ml.m5.large",
                "InitialInstanceCount": 1,
                "InitialVariantWeight": 1.0,
            }
            for number, model in enumerate(models, start=1)
        ]
        self.sagemaker.create_endpoint_config(
            EndpointConfigName=name,
            ProductionVariants=variants,
            **({"DataCaptureConfig": capture} if capture else {}),
            **more,
        )
        return name

    def endpoint(self, config, name=None):
        name = name or f"endpoint-{uuid.uuid4().hex[:8]}"
        self.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
        return name

    def steady(self, name):
        """Return the endpoint's description once nothing is under way."""
        return until(
            lambda: self.sagemaker.describe_endpoint(EndpointName=name),
            lambda each: each["EndpointStatus"] in {"InService", "Failed"},
        )

    def predict(self, name, rows=((2.0,),), **more):
        body = {"dataframe_split": {"columns": ["x"], "data": [list(row) for row in rows]}}
        answer = self.sagemaker_runtime.invoke_endpoint(
            EndpointName=name, ContentType="application/json", Body=json.dumps(body), **more
        )
        return json.loads(answer["Body"].read())["predictions"], answer


class Client(threading.Thread):
    """Sends requests without a pause until told to end; keeps what came back."""

    def __init__(self, aws, endpoint):
        super().__init__(daemon=True)
        self.aws, self.endpoint = aws, endpoint
        self.answers, self.errors = [], []
        self.ending = threading.Event()

    def run(self):
        while not self.ending.is_set():
            try:
                self.answers.append(round(self.aws.predict(self.endpoint)[0][0], 3))
            except Exception as error:  # noqa: BLE001 - each one is a request that was dropped
                self.errors.append(error)

    def more(self, count):
        """Return the next so many answers."""
        start = len(self.answers)
        return until(lambda: self.answers[start:], lambda new: len(new) >= count)

    def __enter__(self):
        self.start()
        self.more(3)
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.join(30)


def packed(files):
    """Return a tar.gz of the files, text by name."""
    body = io.BytesIO()
    with tarfile.open(fileobj=body, mode="w:gz") as tar:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            tar.addfile(info, io.BytesIO(text.encode()))
    return body.getvalue()


def command_line(process):
    try:
        return " ".join(process.cmdline())
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return ""


def channel(name, uri=f"s3://{BUCKET}/data/"):
    return {
        "ChannelName": name,
        "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}},
    }


def until(look, holds, seconds=90):
    """Return what `look` gives as soon as it `holds`."""
    deadline = time.monotonic() + seconds
    while True:
        seen = look()
        if holds(seen):
            return seen
        assert time.monotonic() < deadline, f"never came true; last: {seen}"
        time.sleep(0.05)


def furnish(aws):
    aws.s3.create_bucket(Bucket=BUCKET)
    rows = "x,y\n" + "".join(f"{x},{2 * x}\n" for x in range(20))
    aws.put("data/rows.csv", rows)
