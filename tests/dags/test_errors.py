import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException, TaskDeferred
from botocore.exceptions import ClientError, EndpointConnectionError
from mlflow.exceptions import MlflowException
from requests.exceptions import ConnectionError as HttpConnectionError

from cooper_dags.errors import FAILURE_KEY, RefusedError, fails_clearly, is_transient


def aws_error(code, status=400):
    answer = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "CreateTrainingJob")


def mlflow_error():
    try:
        raise MlflowException("API request failed") from HttpConnectionError("refused")
    except MlflowException as error:
        return error


TRANSIENT = [
    aws_error("ThrottlingException"),
    aws_error("SlowDown", 503),
    aws_error("Whatever", 502),
    EndpointConnectionError(endpoint_url="http://127.0.0.1:1"),
    mlflow_error(),
]
FINAL = [
    aws_error("ValidationException"),
    aws_error("ResourceLimitExceeded"),
    aws_error("AccessDeniedException", 403),
    MlflowException("INVALID_PARAMETER_VALUE"),
    RefusedError("The plan was changed."),
    KeyError("image_uri"),
]


class Task:
    """The part of a task instance that a stage uses."""

    def __init__(self):
        self.pushed = {}

    def xcom_push(self, key, value):
        self.pushed[key] = value


@pytest.fixture
def context():
    return {"ti": Task()}


def failing(error):
    @fails_clearly
    def stage(context):
        raise error

    return stage


@pytest.mark.parametrize("error", TRANSIENT, ids=repr)
def test_throttling_and_transport_are_tried_again(error, context):
    assert is_transient(error)
    with pytest.raises(type(error)):
        failing(error)(context)
    assert context["ti"].pushed[FAILURE_KEY]


@pytest.mark.parametrize("error", FINAL, ids=repr)
def test_everything_else_is_final_and_leaves_its_reason(error, context):
    assert not is_transient(error)
    with pytest.raises(AirflowFailException):
        failing(error)(context=context)
    assert context["ti"].pushed[FAILURE_KEY]


def test_reason_of_a_refusal_is_its_text_and_of_a_defect_its_kind(context):
    with pytest.raises(AirflowFailException):
        failing(RefusedError("The data\n  changed."))(context)
    assert context["ti"].pushed[FAILURE_KEY] == {"reason": "The data changed.", "kind": "refused"}
    with pytest.raises(AirflowFailException):
        failing(KeyError("image_uri"))(context)
    found = context["ti"].pushed[FAILURE_KEY]
    assert found == {"reason": "KeyError: 'image_uri'", "kind": "fault"}


def test_missing_permission_is_told_with_what_it_is_for(context):
    message = (
        "User: arn:aws:sts::1:assumed-role/airflow/s is not authorized to perform: "
        "sagemaker:CreateTrainingJob on resource: arn:aws:sagemaker:us-east-1:1:training-job/x "
        "because no identity-based policy allows it"
    )
    answer = {"Error": {"Code": "AccessDeniedException", "Message": message}}
    with pytest.raises(AirflowFailException):
        failing(ClientError(answer, "CreateTrainingJob"))(context)
    found = context["ti"].pushed[FAILURE_KEY]
    assert found["kind"] == "permission"
    assert found["reason"] == (
        "arn:aws:sts::1:assumed-role/airflow/s lacks the permission sagemaker:CreateTrainingJob "
        "on arn:aws:sagemaker:us-east-1:1:training-job/x."
    )


def test_permission_that_aws_does_not_name_is_told_by_the_call(context):
    answer = {"Error": {"Code": "AccessDenied", "Message": "Access Denied"}}
    with pytest.raises(AirflowFailException):
        failing(ClientError(answer, "GetObject"))(context)
    found = context["ti"].pushed[FAILURE_KEY]
    assert found == {"reason": "AWS does not allow GetObject: Access Denied", "kind": "permission"}


def test_skipping_is_no_failure(context):
    with pytest.raises(AirflowSkipException):
        failing(AirflowSkipException("nothing to do"))(context)
    assert context["ti"].pushed == {}


def test_deferring_is_no_failure(context):
    with pytest.raises(TaskDeferred):
        failing(TaskDeferred(trigger=None, method_name="finish"))(context)
    assert context["ti"].pushed == {}
