"""The alarms of CloudWatch that roll an update back."""

from typing import Any

from cooper_dags import aws
from cooper_dags.conf import Run
from cooper_dags.requests import VARIANT

_PERIOD_SECONDS = 60


def names(endpoint: str) -> list[str]:
    """The names of the endpoint's alarms."""
    return [f"{endpoint}-errors", f"{endpoint}-latency"]


def definitions(run: Run) -> list[dict[str, Any]]:
    """PutMetricAlarm for each; what they watch is SageMaker's own (namespace AWS/SageMaker)."""
    endpoint, latency_ms = run.plan["endpoint"], run.plan["latency_ms"]
    errors, latency = names(endpoint)
    common = {
        "Namespace": "AWS/SageMaker",
        "Dimensions": [
            {"Name": "EndpointName", "Value": endpoint},
            {"Name": "VariantName", "Value": VARIANT},
        ],
        "Period": _PERIOD_SECONDS,
        "EvaluationPeriods": 1,
        # Nobody asked: that is no reason to roll back.
        "TreatMissingData": "notBreaching",
        "Tags": aws.tags(run),
    }
    return [
        {
            **common,
            "AlarmName": errors,
            "AlarmDescription": f"{endpoint} answered with an error of its own (5xx).",
            "MetricName": "Invocation5XXErrors",
            "Statistic": "Sum",
            "Threshold": 1.0,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        },
        {
            **common,
            "AlarmName": latency,
            "AlarmDescription": f"{endpoint} takes more than {latency_ms} ms on average.",
            "MetricName": "ModelLatency",
            "Statistic": "Average",
            "Threshold": latency_ms * 1000.0,  # CloudWatch counts microseconds
            "ComparisonOperator": "GreaterThanThreshold",
        },
    ]


def put(run: Run) -> None:
    """Create the alarms, or set those that exist to this plan."""
    cloudwatch = aws.client(run, "cloudwatch")
    for request in definitions(run):
        cloudwatch.put_metric_alarm(**request)


def delete(run: Run) -> None:
    """Delete the endpoint's alarms; no error where there are none."""
    from botocore.exceptions import ClientError

    cloudwatch = aws.client(run, "cloudwatch")
    for name in names(run.plan["endpoint"]):
        try:
            cloudwatch.delete_alarms(AlarmNames=[name])
        except ClientError as error:
            if error.response["Error"]["Code"] not in {
                "ResourceNotFound",
                "ResourceNotFoundException",
            }:
                raise


def gone_off(run: Run) -> list[str]:
    """The endpoint's alarms that are in ALARM, each with CloudWatch's reason."""
    answer = aws.client(run, "cloudwatch").describe_alarms(
        AlarmNames=names(run.plan["endpoint"]), StateValue="ALARM"
    )
    return [
        f"{alarm['AlarmName']} ({alarm.get('StateReason') or 'CloudWatch gave no reason'})"
        for alarm in answer["MetricAlarms"]
    ]
