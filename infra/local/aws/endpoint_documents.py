"""What an endpoint's description says at each turn of its life: pure edits of the stored document."""

from __future__ import annotations

import time
from typing import Any

from infra.local.aws.capture import is_enabled
from infra.local.aws.errors import validation

Document = dict[str, Any]

_RETAINED = {
    "DesiredWeight": "InitialVariantWeight",
    "DesiredInstanceCount": "InitialInstanceCount",
}


def check_steady(document: Document) -> None:
    """Refuse a change while another is under way. Raises AwsError."""
    if document["EndpointStatus"] != "InService":
        raise validation(f'Cannot update in-progress endpoint "{document["EndpointArn"]}".')


def updating(
    document: Document, config_name: str, served: Document, deployment: Document | None
) -> None:
    """Begin an update."""
    document["EndpointStatus"] = "Updating"
    document.pop("FailureReason", None)
    if deployment:
        document["LastDeploymentConfig"] = deployment
    document["PendingDeploymentSummary"] = {
        "EndpointConfigName": config_name,
        "ProductionVariants": [_pending(each) for each in served["variants"]],
        "StartTime": time.time(),
    }
    pending(document, "Creating")


def pending(document: Document, status: str) -> None:
    """Say what happens to the new variants: Creating, ActivatingTraffic, Baking."""
    for each in document["PendingDeploymentSummary"]["ProductionVariants"]:
        each["VariantStatus"] = [{"Status": status, "StartTime": time.time()}]


def resuming(document: Document) -> None:
    """Bring the endpoint back after a restart, an update that was under way rolled back."""
    if document["EndpointStatus"] == "Updating":
        document["FailureReason"] = (
            "The AWS stand-in was restarted during the update; the endpoint was rolled back."
        )
    document.pop("PendingDeploymentSummary", None)
    document["EndpointStatus"] = "SystemUpdating"


def failed(document: Document, reason: str) -> None:
    """End a creation that did not come up."""
    document["EndpointStatus"] = "Failed"
    document["FailureReason"] = reason


def rolled_back(document: Document, reason: str) -> None:
    """End an update that left everything as it was."""
    document["EndpointStatus"] = "InService"
    document["FailureReason"] = reason
    document.pop("PendingDeploymentSummary", None)


def in_service(document: Document, config_name: str, served: Document) -> None:
    """End a creation or an update: this configuration serves."""
    document["EndpointStatus"] = "InService"
    document["EndpointConfigName"] = config_name
    document["_served"] = served
    document["ProductionVariants"] = [_summary(each) for each in served["variants"]]
    document.pop("PendingDeploymentSummary", None)
    capture = served.get("capture")
    document.pop("DataCaptureConfig", None)
    if capture is not None:
        is_on = is_enabled(capture)
        document["DataCaptureConfig"] = {
            "EnableCapture": is_on,
            "CaptureStatus": "Started" if is_on else "Stopped",
            "CurrentSamplingPercentage": capture["InitialSamplingPercentage"],
            "DestinationS3Uri": capture["DestinationS3Uri"],
            "KmsKeyId": capture.get("KmsKeyId", ""),
        }


def scale(document: Document, wanted: dict[str, Document]) -> None:
    """Change weights and instance counts of variants, by name. Raises AwsError for an unknown one."""
    check_steady(document)
    variants = {each["VariantName"]: each for each in document["ProductionVariants"]}
    unknown = sorted(wanted.keys() - variants.keys())
    if unknown:
        raise validation(
            f'Could not find variant "{unknown[0]}" of endpoint "{document["EndpointArn"]}".'
        )
    for variant, each in wanted.items():
        _scale_summary(variants[variant], each)
    for variant in document["_served"]["variants"]:
        _scale_config(variant["config"], wanted.get(variant["config"]["VariantName"], {}))


def retain(document: Document, served: Document, excluded: set[str]) -> None:
    """Give the new variants the weights and instance counts that the live ones of their name have.

    `excluded` are the VariantPropertyTypes that the new configuration decides. Data capture is always
    the new configuration's: AWS documents its property type as not supported.
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_VariantProperty.html
    """
    live = {
        each["config"]["VariantName"]: each["config"] for each in document["_served"]["variants"]
    }
    for variant in served["variants"]:
        old = live.get(variant["config"]["VariantName"], {})
        kept = {
            member: old[member]
            for property_type, member in _RETAINED.items()
            if property_type not in excluded and member in old
        }
        variant["config"] |= kept


def _summary(served: Document) -> Document:
    config, model = served["config"], served["model"]
    container = model.get("PrimaryContainer") or model["Containers"][0]
    weight = config.get("InitialVariantWeight", 1.0)
    count = config.get("InitialInstanceCount", 1)
    return {
        "VariantName": config["VariantName"],
        "DeployedImages": [
            {
                "SpecifiedImage": container["Image"],
                "ResolvedImage": container["Image"],
                "ResolutionTime": time.time(),
            }
        ],
        "CurrentWeight": weight,
        "DesiredWeight": weight,
        "CurrentInstanceCount": count,
        "DesiredInstanceCount": count,
    }


def _pending(served: Document) -> Document:
    kind = served["config"].get("InstanceType")
    return {**_summary(served), **({"InstanceType": kind} if kind else {})}


def _scale_summary(summary: Document, wanted: Document) -> None:
    if "DesiredWeight" in wanted:
        summary["CurrentWeight"] = summary["DesiredWeight"] = wanted["DesiredWeight"]
    if "DesiredInstanceCount" in wanted:
        count = wanted["DesiredInstanceCount"]
        summary["CurrentInstanceCount"] = summary["DesiredInstanceCount"] = count


def _scale_config(config: Document, wanted: Document) -> None:
    if "DesiredWeight" in wanted:
        config["InitialVariantWeight"] = wanted["DesiredWeight"]
    if "DesiredInstanceCount" in wanted:
        config["InitialInstanceCount"] = wanted["DesiredInstanceCount"]
