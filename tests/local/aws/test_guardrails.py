import time
import uuid
from fractions import Fraction

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from infra.local.aws.alarms import judge
from infra.local.aws.errors import AwsError
from infra.local.aws.guardrails import rollout
from tests.local.aws.support import Client, until

OLD, NEW = "return [1.0] * len(data)", "return [2.0] * len(data)"


def blue_green(kind="ALL_AT_ONCE", wait=0, *, alarms=(), termination=0, limit=600, **size):
    return {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": {
                "Type": kind,
                "WaitIntervalInSeconds": wait,
                **{
                    member: {"Type": "CAPACITY_PERCENT", "Value": value}
                    for member, value in size.items()
                },
            },
            "TerminationWaitInSeconds": termination,
            "MaximumExecutionTimeoutInSeconds": limit,
        },
        **(
            {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": name} for name in alarms]}}
            if alarms
            else {}
        ),
    }


class Alarm:
    """An alarm on a metric of its own."""

    def __init__(self, aws, **more):
        self.aws, self.name = aws, f"alarm-{uuid.uuid4().hex[:8]}"
        aws.cloudwatch.put_metric_alarm(
            **{
                "AlarmName": self.name,
                "Namespace": "Cooper/Tests",
                "MetricName": self.name,
                "Statistic": "Sum",
                "Period": 60,
                "EvaluationPeriods": 1,
                "Threshold": 1,
                "ComparisonOperator": "GreaterThanOrEqualToThreshold",
                "TreatMissingData": "notBreaching",
                **more,
            }
        )

    def put(self, value, **dimensions):
        datum = {"MetricName": self.name, "Value": value}
        given = [{"Name": name, "Value": each} for name, each in dimensions.items()]
        self.aws.cloudwatch.put_metric_data(
            Namespace="Cooper/Tests",
            MetricData=[datum | ({"Dimensions": given} if given else {})],
        )

    def state(self):
        found = self.aws.cloudwatch.describe_alarms(AlarmNames=[self.name])
        return found["MetricAlarms"][0]["StateValue"]


@pytest.fixture(scope="module")
def configs(aws):
    """Two configurations whose models answer 1 and 2."""
    return aws.answering(OLD), aws.answering(NEW)


@pytest.fixture
def endpoint(aws, configs):
    """An endpoint that runs the first."""
    name = aws.endpoint(configs[0])
    assert aws.steady(name)["EndpointStatus"] == "InService"
    yield name
    aws.steady(name)
    aws.sagemaker.delete_endpoint(EndpointName=name)


def update(aws, endpoint, config, deployment=None, **more):
    given = {"DeploymentConfig": deployment} if deployment else {}
    aws.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=config, **given, **more)


def baking(aws, endpoint):
    """Return the endpoint's description as soon as its new fleet takes requests."""

    def is_baking(each):
        assert each["EndpointStatus"] == "Updating", each
        variants = each["PendingDeploymentSummary"]["ProductionVariants"]
        return variants[0]["VariantStatus"][0]["Status"] == "Baking"

    return until(lambda: aws.sagemaker.describe_endpoint(EndpointName=endpoint), is_baking)


def servers(aws, endpoint):
    return {each.pid for each in aws.processes(f"{endpoint}/")}


# ---------------------------------------------------------------------- what goes wrong


def test_an_alarm_during_the_canary_gives_all_traffic_back(aws, endpoint, configs):
    alarm = Alarm(aws)
    before = servers(aws, endpoint)
    with Client(aws, endpoint) as client:
        update(
            aws, endpoint, configs[1], blue_green("CANARY", 60, alarms=[alarm.name], CanarySize=50)
        )
        baking(aws, endpoint)
        until(lambda: client.answers, lambda answers: 2.0 in answers)
        alarm.put(5)
        described = aws.steady(endpoint)
        after = client.more(10)

    assert client.errors == []
    assert set(after[1:]) == {1.0}
    assert described["EndpointStatus"] == "InService"
    assert described["EndpointConfigName"] == configs[0]
    assert "PendingDeploymentSummary" not in described
    assert "went into ALARM state" in described["FailureReason"]
    assert alarm.name in described["FailureReason"]
    assert servers(aws, endpoint) == before


def test_an_alarm_after_the_whole_shift_gives_all_traffic_back(aws, endpoint, configs):
    alarm = Alarm(aws)
    with Client(aws, endpoint) as client:
        update(aws, endpoint, configs[1], blue_green(wait=60, alarms=[alarm.name]))
        baking(aws, endpoint)
        until(lambda: client.answers, lambda answers: 2.0 in answers)
        alarm.put(5)
        described = aws.steady(endpoint)
        after = client.more(10)

    assert client.errors == []
    assert set(after[1:]) == {1.0}
    assert described["EndpointConfigName"] == configs[0]


