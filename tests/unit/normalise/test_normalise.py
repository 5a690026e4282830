"""Values as typed, against the parse contract."""

import pytest

from actions import parameters as p
from actions.normalise import UnreadableError, normalise, split_reference, unwrap
from actions.spec import Kind, Parameter


def of(kind: Kind) -> Parameter:
    return Parameter(kind.value, kind, kind.value, "?", ())


READS = [
    (Kind.SLUG, "fraud", "fraud"),
    (Kind.SLUG, "the fraud model", "fraud"),
    (Kind.SLUG, "Fraud-Detection", "fraud-detection"),
    (Kind.SLUG, "lapse_risk", "lapse-risk"),
    (Kind.SLUG, "*Claims  Frequency* project", "claims-frequency"),
    (Kind.SLUG, "`churn`", "churn"),
    (Kind.SLUG, "fraud's", "fraud"),
    (Kind.SLUG, "churn@v7", "churn"),
    (Kind.VERSION, "v7", 7),
    (Kind.VERSION, "version 7", 7),
    (Kind.VERSION, "#7", 7),
    (Kind.VERSION, "V12", 12),
    (Kind.VERSION, "version three", 3),
    (Kind.VERSION, "the latest", "latest"),
    (Kind.VERSION, "newest version", "latest"),
    (Kind.VERSION, "the champion", "champion"),
    (Kind.VERSION, "champ", "champion"),
    (Kind.VERSION, "challenger", "challenger"),
    (Kind.ENVIRONMENT, "prod", "production"),
    (Kind.ENVIRONMENT, "live", "production"),
    (Kind.ENVIRONMENT, "STG", "staging"),
    (Kind.ENVIRONMENT, "in staging", "staging"),
    (Kind.INSTANCE_TYPE, "g5.2xlarge", "ml.g5.2xlarge"),
    (Kind.INSTANCE_TYPE, "ML.p4d.24xlarge", "ml.p4d.24xlarge"),
    (Kind.INSTANCE_TYPE, "a g4dn.xlarge instance", "ml.g4dn.xlarge"),
    (Kind.INTEGER, "two gpus", 2),
    (Kind.INTEGER, "4x gpu", 4),
    (Kind.INTEGER, "x8", 8),
    (Kind.INTEGER, "20 trials", 20),
    (Kind.INTEGER, "10%", 10),
    (Kind.INTEGER, "twenty-five", 25),
    (Kind.INTEGER, "a couple of machines", 2),
    (Kind.INTEGER, "a gpu", 1),
    (Kind.HYPERPARAMETERS, "40 epochs", {"epochs": 40}),
    (Kind.INTEGER, "two hundred and five", 205),
    (Kind.INTEGER, "1,000", 1000),
    (Kind.BOOLEAN, "on spot", True),
    (Kind.BOOLEAN, "no spot", False),
    (Kind.BOOLEAN, "on-demand", False),
    (Kind.BOOLEAN, "without spot instances", False),
    (Kind.DURATION, "for 4 hours", "PT4H"),
    (Kind.DURATION, "90 min", "PT90M"),
    (Kind.DURATION, "1 day", "P1D"),
    (Kind.DURATION, "1h30m", "PT1H30M"),
    (Kind.DURATION, "1h30", "PT1H30M"),
    (Kind.DURATION, "an hour and a half", "PT90M"),
    (Kind.DURATION, "half an hour", "PT30M"),
    (Kind.DURATION, "two and a half hours", "PT150M"),
    (Kind.DURATION, "1.5h", "PT90M"),
    (Kind.DURATION, "at most two days", "P2D"),
    (Kind.DURATION, "PT4H", "PT4H"),
    (Kind.PERIOD, "last 7 days", "P7D"),
    (Kind.PERIOD, "past week", "P7D"),
    (Kind.PERIOD, "past month", "P1M"),
    (Kind.PERIOD, "last month", "last-month"),
    (Kind.PERIOD, "this month", "this-month"),
    (Kind.PERIOD, "today", "today"),
    (Kind.PERIOD, "over the last two weeks", "P14D"),
    (Kind.PERIOD, "last 24 hours", "PT24H"),
    (Kind.PERIOD, "last 3 months", "P3M"),
    (Kind.SCHEDULE, "every monday at 6am", "0 6 * * 1"),
    (Kind.SCHEDULE, "daily at 18:30", "30 18 * * *"),
    (Kind.SCHEDULE, "weekdays at 9", "0 9 * * 1-5"),
    (Kind.SCHEDULE, "sundays at noon", "0 12 * * 0"),
    (Kind.SCHEDULE, "every tue and thu at 7:15 pm", "15 19 * * 2,4"),
    (Kind.SCHEDULE, "monday to friday at 8", "0 8 * * 1-5"),
    (Kind.SCHEDULE, "on the 1st of every month at 03:00", "0 3 1 * *"),
    (Kind.SCHEDULE, "every 6 hours", "0 */6 * * *"),
    (Kind.SCHEDULE, "hourly", "0 * * * *"),
    (Kind.SCHEDULE, "0 6 * * 1", "0 6 * * 1"),
    (Kind.SCHEDULE, "every night at midnight", "0 0 * * *"),
    (Kind.REQUEST, "run 42", "R42"),
    (Kind.REQUEST, "r42", "R42"),
    (Kind.REQUEST, "request #42", "R42"),
    (Kind.REQUEST, "42", "R42"),
    (Kind.ALERT, "alert 17", "A17"),
    (Kind.ALERT, "a17", "A17"),
    (Kind.STRATEGY, "as a canary", "canary"),
    (Kind.STRATEGY, "shadow it", "shadow"),
    (Kind.STRATEGY, "blue/green all at once", "all-at-once"),
    (Kind.SEVERITY, "sev high", "high"),
    (Kind.STATE, "in progress", "running"),
    (Kind.STATE, "pending", "waiting"),
    (Kind.STATE, "Failed", "failed"),
    (Kind.CHANNEL, "<#C1|ml>", "C1"),
    (Kind.CHANNEL, "#ml-alerts", "ml-alerts"),
    (Kind.CHANNEL, "here", "here"),
    (Kind.USER, "<@U1>", "U1"),
    (Kind.USER, "my", "me"),
    (Kind.USER, "I", "me"),
    (Kind.USER, "@ben", "ben"),
    (Kind.USER, "ben's", "ben"),
    (Kind.HYPERPARAMETERS, "lr=0.1 seed=84?", {"lr": 0.1, "seed": 84}),
    (Kind.HYPERPARAMETERS, "lr=0.01", {"lr": 0.01}),
    (Kind.HYPERPARAMETERS, "max depth 6", {"max_depth": 6}),
    (Kind.HYPERPARAMETERS, "lr=1e-3, max depth 8", {"lr": 0.001, "max_depth": 8}),
    (Kind.HYPERPARAMETERS, "a learning rate of 0.1", {"learning_rate": 0.1}),
    (Kind.HYPERPARAMETERS, "booster=dart and shuffle=true", {"booster": "dart", "shuffle": True}),
    (Kind.TEXT, "because the holdout leaks", "the holdout leaks"),
    (Kind.TEXT, "reason: too old", "too old"),
    (Kind.WORD, "Deployments", "deployments"),
    (Kind.DATASET, "s3://bucket/Key", "s3://bucket/Key"),
    (Kind.DATASET, "<s3://bucket/Key>", "s3://bucket/Key"),
    (Kind.DATASET, "churn_v3", "churn_v3"),
    (Kind.DATASET, "data/version-3.csv", "data/version-3.csv"),
    (Kind.DATASET, "champions of october", "champions of october"),
    (Kind.DATASET, "2026", "2026"),
]

