import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from actions import config_types as kinds
from actions.config_types import duration, iso


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("PT90M", 5400), ("PT1H30M", 5400), ("P1D", 86400), ("P2W", 1209600), ("PT45S", 45)],
)
def test_durations_are_read(text, seconds):
    assert duration(text).total_seconds() == seconds


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "4h", "P1M", "P1Y", "PT1.5H", "-PT1H", "PT1H ", "1D"]
)
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(ValueError, match="ISO 8601"):
        duration(text)


@given(st.timedeltas(min_value=duration("PT1S"), max_value=duration("P9999D")))
def test_a_duration_survives_being_written(value):
    whole = duration(iso(value)) if value.total_seconds() >= 1 else value
    assert int(whole.total_seconds()) == int(value.total_seconds())


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        (kinds.ProjectName, ["fraud", "claims-frequency", "a1"], ["Fraud", "a--b", "-a", "a-", "1a", "a" * 33, "a\n", ""]),
        (kinds.Installation, ["demo"], ["a" * 17, "demo.eu"]),
        (kinds.InstanceType, ["ml.m5.xlarge", "ml.p4d.24xlarge", "ml.g5.48xlarge"], ["m5.xlarge", "ml.m5.huge", "ml.m5", "ml.M5.xlarge"]),
        (kinds.InstancePattern, ["ml.m5.*", "ml.g*.*"], ["*", "ml.*", "m5.*"]),
        (kinds.SlackUser, ["UANA00001", "W012AB3CD"], ["ana", "@ana", "U1", "S0123ABC"]),
        (kinds.SlackGroup, ["S012AB3CD"], ["U012AB3CD", "@team"]),
        (kinds.Channel, ["#ml", "#ml-alerts", "C012AB3CD"], ["ml", "#", "#ML", "# ml"]),
        (kinds.S3Uri, ["s3://bucket/a/b.csv"], ["s3://bucket", "s3://b/x", "S3://bucket/x", "s3://bucket/a b", "s3://bucket/folder/"]),
        (kinds.RelativePath, ["train.py", "src/train.py", "."], ["/etc/passwd", "../x", "a/../../x", "~/x", "", "a\\b", "a\0b", "a" * 251]),
        (kinds.Cron, ["0 6 * * 1", "*/15 * * * *", "0 9 * * 1-5", "0 9 1,15 * *"], ["0 6 * *", "60 * * * *", "0 24 * * *", "0 6 * * mon", "0 6 * * 5-1", "*/0 * * * *", ""]),
        (kinds.Account, ["000000000000"], ["123", "12345678901a"]),
        (kinds.Region, ["us-east-1", "us-gov-west-1"], ["us-east", "US-EAST-1", "earth"]),
        (kinds.RoleArn, ["arn:aws:iam::000000000000:role/cooper-staging"], ["cooper-staging", "arn:aws:iam::1:role/x", "arn:aws:iam::000000000000:user/x"]),
        (kinds.TimeOfDay, ["00:00", "23:59"], ["24:00", "7:00", "22.00"]),
        (kinds.Text, ["x"], ["", "  "]),
    ],
)  # fmt: skip
def test_each_kind_takes_what_is_right_and_refuses_the_rest(kind, right, wrong):
    adapter = TypeAdapter(kind)
    for value in right:
        assert adapter.validate_python(value) == value
    for value in wrong:
        with pytest.raises(ValidationError):
            adapter.validate_python(value)