def test_an_alarm_that_is_deleted_meanwhile_does_not_let_the_update_pass(aws, endpoint, configs):
    alarm = Alarm(aws)
    update(aws, endpoint, configs[1], blue_green(wait=60, alarms=[alarm.name]))
    baking(aws, endpoint)
    aws.cloudwatch.delete_alarms(AlarmNames=[alarm.name])
    described = aws.steady(endpoint)
    assert described["EndpointConfigName"] == configs[0]
    assert f"[{alarm.name}] no longer exist" in described["FailureReason"]


def test_a_fleet_that_never_answers_ping_gets_no_request(aws, endpoint):
    broken = aws.config(aws.model(aws.served(load="raise RuntimeError('no weights')")))
    with Client(aws, endpoint) as client:
        update(aws, endpoint, broken, blue_green("CANARY", 1, CanarySize=50))
        described = aws.steady(endpoint)
        client.more(5)
    assert client.errors == []
    assert set(client.answers) == {1.0}
    assert "did not pass the ping health check" in described["FailureReason"]


def test_an_alarm_that_is_not_there_refuses_the_update(aws, endpoint, configs):
    with pytest.raises(ClientError, match="nobody-set-this") as caught:
        update(aws, endpoint, configs[1], blue_green(alarms=["nobody-set-this"]))
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    described = aws.sagemaker.describe_endpoint(EndpointName=endpoint)
    assert described["EndpointStatus"] == "InService"
    assert "LastDeploymentConfig" not in described


def test_a_rolling_update_is_refused_by_name(aws, endpoint, configs):
    size = {"Type": "CAPACITY_PERCENT", "Value": 50}
    with pytest.raises(ClientError, match="RollingUpdatePolicy") as caught:
        update(
            aws,
            endpoint,
            configs[1],
            {"RollingUpdatePolicy": {"MaximumBatchSize": size, "WaitIntervalInSeconds": 1}},
        )
    assert caught.value.response["Error"]["Code"] == "UnsupportedOperation"


@pytest.mark.parametrize(
    ("deployment", "words"),
    [
        (blue_green(wait=3601), "less than or equal to 3600"),
        (blue_green(wait=-1), "greater than or equal to 0"),
        (blue_green(termination=3601), "less than or equal to 3600"),
        (blue_green(limit=599), "greater than or equal to 600"),
        (blue_green(limit=28801), "less than or equal to 28800"),
        (blue_green(wait=600), "larger than the total waiting time"),
        (blue_green("CANARY", CanarySize=51), "less than or equal to 50%"),
        (blue_green("CANARY", CanarySize=0), "greater than or equal to 1"),
        (blue_green("CANARY"), "CanarySize must be given"),
        (blue_green("LINEAR"), "LinearStepSize must be given"),
        (blue_green("LINEAR", LinearStepSize=9), "at least 10%"),
        (blue_green("LINEAR", LinearStepSize=10, CanarySize=10), "for CANARY only"),
        (blue_green("SOON"), "enum value set"),
        (blue_green(alarms=["a"] * 11), "less than or equal to 10"),
        ({"AutoRollbackConfiguration": {"Alarms": []}}, "greater than or equal to 1"),
        ({"AutoRollbackConfiguration": {"Alarms": [{}]}}, "AlarmName is required"),
    ],
)
@pytest.mark.parametrize("call", ["create_endpoint", "update_endpoint"])
def test_a_deployment_beyond_the_limits_is_refused(aws, configs, call, deployment, words):
    # boto3 itself would refuse some of them before AWS sees them.
    client = boto3.session.Session().client(
        "sagemaker",
        endpoint_url=aws.url,
        region_name="us-east-1",
        aws_access_key_id="cooper",
        aws_secret_access_key="local",
        config=Config(parameter_validation=False),
    )
    with pytest.raises(ClientError, match=words) as caught:
        getattr(client, call)(
            EndpointName="any", EndpointConfigName=configs[0], DeploymentConfig=deployment
        )
    assert caught.value.response["Error"]["Code"] == "ValidationException"


def test_one_instance_is_no_canary_of_itself():
    routing = {
        "Type": "CANARY",
        "WaitIntervalInSeconds": 1,
        "CanarySize": {"Type": "INSTANCE_COUNT", "Value": 1},
    }
    policy = {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing}}
    with pytest.raises(AwsError, match="50%"):
        rollout("UpdateEndpoint", policy, [4, 1])
    assert rollout("UpdateEndpoint", policy, [4, 2]).shares == (Fraction(1, 2), 1)


# ---------------------------------------------------------------------- what goes well


