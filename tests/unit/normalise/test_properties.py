"""What holds for every value, whatever is typed."""

import json
import re

from hypothesis import given
from hypothesis import strategies as st

from actions.normalise import UnreadableError, normalise
from actions.spec import Kind, Parameter

KINDS = st.sampled_from(list(Kind))
UNITS = {"h": "PT{}H", "hours": "PT{}H", "min": "PT{}M", "days": "P{}D", " weeks": "P{}W"}


def of(kind: Kind) -> Parameter:
    return Parameter(kind.value, kind, kind.value, "?", ())


@given(KINDS, st.text(max_size=200))
def test_any_text_gives_a_json_value_or_a_typed_error(kind: Kind, raw: str) -> None:
    try:
        value = normalise(of(kind), raw)
    except UnreadableError as error:
        value = error.problem
    assert value not in (None, "")
    json.dumps(value, allow_nan=False)


@given(KINDS, st.text(alphabet="0123456789 a.-:=#%vrhdxml/PT", max_size=40))
def test_reading_twice_is_reading_once(kind: Kind, raw: str) -> None:
    try:
        value = normalise(of(kind), raw)
    except UnreadableError:
        return
    if kind in {Kind.HYPERPARAMETERS, Kind.BOOLEAN, Kind.PERIOD, Kind.TEXT, Kind.USER}:
        return
    assert normalise(of(kind), str(value)) == value


@given(st.text(max_size=60))
def test_a_slug_is_a_slug(raw: str) -> None:
    try:
        value = normalise(of(Kind.SLUG), raw)
    except UnreadableError:
        return
    assert re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", value)


@given(st.integers(min_value=1, max_value=300), st.sampled_from(sorted(UNITS)))
def test_durations_keep_amount_and_unit(amount: int, unit: str) -> None:
    if unit == " weeks" and amount > 52:
        return
    assert normalise(of(Kind.DURATION), f"{amount}{unit}") == UNITS[unit].format(amount)


@given(st.integers(min_value=1, max_value=10**9 - 1))
def test_ids_round_trip(number: int) -> None:
    for form in (f"R{number}", f"run {number}", f"#{number}", f"r-{number}", str(number)):
        assert normalise(of(Kind.REQUEST), form) == f"R{number}"


@given(st.integers(min_value=0, max_value=23), st.integers(min_value=0, max_value=59))
def test_every_time_of_day_is_read(hour: int, minute: int) -> None:
    assert (
        normalise(of(Kind.SCHEDULE), f"every day at {hour}:{minute:02}") == f"{minute} {hour} * * *"
    )


@given(
    st.dictionaries(
        st.from_regex(r"[a-z][a-z_]{1,10}", fullmatch=True).filter(lambda k: not k.endswith("_")),
        st.one_of(st.integers(-(10**6), 10**6), st.booleans()),
        min_size=1,
        max_size=4,
    )
)
def test_hyperparameters_round_trip(values: dict[str, object]) -> None:
    typed = ", ".join(f"{key}={str(value).lower()}" for key, value in values.items())
    assert normalise(of(Kind.HYPERPARAMETERS), typed) == values