REFUSES = [
    (Kind.DATASET, "wait, use v3"),
    (Kind.DATASET, "the third version"),
    (Kind.DATASET, "whatever the champion is"),
    (Kind.DATASET, "number 3"),
    (Kind.SLUG, "it"),
    (Kind.SLUG, "the model"),
    (Kind.SLUG, "über-modell"),
    (Kind.SLUG, "x" * 64),
    (Kind.SLUG, "../../etc"),
    (Kind.VERSION, "v0"),
    (Kind.VERSION, "v-1"),
    (Kind.VERSION, "1.5"),
    (Kind.VERSION, "good"),
    (Kind.ENVIRONMENT, "moon"),
    (Kind.ENVIRONMENT, "staging and prod"),
    (Kind.ENVIRONMENT, "delivered"),
    (Kind.INSTANCE_TYPE, "big"),
    (Kind.INSTANCE_TYPE, "ml.g5"),
    (Kind.INSTANCE_TYPE, "ml.g5.2xlarge; rm"),
    (Kind.INTEGER, "-2"),
    (Kind.INTEGER, "1.5 gpus"),
    (Kind.INTEGER, "many"),
    (Kind.INTEGER, "2 or 3"),
    (Kind.BOOLEAN, "perhaps"),
    (Kind.DURATION, "4"),
    (Kind.DURATION, "four"),
    (Kind.DURATION, "0 hours"),
    (Kind.DURATION, "400 days"),
    (Kind.DURATION, "4 hours tomorrow"),
    (Kind.DURATION, "4 lightyears"),
    (Kind.DURATION, "P"),
    (Kind.PERIOD, "whenever"),
    (Kind.SCHEDULE, "every monday"),
    (Kind.SCHEDULE, "every monday at 25:00"),
    (Kind.SCHEDULE, "every monday at 13pm"),
    (Kind.SCHEDULE, "every blue moon at 6"),
    (Kind.SCHEDULE, "61 6 * * 1"),
    (Kind.SCHEDULE, "the 32nd of every month at 6"),
    (Kind.REQUEST, "A17"),
    (Kind.REQUEST, "r0"),
    (Kind.REQUEST, "run"),
    (Kind.ALERT, "R42"),
    (Kind.STRATEGY, "carefully"),
    (Kind.SEVERITY, "purple"),
    (Kind.STATE, "odd"),
    (Kind.CHANNEL, "two words"),
    (Kind.USER, "<!channel>"),
    (Kind.HYPERPARAMETERS, "faster"),
    (Kind.HYPERPARAMETERS, "lr=0.01 or whatever you like"),
    (Kind.TEXT, "because"),
    (Kind.WORD, "x" * 201),
]


