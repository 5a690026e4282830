import time
import urllib.error
import urllib.request

import pytest
from botocore.exceptions import ClientError

from tests.local.aws.support import until


def refused(call):
    """Return the error a call is refused with, and see that it came at once and was not tried again."""
    started = time.monotonic()
    with pytest.raises(ClientError) as caught:
        call()
    assert time.monotonic() - started < 10
    assert caught.value.response["ResponseMetadata"]["RetryAttempts"] == 0
    assert 400 <= caught.value.response["ResponseMetadata"]["HTTPStatusCode"] < 500
    return caught.value.response["Error"]


def test_a_call_that_is_not_imitated_names_itself(aws):
    error = refused(aws.sagemaker.list_feature_groups)
    assert error["Code"] == "UnsupportedOperation"
    assert "ListFeatureGroups" in error["Message"]


def test_a_feature_of_invocation_that_is_not_imitated_is_refused(aws):
    error = refused(
        lambda: aws.sagemaker_runtime.invoke_endpoint_async(
            EndpointName="any", InputLocation="s3://bucket/key"
        )
    )
    assert error["Code"] == "UnsupportedOperation"


@pytest.mark.parametrize(
    ("service", "call", "parameters"),
    [
        ("pricing", "describe_services", {"ServiceCode": "AmazonSageMaker"}),
        ("ec2", "describe_instances", {}),
        (
            "sagemaker-featurestore-runtime",
            "get_record",
            {"FeatureGroupName": "claims", "RecordIdentifierValueAsString": "1"},
        ),
    ],
)
def test_a_service_that_is_not_imitated_is_refused(aws, service, call, parameters):
    error = refused(lambda: getattr(aws.client(service), call)(**parameters))
    assert error["Code"] == "UnsupportedOperation"
    assert "the local AWS stand-in does not support" in error["Message"]


def test_the_other_services_answer_at_the_same_url(aws):
    assert aws.sts.get_caller_identity()["Account"] == "000000000000"
    policy = (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", '
        '"Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}]}'
    )
    aws.iam.create_role(RoleName="cooper-job", AssumeRolePolicyDocument=policy)
    assert aws.iam.get_role(RoleName="cooper-job")["Role"]["Arn"].endswith(":role/cooper-job")


def test_alarms_follow_their_metric(aws):
    aws.cloudwatch.put_metric_alarm(
        AlarmName="errors",
        Namespace="Cooper/Tests",
        MetricName="Errors",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    aws.cloudwatch.put_metric_data(
        Namespace="Cooper/Tests", MetricData=[{"MetricName": "Errors", "Value": 9}]
    )
    until(
        lambda: aws.cloudwatch.describe_alarms(AlarmNames=["errors"])["MetricAlarms"][0],
        lambda alarm: alarm["StateValue"] == "ALARM",
        seconds=30,
    )


def test_a_large_object_passes_through_whole(aws):
    body = bytes(range(256)) * 4096 * 12
    uri = aws.put("large object/with ünicode+plus.bin", body)
    key = uri.split("/", 3)[3]
    got = aws.s3.get_object(Bucket=uri.split("/")[2], Key=key)["Body"].read()
    assert got == body


def test_no_page_in_a_browser_can_wipe_the_state(aws):
    request = urllib.request.Request(f"{aws.url}/_ministack/reset", method="POST", data=b"")
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=10)
    caught.value.close()
    assert caught.value.code == 400
    assert aws.s3.list_buckets()["Buckets"]


def test_it_answers_on_loopback_only(aws):
    assert aws.url.startswith("http://127.0.0.1:")
    connections = [
        each
        for process in [*aws.processes(""), aws.process]
        for each in process.net_connections(kind="tcp")
        if each.status == "LISTEN"
    ]
    assert connections
    assert {each.laddr.ip for each in connections} == {"127.0.0.1"}
