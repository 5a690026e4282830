"""The requests to SageMaker that a plan makes; pure, nothing is sent from here.

Field names and limits: SageMaker API reference (CreateTrainingJob, CreateProcessingJob,
CreateModel, CreateEndpointConfig).
"""

import json
from typing import Any

from cooper_dags.aws import tags
from cooper_dags.conf import Run
from cooper_dags.objects import file_name

VARIANT = "AllTraffic"
"""The one variant of an endpoint."""
_INPUT = "/opt/ml/processing/input"
_OUTPUT = "/opt/ml/processing/output"
_UNPACK_AND_RUN = (
    'set -e;cd "$0";for d in source model baseline;do [ ! -d $d ]||(cd $d&&tar xzf *.tar.gz);done;'
    "cd source;[ ! -f requirements.txt ]||python3 -m pip install -qr requirements.txt;"
    'exec python3 "$@"'
)
"""Processing jobs have no script mode: unpack as it does, then run. At most 256 characters."""


def snapshot_uri(run: Run, channel: str, artifact: dict[str, Any]) -> str:
    """Where the run keeps its copy of an artifact, by its hash."""
    return f"{run.prefix}/snapshot/{channel}/{artifact['sha256']}/{file_name(artifact['uri'])}"


def image_uri(plan: dict[str, Any]) -> str:
    """The plan's image, or the framework's training image as the SageMaker SDK knows it.

    Raises:
        ValueError: The SDK knows no such image; its text lists the known versions.
    """
    image = plan["image"]
    if image["uri"]:
        return str(image["uri"])
    # Takes seconds to import, so only here.
    from sagemaker.core import image_uris

    framework, version = image["framework"], image["version"]
    pythons = image_uris.list_py_versions(framework, version, "training")
    return str(
        image_uris.retrieve(
            framework,
            plan["environment"]["region"],
            version=version,
            # Only where there is a choice does the SDK insist on one; the last is the newest.
            py_version=pythons[-1] if len(pythons) > 1 else None,
            instance_type=plan["resources"]["instance_type"],
            image_scope="training",
        )
    )


def _with_key(settings: dict[str, Any], name: str, plan: dict[str, Any]) -> dict[str, Any]:
    key = plan["environment"]["kms_key"]
    return {**settings, name: key} if key else settings


def _vpc(plan: dict[str, Any]) -> dict[str, Any] | None:
    environment = plan["environment"]
    if not environment["subnets"]:
        return None
    return {
        "Subnets": list(environment["subnets"]),
        "SecurityGroupIds": list(environment["security_groups"]),
    }


def _script_mode(run: Run) -> dict[str, str]:
    """Hyperparameters of script mode: every value is JSON, as the training toolkit reads it."""
    plan = run.plan
    values = {
        **plan["hyperparameters"],
        "sagemaker_program": plan["train_entry_point"],
        "sagemaker_submit_directory": plan["source"]["uri"],
        "sagemaker_region": plan["environment"]["region"],
        "sagemaker_job_name": run.id,
        "sagemaker_container_log_level": 20,
    }
    return {name: json.dumps(value) for name, value in values.items()}


def training_job(run: Run, image: str, max_seconds: int, checkpoints: str) -> dict[str, Any]:
    """CreateTrainingJob for a training plan, on the snapshot of its data.

    Args:
        run: The training run.
        image: The project's image.
        max_seconds: What is left of the plan's time for this attempt.
        checkpoints: S3 folder of the request's checkpoints.
    """
    plan, resources = run.plan, run.plan["resources"]
    uri = snapshot_uri(run, "train", plan["data"])
    stopping = {"MaxRuntimeInSeconds": max_seconds}
    request: dict[str, Any] = {
        "TrainingJobName": run.id,
        "AlgorithmSpecification": {
            "TrainingImage": image,
            "TrainingInputMode": "File",
            "MetricDefinitions": [
                {"Name": metric["name"], "Regex": metric["regex"]}
                for metric in plan["metrics"]
                if metric["regex"]
            ],
        },
        "HyperParameters": _script_mode(run),
        "RoleArn": plan["environment"]["role_arn"],
        "InputDataConfig": [
            {
                "ChannelName": "train",
                "DataSource": {
                    "S3DataSource": {
                        "S3DataType": "S3Prefix",
                        "S3Uri": uri.rsplit("/", 1)[0] + "/",
                        "S3DataDistributionType": "FullyReplicated",
                    }
                },
            }
        ],
        "OutputDataConfig": _with_key({"S3OutputPath": f"{run.prefix}/model"}, "KmsKeyId", plan),
        "ResourceConfig": _with_key(
            {
                "InstanceType": resources["instance_type"],
                "InstanceCount": resources["instance_count"],
                "VolumeSizeInGB": resources["volume_gb"],
            },
            "VolumeKmsKeyId",
            plan,
        ),
        "StoppingCondition": stopping,
        # Without spot as well: the next attempt goes on where this one stopped.
        "CheckpointConfig": {"S3Uri": checkpoints, "LocalPath": "/opt/ml/checkpoints"},
        "Tags": tags(run),
    }
    if resources["spot"]:
        # Waiting for capacity counts too, so the wait may be as long again as the run.
        stopping["MaxWaitTimeInSeconds"] = min(2 * stopping["MaxRuntimeInSeconds"], 28 * 86400)
        request["EnableManagedSpotTraining"] = True
    if vpc := _vpc(plan):
        request["VpcConfig"] = vpc
    return request