@pytest.mark.parametrize(("kind", "raw", "value"), READS)
def test_reads(kind: Kind, raw: str, value: object) -> None:
    found = normalise(of(kind), raw)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(("kind", "raw"), REFUSES)
def test_refuses_and_says_why(kind: Kind, raw: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        normalise(of(kind), raw)
    assert caught.value.problem.endswith((".", "?"))
    assert caught.value.raw == raw


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("raw", ["", "   ", "\x00", "x" * 100_000])
def test_nothing_and_too_much_are_refused(kind: Kind, raw: str) -> None:
    with pytest.raises(UnreadableError):
        normalise(of(kind), raw)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("train *fraud* on `ml.m5.xlarge`", "train fraud on ml.m5.xlarge"),
        ("see <https://x.test/a|fraud>", "see fraud"),
        ("see <https://x.test/a>", "see https://x.test/a"),
        ("ask <@U1> in <#C1|ml>", "ask <@U1> in <#C1|ml>"),
        ("lapse_risk and claims_frequency", "lapse_risk and claims_frequency"),
        ("a &lt; b &amp; c", "a < b & c"),
        ("_really_ ~not~ 2*3*4", "really not 2*3*4"),
    ],
)
def test_markup_is_unwrapped(text: str, plain: str) -> None:
    assert unwrap(text) == plain


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("churn@v7", ("churn", "v7")),
        ("churn:7", ("churn", "7")),
        ("churn@latest", ("churn", "latest")),
        ("churn", ("churn", None)),
        ("s3://bucket/key", ("s3://bucket/key", None)),
    ],
)
def test_references_are_split(text: str, parts: tuple[str, str | None]) -> None:
    assert split_reference(text) == parts


def test_every_example_of_the_catalogue_reads() -> None:
    from actions.catalog import PARAMETERS

    for parameter in PARAMETERS.values():
        for example in parameter.examples:
            assert normalise(parameter, example) is not None, (parameter.name, example)
    assert p.PROJECT.name in PARAMETERS
