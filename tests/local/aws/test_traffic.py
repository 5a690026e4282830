"""`cooper traffic` as a process: a real database, the real stand-in, and a model that really trained."""

import asyncio
import hashlib
import json
import os
import signal
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from actions.plans import Artifact
from bot.bootstrap import core
from bot.settings import Settings
from tests.local.aws.support import ROW, until
from tests.support.projects import ROOT, registered

BUCKET = "cooper-demo"
HOLDOUT = "x,kind,y\n" + "".join(f"{x}.5,{'ab'[x % 2]},{2 * x + 1}\n" for x in range(20))
CAPTURE = {
    "InitialSamplingPercentage": 100,
    "DestinationS3Uri": f"s3://{BUCKET}/capture",
    "CaptureOptions": [{"CaptureMode": "InputAndOutput"}],
    "CaptureContentTypeHeader": {"JsonContentTypes": ["application/json"]},
}


class Cooper:
    """The command line of an installation with one project, whose endpoint is in staging."""

    def __init__(self, aws, url, folder, project):
        self.aws = aws
        self.folder = folder
        self.project = project
        self.endpoint = f"demo-{project}-staging"
        self.environment = {
            "PATH": os.environ["PATH"],
            "DATABASE_URL": url,
            "SLACK_BOT_TOKEN": "xoxb-test",
            "COOPER_CONFIG": str(ROOT / "cooper.yaml"),
            "COOPER_SIGNING_KEY_FILE": "none.pem",
            "NLU_URL": "http://127.0.0.1:9",
            "NLU_TOKEN": "test",
            "AIRFLOW_URL": "http://127.0.0.1:9",
            "AIRFLOW_USERNAME": "cooper",
            "AIRFLOW_PASSWORD": "test",
            "MLFLOW_TRACKING_URI": "http://127.0.0.1:9",
            "AWS_ENDPOINT_URL": aws.url,
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "cooper",
            "AWS_SECRET_ACCESS_KEY": "local",
        }

    def register(self, holdout=HOLDOUT, sample=ROW):
        """Keep the project as `cooper project register` does."""
        digest = hashlib.sha256(holdout.encode()).hexdigest()
        key = f"projects/{self.project}/data/{digest}/holdout.csv"
        self.aws.s3.put_object(Bucket=BUCKET, Key=key, Body=holdout.encode())
        data = {"train": "a.csv", "holdout": "b.csv", "format": "csv", "target": "y"}
        project = registered(name=self.project, data=data, aliases=["Straight lines"]).model_copy(
            update={
                "holdout": Artifact(uri=f"s3://{BUCKET}/{key}", sha256=digest),
                "sample": sample,
            }
        )

        async def save():
            settings = Settings(
                _env_file=None, **{key.lower(): value for key, value in self.environment.items()}
            )
            async with core(settings) as base, base.store.transaction() as tx:
                await tx.save_project(project)

        asyncio.run(save())

    def traffic(self, *options, **variables):
        return subprocess.run(
            [*self.command(options)],
            cwd=self.folder,
            env=self.environment | variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=100,
        )

    def command(self, options):
        cooper = Path(sys.executable).parent / "cooper"
        return [str(cooper), "traffic", self.project, "--rate", "200", *options]

    def told(self, *options):
        """The summary of a play that must go well."""
        done = self.traffic(*options, "--json")
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        return json.loads(done.stdout)

    def lines(self, prefix):
        return [
            json.loads(line)
            for key in sorted(self.keys(prefix))
            for line in self.aws.s3.get_object(Bucket=BUCKET, Key=key)["Body"].iter_lines()
        ]

    def keys(self, prefix):
        found = self.aws.s3.list_objects_v2(Bucket=BUCKET, Prefix=f"{prefix}/{self.endpoint}/")
        return [each["Key"] for each in found.get("Contents", [])]

    def captured(self, play, count):
        """What was captured of a play, by inference id, once there is so much of it."""

        def by_id():
            ids = (
                (each["eventMetadata"].get("inferenceId", ""), each)
                for each in self.lines("capture")
            )
            return {name: each["captureData"] for name, each in ids if name.startswith(play)}

        return until(by_id, lambda found: len(found) == count, 20)

    def labels(self, play):
        """The labels of a play by the inference id that they belong to."""
        found = {
            each["eventMetadata"]["eventId"]: each["groundTruthData"]["data"]
            for each in self.lines("labels")
        }
        return {name: data for name, data in found.items() if name.startswith(play)}


def new_name():
    return f"lines-{uuid.uuid4().hex[:8]}"