def _processing_input(name: str, uri: str) -> dict[str, Any]:
    return {
        "InputName": name,
        "S3Input": {
            "S3Uri": uri,
            "LocalPath": f"{_INPUT}/{name}",
            "S3DataType": "S3Prefix",
            "S3InputMode": "File",
            "S3DataDistributionType": "FullyReplicated",
        },
    }


def evaluation_uri(run: Run) -> str:
    """The folder of the run's `evaluation.json`."""
    return f"{run.prefix}/evaluation"


def evaluation_job(
    run: Run, image: str, model_uri: str, champion: tuple[int, str] | None
) -> dict[str, Any]:
    """CreateProcessingJob that evaluates candidate and champion on the same holdout.

    The project's entry point is called with `--model-dir DIR --holdout FILE --output-dir DIR` and,
    where there is a champion, `--baseline-dir DIR`; it writes `evaluation.json`.

    Args:
        run: The training run.
        image: The project's image.
        model_uri: The candidate's `model.tar.gz`.
        champion: Version and `model.tar.gz` of the champion.
    """
    plan, resources = run.plan, run.plan["resources"]
    holdout = snapshot_uri(run, "holdout", plan["holdout"])
    inputs = {"source": plan["source"]["uri"], "model": model_uri, "holdout": holdout}
    arguments = [
        plan["evaluate_entry_point"],
        "--model-dir",
        f"{_INPUT}/model",
        "--holdout",
        f"{_INPUT}/holdout/{file_name(holdout)}",
        "--output-dir",
        _OUTPUT,
    ]
    environment = {"COOPER_RUN": run.id}
    if champion is not None:
        inputs["baseline"] = champion[1]
        arguments += ["--baseline-dir", f"{_INPUT}/baseline"]
        environment["COOPER_CHAMPION_VERSION"] = str(champion[0])
    output = {
        "OutputName": "evaluation",
        "S3Output": {
            "S3Uri": evaluation_uri(run),
            "LocalPath": _OUTPUT,
            "S3UploadMode": "EndOfJob",
        },
    }
    request: dict[str, Any] = {
        "ProcessingJobName": run.id,
        "AppSpecification": {
            "ImageUri": image,
            "ContainerEntrypoint": ["bash", "-c", _UNPACK_AND_RUN, _INPUT],
            "ContainerArguments": arguments,
        },
        "Environment": environment,
        "ProcessingInputs": [_processing_input(name, uri) for name, uri in inputs.items()],
        "ProcessingOutputConfig": _with_key({"Outputs": [output]}, "KmsKeyId", plan),
        "ProcessingResources": {
            "ClusterConfig": _with_key(
                {
                    "InstanceType": resources["instance_type"],
                    "InstanceCount": 1,
                    "VolumeSizeInGB": resources["volume_gb"],
                },
                "VolumeKmsKeyId",
                plan,
            )
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": min(resources["max_runtime_seconds"], 432000)},
        "RoleArn": plan["environment"]["role_arn"],
        "Tags": tags(run),
    }
    if vpc := _vpc(plan):
        request["NetworkConfig"] = {"VpcConfig": vpc}
    return request


def serving_model(run: Run) -> dict[str, Any]:
    """CreateModel: the serving image with the version's artifact."""
    plan = run.plan
    request: dict[str, Any] = {
        "ModelName": run.id,
        "PrimaryContainer": {
            "Image": plan["image"]["uri"],
            "ModelDataUrl": plan["model"]["artifact"],
            # The image answers its own example within this time before it calls itself healthy.
            "Environment": {"COOPER_LATENCY_MS": str(plan["latency_ms"])},
        },
        "ExecutionRoleArn": plan["environment"]["role_arn"],
        "Tags": tags(run),
    }
    if vpc := _vpc(plan):
        request["VpcConfig"] = vpc
    return request


def data_capture(plan: dict[str, Any]) -> dict[str, Any]:
    """DataCaptureConfig: every request with its answer, as JSON lines in S3."""
    return _with_key(
        {
            "EnableCapture": True,
            "InitialSamplingPercentage": 100,
            "DestinationS3Uri": plan["monitoring"]["capture"],
            "CaptureOptions": [{"CaptureMode": "InputAndOutput"}],
            # What is not listed is kept as base64.
            "CaptureContentTypeHeader": {"JsonContentTypes": ["application/json"]},
        },
        "KmsKeyId",
        plan,
    )


def endpoint_config(run: Run) -> dict[str, Any]:
    """CreateEndpointConfig: one variant that takes all the traffic, captured if it is watched."""
    plan, resources = run.plan, run.plan["resources"]
    capture = {"DataCaptureConfig": data_capture(plan)} if plan["monitoring"] else {}
    return _with_key(
        {
            **capture,
            "EndpointConfigName": run.id,
            "ProductionVariants": [
                {
                    "VariantName": VARIANT,
                    "ModelName": run.id,
                    "InstanceType": resources["instance_type"],
                    "InitialInstanceCount": resources["instance_count"],
                    "InitialVariantWeight": 1.0,
                }
            ],
            "Tags": [
                *tags(run),
                {"Key": "cooper:model-version", "Value": str(plan["model"]["version"])},
            ],
        },
        "KmsKeyId",
        plan,
    )
