import json

import pytest

from benchmarks.figures import summarise
from benchmarks.report import Section, markdown, seconds, summary_row, table, write

SECTION = Section(
    name="idle",
    title="Idle memory",
    columns=("", "PSS"),
    rows=(("worker", "200 MiB"),),
    figures={"bytes": 200},
    note="Nobody asked.",
)


def test_table_aligns_numbers_to_the_right():
    drawn = table(("", "took"), [("Rasa", "9.1 s"), ("Postgres", "12.0 s")])
    assert drawn.splitlines() == [
        "|          |   took |",
        "| -------- | -----: |",
        "| Rasa     |  9.1 s |",
        "| Postgres | 12.0 s |",
    ]


def test_row_of_another_length_is_refused():
    with pytest.raises(ValueError, match="zip"):
        table(("", "took"), [("Rasa", "9.1 s", "too much")])


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0 ms"), (0.0624, "62 ms"), (9.9, "9900 ms"), (10.0, "10.0 s")]
)
def test_seconds(value, text):
    assert seconds(value) == text


def test_share_is_of_the_mean():
    row = summary_row("plan", summarise([1.0, 3.0]), total=8.0)
    assert row == ("plan", "2000 ms", "2000 ms", "2980 ms", "25%")


def test_share_of_nothing_is_left_out():
    assert summary_row("plan", summarise([0.0]), total=0.0)[-1] == ""


def test_markdown_names_machine_section_and_note():
    text = markdown({"cores": 2}, [SECTION])
    assert text.startswith("Machine: cores 2.\n\n## Idle memory\n\n| ")
    assert text.endswith("\n\nNobody asked.\n")


def test_written_as_json_and_as_markdown(tmp_path):
    path = write({"cores": 2}, [SECTION], tmp_path / "results")
    assert json.loads(path.read_text()) == {"machine": {"cores": 2}, "idle": {"bytes": 200}}
    assert path.with_suffix(".md").read_text() == markdown({"cores": 2}, [SECTION])
