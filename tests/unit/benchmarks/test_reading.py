"""What is read from a stack's own words: the worker's log and the lines of a start."""

import json

import pytest

from benchmarks.__main__ import main
from benchmarks.starts import Step, steps
from benchmarks.trace import Job, jobs

LINE = {
    "event": "job_ended",
    "task": "handle_envelope",
    "envelope": 7,
    "started": "1970-01-01T00:00:10+00:00",
    "took_ms": 90.0,
    "nlu_ms": 60.0,
}


def test_job_with_its_parts():
    found = jobs([json.dumps(LINE)])
    assert found == [Job("handle_envelope", 7, 10.0, 0.09, {"nlu": 0.06})]
    assert found[0].ended == pytest.approx(10.09)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "Traceback (most recent call last):",
        json.dumps({"event": "job_taken_up_again", "job": 3}),
        json.dumps(LINE)[:40],
        json.dumps({"event": "job_ended", "task": "handle_envelope", "envelope": 7}),
    ],
)
def test_other_lines_are_passed_over(line):
    assert jobs([line]) == []


def test_steps_of_a_start():
    said = [
        (0.9, "  ✓ Redis                                           0.5 s"),
        (1.0, "  ok Rasa                                           12.3 s"),
        (31.2, "Cooper is ready: http://127.0.0.1:1"),
    ]
    assert steps(said) == [Step("Redis", 0.5, 0.9), Step("Rasa", 12.3, 1.0)]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--only", "latency,speed"], "no benchmark is called speed"),
        (["--messages", "0"], "0 is no number above zero"),
        (["--trainings", "few"], "few is no number above zero"),
    ],
)
def test_bad_options_start_nothing(arguments, complaint, capsys):
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2
    assert complaint in capsys.readouterr().err