def serve(aws, project, model):
    name = aws.endpoint(aws.config(model, capture=CAPTURE), f"demo-{project}-staging")
    described = aws.steady(name)
    assert described["EndpointStatus"] == "InService", described.get("FailureReason")
    return name


@pytest.fixture(scope="module")
def served(aws, artefact):
    """A project whose endpoint a model of y = 2x serves."""
    aws.s3.create_bucket(Bucket=BUCKET)
    project = new_name()
    name = serve(aws, project, aws.model(artefact))
    yield project
    aws.sagemaker.delete_endpoint(EndpointName=name)


@pytest.fixture
def playing(aws, served, database_url, tmp_path):
    made = Cooper(aws, database_url, tmp_path, served)
    made.register()
    return made


def sent(data):
    body = json.loads(data["endpointInput"]["data"])["dataframe_split"]
    assert body["columns"] == ["x"]
    return [row[0] for row in body["data"]]


def predicted(data):
    return [round(each, 6) for each in json.loads(data["endpointOutput"]["data"])["predictions"]]


def test_rows_are_asked_and_their_labels_found_by_their_ids(playing):
    summary = playing.told("--rows", "30")
    counts = {name: summary[name] for name in ("requests", "rows", "answered", "labels")}
    assert counts == dict.fromkeys(counts, 30)
    assert (summary["refused"], summary["unanswered"], summary["stopped"]) == (0, 0, False)
    assert 0 < summary["latency_ms"]["p50"] <= summary["latency_ms"]["p95"]

    labels = playing.labels(summary["ids"])
    assert len(labels) == 30
    captured = playing.captured(summary["ids"], 30)
    assert captured.keys() == labels.keys()
    for inference_id, data in captured.items():
        [x] = sent(data)
        # The true label is the holdout's own: y = 2 (x - 0.5) + 1.
        assert float(labels[inference_id]) == pytest.approx(2 * (x - 0.5) + 1)
        assert predicted(data) == [pytest.approx(2 * x, rel=0.01)]
    assert {sent(data)[0] for data in captured.values()} == {x + 0.5 for x in range(20)}


def test_a_batch_has_one_id_and_a_label_for_each_row(playing):
    summary = playing.told("--rows", "25", "--batch", "10", "--seed", "7")
    assert (summary["requests"], summary["rows"], summary["labels"]) == (3, 25, 3)
    labels = playing.labels(summary["ids"])
    for inference_id, data in playing.captured(summary["ids"], 3).items():
        assert [float(y) for y in labels[inference_id].split("\n")] == [2 * x for x in sent(data)]


def test_drift_reaches_the_model_and_labels_may_be_left_out(playing):
    summary = playing.told("--rows", "20", "--drift", "x=10", "--no-labels")
    assert (summary["answered"], summary["labels"]) == (20, 0)
    assert playing.labels(summary["ids"]) == {}
    values = [sent(each)[0] for each in playing.captured(summary["ids"], 20).values()]
    assert min(values) == pytest.approx(0.5 + 10 * 5.766281, rel=1e-6)


def test_missing_values_that_the_model_refuses_are_counted_and_get_no_label(playing):
    # The model is a plain regression, which takes no missing value.
    summary = playing.told("--rows", "40", "--missing", "x=0.5")
    assert summary["answered"] + summary["refused"] == 40
    assert 5 < summary["refused"] < 35
    assert summary["labels"] == summary["answered"]
    assert "answered with an error" in summary["last_error"]
    captured = playing.captured(summary["ids"], summary["answered"])
    assert captured.keys() == playing.labels(summary["ids"]).keys()
    assert all(sent(each) != [None] for each in captured.values())


def test_an_outage_is_all_errors_and_captures_nothing(playing):
    summary = playing.told("--rows", "12", "--outage")
    assert (summary["refused"], summary["answered"], summary["labels"]) == (12, 0, 0)
    # What comes later is written later: by then nothing of the outage is.
    playing.captured(playing.told("--rows", "1")["ids"], 1)
    assert playing.captured(summary["ids"], 0) == {}


