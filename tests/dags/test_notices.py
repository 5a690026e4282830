import pytest
from hypothesis import given
from hypothesis import strategies as st

from cooper_dags import notices
from cooper_dags.notices import Notice
from monitoring.findings import Finding, Verdict


def finding(verdict=Verdict.ALERT, column="x", value=0.31, monitor="drift", **more):
    given = {"check": "data_drift", "threshold": 0.2, "p_value": None, "slice": None, **more}
    return Finding(
        monitor,
        given["check"],
        column,
        given["slice"],
        None if verdict is Verdict.NO_DATA else value,
        given["threshold"],
        given["p_value"],
        verdict,
        "medium",
        given.get("detail", {"rows": 1200}),
    )


def settle(findings, before=(), statistics=None, watched=lambda _: True):
    return notices.settle(findings, statistics or {"drift": "jensen_shannon"}, before, watched)


def seen(found):
    return [(each.column, each.status) for each in found]


FIRING = settle([finding()]).firing


def test_alert_fires_and_goes_on_firing():
    found = settle([finding()])
    assert seen(found.notices) == seen(found.firing) == [("x", "firing")]
    again = settle([finding()], found.firing)
    assert seen(again.notices) == seen(again.firing) == [("x", "firing")]


def test_what_is_well_is_told_once_and_only_where_it_fired():
    found = settle([finding(Verdict.OK), finding(Verdict.OK, "other")], FIRING)
    assert seen(found.notices) == [("x", "resolved")]
    assert found.firing == ()
    assert settle([finding(Verdict.OK)], found.firing).notices == ()


@pytest.mark.parametrize(
    "findings", [[], [finding(Verdict.NO_DATA)], [finding(Verdict.OK, "other")]]
)
def test_having_no_data_is_no_all_clear(findings):
    found = settle(findings, FIRING)
    assert found.notices == ()
    assert seen(found.firing) == [("x", "firing")]


def test_what_nobody_watches_any_more_ends():
    found = settle([], FIRING, watched=lambda _: False)
    assert seen(found.notices) == [("x", "resolved")]
    assert found.notices[0].detail == "It is no longer watched."
    assert found.firing == ()


def test_slices_and_columns_are_told_apart():
    findings = [finding(column="a", slice=part, check="bias") for part in ("m", "f")]
    before = settle(findings).firing
    found = settle([finding(Verdict.OK, "a", slice="m", check="bias"), findings[1]], before)
    assert {(each.slice, each.status) for each in found.notices} == {
        ("m", "resolved"),
        ("f", "firing"),
    }


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({}, "Jensen-Shannon distance is 0.31, the bound 0.2 over 1,200 rows."),
        ({"p_value": 0.0123}, "Jensen-Shannon distance is 0.31, the bound 0.2 over 1,200 rows; p = 0.012."),
        ({"p_value": 0.0}, "Jensen-Shannon distance is 0.31, the bound 0.2 over 1,200 rows; p < 0.001."),
        ({"monitor": "m", "check": "activity", "detail": {}}, "rows, of those expected is 0.31, the bound 0.2."),
        ({"monitor": "m", "check": "performance", "detail": {"metric": "mae"}}, "mae is 0.31, the bound 0.2."),
        ({"monitor": "m", "check": "estimated_performance", "detail": {"metric": "f1"}}, "estimated f1 is 0.31, the bound 0.2."),
        ({"monitor": "m", "check": "bias", "detail": {"metric": "f1"}}, "difference of f1 is 0.31, the bound 0.2."),
    ],
)  # fmt: skip
def test_figures_are_told_in_a_sentence(changes, detail):
    assert settle([finding(**changes)]).notices[0].detail == detail


def test_every_check_has_words():
    from typing import get_args

    from monitoring.monitors import Check

    for check in get_args(Check):
        metric = (
            {"metric": "f1"} if check in {"performance", "estimated_performance", "bias"} else {}
        )
        statistics = (
            {"m": "psi"}
            if check.endswith(("data_drift", "prediction_drift", "label_drift"))
            else {}
        )
        told = settle([finding(monitor="m", check=check, detail=metric)], statistics=statistics)
        assert check not in told.notices[0].detail


def test_figures_that_json_does_not_know_are_left_out():
    found = settle([finding(value=float("inf"))])
    assert (found.notices[0].value, found.notices[0].threshold) == (None, 0.2)


def test_many_notices_are_sent_in_lots_of_one_monitor():
    findings = [finding(column=f"c{n:03}") for n in range(450)] + [finding(monitor="other")]
    lots = list(
        notices.deliveries(settle(findings, statistics={"drift": "ks", "other": "ks"}).notices)
    )
    assert [(name, len(members)) for name, members in lots] == [
        ("drift/0", 200), ("drift/1", 200), ("drift/2", 50), ("other/0", 1),
    ]  # fmt: skip


subjects = st.tuples(st.sampled_from("ab"), st.sampled_from("xyz"))
worlds = st.lists(st.dictionaries(subjects, st.sampled_from(list(Verdict))), max_size=8)


@given(worlds)
def test_people_end_up_with_what_was_last_known_of_each(worlds):
    """Whoever replays all that was sent knows what fires, and nothing ends that did not fire."""
    firing, told, known = (), {}, {}
    for world in worlds:
        findings = [
            finding(v, column, monitor=m, check="activity") for (m, column), v in world.items()
        ]
        found = settle(findings, firing, {"a": "", "b": ""})
        for each in found.notices:
            key = each.monitor, each.column
            if each.status == "resolved":
                assert told[key] == "firing"
            told[key] = each.status
        known |= {key: v for key, v in world.items() if v is not Verdict.NO_DATA}
        firing = notices.parse(each.document() for each in found.firing)
        assert {(n.monitor, n.column) for n in firing} == {
            key for key, v in known.items() if v is Verdict.ALERT
        }
        assert {key for key, status in told.items() if status == "firing"} == {
            (n.monitor, n.column) for n in firing
        }


def test_notice_survives_being_kept():
    assert notices.parse([FIRING[0].document()]) == FIRING
    assert isinstance(FIRING[0], Notice)