def test_a_canary_takes_its_share_and_then_all(aws, endpoint, configs):
    before = servers(aws, endpoint)
    deployment = blue_green(
        "CANARY", 5, alarms=[Alarm(aws).name], termination=1, CanarySize=30, limit=700
    )
    with Client(aws, endpoint) as client:
        client.answers.clear()
        update(aws, endpoint, configs[1], deployment)
        during = baking(aws, endpoint)
        start = len(client.answers)
        # The canary's wait is not over yet, so these all fall into it.
        sample = until(lambda: client.answers[start:], lambda new: len(new) >= 40)
        still = aws.sagemaker.describe_endpoint(EndpointName=endpoint)
        described = aws.steady(endpoint)
        after = client.more(10)

    assert client.errors == []
    assert still["PendingDeploymentSummary"] == during["PendingDeploymentSummary"]
    assert 0.05 < sample.count(2.0) / len(sample) < 0.6
    assert set(after[1:]) == {2.0}
    pending = during["PendingDeploymentSummary"]
    assert pending["EndpointConfigName"] == configs[1]
    assert pending["ProductionVariants"][0]["VariantName"] == "v1"
    assert pending["StartTime"]
    assert during["EndpointConfigName"] == configs[0]
    assert described["EndpointConfigName"] == configs[1]
    assert described["LastDeploymentConfig"] == deployment
    assert "PendingDeploymentSummary" not in described
    assert "FailureReason" not in described
    until(lambda: servers(aws, endpoint) & before, lambda left: not left)


@pytest.mark.parametrize(
    ("percent", "shares"),
    [(50, (50, 100)), (40, (40, 80, 100)), (25, (25, 50, 75, 100)), (33, (33, 66, 99, 100))],
)
def test_linear_steps_add_up(percent, shares):
    plan = rollout("UpdateEndpoint", blue_green("LINEAR", 1, LinearStepSize=percent), [1])
    assert [each * 100 for each in plan.shares] == list(shares)


def test_a_linear_update_waits_after_each_step(aws, endpoint, configs):
    started = time.monotonic()
    with Client(aws, endpoint) as client:
        update(aws, endpoint, configs[1], blue_green("LINEAR", 1, LinearStepSize=50))
        assert aws.steady(endpoint)["EndpointConfigName"] == configs[1]
    assert client.errors == []
    assert time.monotonic() - started > 2
    # The same way again, kept by name, back to the first configuration.
    update(aws, endpoint, configs[0], RetainDeploymentConfig=True)
    baking(aws, endpoint)
    described = aws.steady(endpoint)
    routing = described["LastDeploymentConfig"]["BlueGreenUpdatePolicy"]
    assert routing["TrafficRoutingConfiguration"]["Type"] == "LINEAR"


def test_a_deployment_given_at_the_creation_is_kept(aws, configs):
    name = f"endpoint-{uuid.uuid4().hex[:8]}"
    deployment = blue_green("CANARY", 1, CanarySize=20)
    aws.sagemaker.create_endpoint(
        EndpointName=name, EndpointConfigName=configs[0], DeploymentConfig=deployment
    )
    assert aws.steady(name)["LastDeploymentConfig"] == deployment
    aws.sagemaker.delete_endpoint(EndpointName=name)


def test_an_alarm_can_watch_the_new_fleet_alone(aws, endpoint, configs):
    failing = aws.answering(
        "if data['x'][0] > 1: raise ValueError('too big')\n        return [2.0]"
    )
    alarm = Alarm(
        aws,
        Namespace="AWS/SageMaker",
        MetricName="Invocation4XXErrors",
        Dimensions=[
            {"Name": "EndpointName", "Value": endpoint},
            {"Name": "VariantName", "Value": "v1"},
            {"Name": "EndpointConfigName", "Value": failing},
        ],
    )
    update(aws, endpoint, failing, blue_green(wait=60, alarms=[alarm.name]))
    baking(aws, endpoint)
    with pytest.raises(aws.sagemaker_runtime.exceptions.ModelError):
        aws.predict(endpoint)
    described = aws.steady(endpoint)
    assert described["EndpointConfigName"] == configs[0]
    assert alarm.name in described["FailureReason"]


# ---------------------------------------------------------------------- alarms


def test_an_alarm_heeds_its_dimensions(aws):
    alarm = Alarm(aws, Dimensions=[{"Name": "EndpointName", "Value": "ours"}])
    alarm.put(9, EndpointName="theirs")
    alarm.put(0, EndpointName="ours")
    until(alarm.state, lambda state: state == "OK", seconds=10)
    alarm.put(9, EndpointName="ours")
    until(alarm.state, lambda state: state == "ALARM", seconds=10)


def test_an_alarm_ends_when_its_data_stays_away(aws):
    alarm = Alarm(aws, Period=1)
    alarm.put(9)
    until(alarm.state, lambda state: state == "ALARM", seconds=10)
    until(alarm.state, lambda state: state == "OK", seconds=10)


@pytest.mark.parametrize(
    ("values", "missing", "state"),
    [
        ([5, 5, 0], "missing", "ALARM"),
        ([5, 0, 0], "missing", "OK"),
        ([5, None, None], "notBreaching", "OK"),
        ([5, None, None], "breaching", "ALARM"),
        ([None, None, None], "breaching", "ALARM"),
        ([None, None, None], "notBreaching", "OK"),
        ([None, None, None], "ignore", "as before"),
        ([None, None, None], "missing", "INSUFFICIENT_DATA"),
    ],
)
def test_missing_data_is_treated_as_the_alarm_says(values, missing, state):
    alarm = {
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": 1,
        "EvaluationPeriods": 3,
        "DatapointsToAlarm": 2,
        "TreatMissingData": missing,
        "StateValue": "as before",
    }
    assert judge(alarm, values) == state