def test_an_interrupt_ends_it_with_a_summary_and_the_labels(playing):
    before = playing.keys("capture")
    process = subprocess.Popen(
        playing.command(["--for", "PT1H", "--json"]),
        cwd=playing.folder,
        env=playing.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        until(lambda: playing.keys("capture"), lambda now: len(now) > len(before), 60)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 0, err
    assert err == ""
    summary = json.loads(out)
    assert summary["stopped"]
    assert 0 < summary["answered"] == summary["requests"] == summary["labels"]
    captured = playing.captured(summary["ids"], summary["answered"])
    assert captured.keys() == playing.labels(summary["ids"]).keys()


def test_a_length_of_time_ends_by_itself(playing):
    summary = playing.told("--for", "PT2S", "--rate", "20", "--batch", "2")
    # One request every tenth of a second; a machine that is slow may miss some.
    assert 2 <= summary["requests"] <= 20
    assert not summary["stopped"]
    assert summary["seconds"] < 30


def test_what_is_told_to_people(playing):
    done = playing.traffic("--rows", "5")
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert first.startswith(f"{playing.endpoint}: 5 rows in 5 requests, in ")
    assert "5 answered, half of them within" in second
    assert second.endswith("5 labels written.")
    assert done.stderr == ""


def test_progress_is_one_line_on_a_terminal(playing):
    reading, writing = os.openpty()
    done = subprocess.run(
        playing.command(["--rows", "3"]),
        cwd=playing.folder,
        env=playing.environment,
        stdout=subprocess.PIPE,
        stderr=writing,
        check=True,
        timeout=60,
    )
    os.close(writing)
    shown = os.read(reading, 4096).decode()
    os.close(reading)
    assert "\r\x1b[K3 rows in 3 requests" in shown
    assert shown.endswith("\r\x1b[K")
    assert "\n" not in shown
    assert b"3 labels written" in done.stdout


def test_an_alias_will_do(playing):
    playing.project = "straight lines"
    assert playing.told("--rows", "1")["endpoint"] == playing.endpoint


def test_a_model_that_answers_nothing_is_a_failure(aws, served, database_url, tmp_path):
    project = new_name()
    broken = aws.model(aws.served("raise ValueError('no such table')", example=None))
    name = serve(aws, project, broken)
    cooper = Cooper(aws, database_url, tmp_path, project)
    cooper.register()
    done = cooper.traffic("--rows", "3")
    assert done.returncode == 1
    assert "3 refused" in done.stdout
    assert "no such table" in done.stdout
    assert cooper.keys("labels") == []
    aws.sagemaker.delete_endpoint(EndpointName=name)


def refused(cooper, code, words, *options, **variables):
    done = cooper.traffic("--rows", "3", *options, **variables)
    assert done.returncode == code, done.stdout + done.stderr
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stdout == ""


def test_names_that_are_not_there_are_said_with_those_that_are(aws, served, database_url, tmp_path):
    cooper = Cooper(aws, database_url, tmp_path, new_name())
    refused(cooper, 65, f"no project is called {cooper.project}; registered: none")
    cooper.register()
    refused(cooper, 65, "moon is no environment here; known: staging", "--environment", "moon")
    refused(cooper, 69, f"has no endpoint in staging. Say “deploy {cooper.project} to staging”")


@pytest.mark.parametrize(
    ("changes", "options", "words"),
    [
        ({}, ["--drift", "kind"], "not asked about 'kind'; its columns are x"),
        ({}, ["--new-category", "x=moon"], "holds no text"),
        (
            {"sample": {"dataframe_split": {"columns": ["age"], "data": [[1]]}}},
            [],
            "the project's sample has the column 'age'",
        ),
        ({"holdout": "x,kind\n1,a\n"}, [], "no column 'y'"),
        (
            {"holdout": "x,kind,y\n1,a,2\n2,a,2\n"},
            ["--label-shift", "0.5"],
            "all labels of the holdout are alike",
        ),
    ],
)
def test_rows_that_do_not_fit_are_one_line(playing, changes, options, words):
    playing.register(**changes)
    refused(playing, 65, words, *options)


NOWHERE = "http://127.0.0.1:9"


@pytest.mark.parametrize(
    ("variables", "code", "words"),
    [
        ({"AWS_ENDPOINT_URL": NOWHERE}, 69, "AWS does not answer"),
        (
            {"DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none"},
            69,
            "the database does not answer",
        ),
        ({"COOPER_SIGNING_KEY_FILE": ""}, 78, "COOPER_SIGNING_KEY_FILE"),
    ],
)
def test_what_does_not_answer_is_one_line(playing, variables, code, words):
    refused(playing, code, words, **variables)


def test_mistakes_of_the_policy_are_listed(playing):
    done = playing.traffic(COOPER_CONFIG="nothing.yaml")
    assert done.returncode == 78
    assert "nothing.yaml:1:1: the file does not exist" in done.stderr


def test_labels_that_cannot_be_written_end_it(playing, aws, tmp_path):
    other = tmp_path / "cooper.yaml"
    text = (ROOT / "cooper.yaml").read_text()
    other.write_text(text.replace("bucket: cooper-demo", "bucket: nobody-made-this"))
    refused(playing, 69, "the bucket nobody-made-this does not exist", COOPER_CONFIG=str(other))
