"""What Aporia has after a registration: once, again, changed, broken off, refused."""

import pytest
import standin
from hypothesis import given, settings
from hypothesis import strategies as st
from standin import Trouble
from states import document, monitor, state

FIRST = [
    "model demo-claims-staging",
    "version 3",
    "serving data of version 3",
    "training data of version 3",
    "monitor input-drift",
    "monitor activity",
]
MANY = 99
WRITE = "^(POST|PUT|DELETE)"


def test_the_first_deployment_makes_everything(aporia, register):
    outcome = register(state())
    assert outcome == {"created": FIRST, "changed": [], "removed": [], "kept": [], "left": []}
    (model,) = aporia.all("models")
    assert (model["name"], model["type"]) == ("demo-claims-staging", "regression")
    (version,) = aporia.all("model-versions")
    assert (version["name"], version["model_id"], version["is_active"]) == ("3", model["id"], True)
    serving, training = aporia.all("datasets")
    assert (serving["stage"], training["stage"]) == ("serving", "training")
    assert serving["config"] == {
        "query": "SELECT * FROM served WHERE endpoint = 'demo-claims-staging' AND version = 3"
    }
    schema = serving["schema"]
    assert [(each["name"], each["type"]) for each in schema["features"]] == [
        ("age", "numeric"),
        ("health", "categorical"),
    ]
    assert (schema["id_column"], schema["timestamp_column"]) == (
        "prediction_id",
        "prediction_timestamp",
    )
    (actual,) = schema["actuals"]
    assert (actual["name"], actual["properties"]) == ("visits", {"prediction": "prediction"})
    assert training["schema"]["id_column"] is None


def test_every_monitor_sends_to_the_webhook_and_looks_at_every_active_version(aporia, register):
    register(state())
    (webhook,) = aporia.all("integrations")
    for found in aporia.all("monitors"):
        (action,) = found["configuration"]["configuration"]["actions"]
        assert action["notification"] == [{"type": "WEBHOOK", "integration_id": webhook["id"]}]
        assert found["configuration"]["identification"]["models"]["version"] is None


def test_again_changes_nothing(aporia, register):
    register(state())
    aporia.forget_requests()
    outcome = register(state())
    assert aporia.writes == []
    assert (outcome["kept"], outcome["created"], outcome["changed"]) == (FIRST, [], [])


def test_another_version_is_added_and_the_one_before_serves_no_more(aporia, register):
    register(state())
    aporia.forget_requests()
    outcome = register(state(version="4"))
    assert outcome["created"] == [
        "version 4",
        "serving data of version 4",
        "training data of version 4",
    ]
    assert outcome["changed"] == ["version 3, which serves no more"]
    assert [call.split()[0] for call in aporia.writes] == ["POST"] * 3 + ["PUT"]
    active = {each["name"]: each["is_active"] for each in aporia.all("model-versions")}
    assert active == {"3": False, "4": True}
    assert len(aporia.all("monitors")) == 2


def test_a_rollback_makes_the_earlier_version_active_again(aporia, register):
    register(state())
    register(state(version="4"))
    outcome = register(state())
    assert outcome["created"] == []
    assert outcome["changed"] == ["version 3", "version 4, which serves no more"]
    active = {each["name"]: each["is_active"] for each in aporia.all("model-versions")}
    assert active == {"3": True, "4": False}


def test_a_changed_monitor_is_changed_and_one_that_is_gone_is_removed(aporia, register):
    register(state())
    aporia.forget_requests()
    outcome = register(state(monitors=[monitor("input-drift", "data_drift", threshold=0.3)]))
    assert outcome["changed"] == ["monitor input-drift"]
    assert outcome["removed"] == ["monitor activity"]
    assert [call.split()[0] for call in aporia.writes] == ["PUT", "DELETE"]
    (found,) = aporia.all("monitors")
    (logic,) = found["configuration"]["configuration"]["logicEvaluations"]
    assert logic["thresholds"] == {"numeric": 0.3, "categorical": 0.3}
    aporia.forget_requests()
    register(state(monitors=[monitor("input-drift", "data_drift", threshold=0.3)]))
    assert aporia.writes == []


def test_a_monitor_of_another_check_under_the_same_name_is_changed(aporia, register):
    register(state())
    register(state(monitors=[monitor("input-drift", "missing_values", columns=["age"])]))
    (found,) = aporia.all("monitors")
    assert found["type"] == "missing_values"


def test_what_people_made_in_aporia_is_left_alone(aporia, register):
    register(state())
    (model,) = aporia.all("models")
    theirs = {
        "type": "code_based_metric",  # documented, and unknown to the SDK's own lists
        "comment": None,
        "configuration": {"identification": {"models": {"id": model["id"]}}},
    }
    aporia.add("monitors", name="by-hand", **theirs)
    aporia.add("monitors", name="staleness", **theirs)
    aporia.add("models", name="somebody-elses", type="a new kind", icon="a new icon")
    monitors = [*state()["monitors"], monitor("staleness", "staleness", threshold=30.0)]
    outcome = register(state(monitors=monitors))
    assert outcome["left"] == ["monitor staleness: somebody else made one there"]
    assert outcome["removed"] == []
    names = [each["name"] for each in aporia.all("monitors")]
    assert names == ["input-drift", "activity", "by-hand", "staleness"]


def test_a_change_by_hand_is_changed_back(aporia, register):
    register(state())
    found = aporia.named("monitors", "activity")
    found["is_active"] = False
    assert register(state())["changed"] == ["monitor activity"]
    assert aporia.named("monitors", "activity")["is_active"] is True


def test_a_changed_query_is_changed_where_it_is(aporia, register):
    register(state())
    reads = {"query": "SELECT * FROM elsewhere"}
    outcome = register(state(), serving=reads)
    assert outcome["changed"] == ["serving data of version 3"]
    assert aporia.all("datasets")[0]["config"] == reads


def test_without_data_to_read_only_model_and_version_are_told(aporia, register):
    outcome = register(state(), data_source=None, serving=None, training=None)
    assert outcome["created"] == ["model demo-claims-staging", "version 3"]
    assert outcome["left"] == ["datasets and monitors: the connection names no data to read"]


def test_the_webhook_is_found_by_its_id_as_well(aporia, register):
    (webhook,) = aporia.all("integrations")
    assert register(state(), integration=webhook["id"])["created"] == FIRST


def test_names_with_odd_characters_arrive_as_they_are(aporia, register):
    odd = "größe/1 %?&#\"'{endpoint}😀\\"
    features = [{"name": odd, "kind": "numeric", "missing": 0.0}]
    target = {"name": "a/b", "kind": "numeric", "prediction": "prediction"}
    monitors = [monitor("3", "data_drift", columns=[odd])]  # as the version is called
    declared = state(model="end/point ü", features=features, target=target, monitors=monitors)
    register(declared)
    assert aporia.all("models")[0]["name"] == "end/point ü"
    assert aporia.all("datasets")[0]["schema"]["features"][0]["name"] == odd
    assert aporia.all("monitors")[0]["configuration"]["identification"]["features"] == [odd]
    aporia.forget_requests()
    register(declared)
    assert aporia.writes == []


def test_account_and_workspace_with_odd_characters_are_reached(aporia, register):
    aporia.account, aporia.workspace = "a/c me?", "wörk#space"
    assert register(state())["created"] == FIRST


# ------------------------------------------------------------------ what goes wrong


def test_a_refused_token_says_what_to_do(aporia, register):
    outcome = register(state(), token="another-token")
    assert outcome["lasting"]
    assert "refuses the token (401)" in outcome["problem"]
    assert "password of Airflow's connection `aporia`" in outcome["problem"]
    assert aporia.writes == []


def test_a_token_that_may_not_write_says_so(aporia, register):
    aporia.troubles.append(Trouble("POST", status=403))
    outcome = register(state())
    assert outcome["lasting"]
    assert "refuses the token (403)" in outcome["problem"]


@pytest.mark.parametrize("wrong", [{"account": "other"}, {"workspace": "other"}])
def test_an_unknown_workspace_is_told(aporia, register, wrong):
    outcome = register(state(), **wrong)
    assert outcome["lasting"]
    assert "account or workspace" in outcome["problem"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"integration": "pager"}, "no webhook integration 'pager'; it has cooper"),
        ({"data_source": "sea"}, "no data source 'sea'; it has lake"),
    ],
)
def test_what_people_have_to_set_up_first_is_named_before_anything_is_written(
    aporia, register, wrong, said
):
    outcome = register(state(), **wrong)
    assert outcome["lasting"]
    assert said in outcome["problem"]
    assert aporia.writes == []


def test_two_webhooks_of_one_name_are_not_guessed_between(aporia, register):
    aporia.add("integrations", name="cooper", type="WEBHOOK")
    assert "more than one webhook integration 'cooper'" in register(state())["problem"]


def test_two_models_of_one_name_are_not_guessed_between(aporia, register):
    for _ in range(2):
        aporia.add("models", name="demo-claims-staging", type="regression")
    assert "2 models called 'demo-claims-staging'" in register(state())["problem"]


def test_a_model_that_became_another_kind_is_refused(aporia, register):
    register(state())
    aporia.forget_requests()
    outcome = register(state(task="binary", version="4"))
    assert outcome["lasting"]
    assert "is a regression model, and now it is binary" in outcome["problem"]
    assert aporia.writes == []


def test_other_columns_of_the_same_version_are_refused(aporia, register):
    register(state())
    outcome = register(state(predictions={"score": "numeric"}, target=None))
    assert outcome["lasting"]
    assert "serving data of version 3 has other columns" in outcome["problem"]


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("call", ["GET .*/workspaces", "GET .*/models$", "POST .*/monitors$"])
def test_what_passes_is_no_final_failure_and_the_next_try_ends_it(aporia, register, status, call):
    aporia.troubles.append(Trouble(call, status=status))
    outcome = register(state())
    assert not outcome["lasting"]
    assert f"({status})" in outcome["problem"]
    register(state())
    assert_registered_once(aporia)


def test_a_refused_body_is_told_in_aporias_words(aporia, register):
    aporia.troubles.append(Trouble("POST .*/datasets", status=422))
    outcome = register(state())
    assert outcome["lasting"]
    assert "refuses what it was sent (422): {'detail': 'trouble of the test'}" in outcome["problem"]


def test_a_host_that_does_not_answer_is_named(aporia, register):
    with standin.Server(standin.Aporia()) as gone:
        url = gone.url
    outcome = register(state(), host=url)
    assert not outcome["lasting"]
    assert f"{url} does not answer" in outcome["problem"]


def test_a_host_that_says_nothing_is_not_waited_for(aporia, started):
    """In a process of its own: it waits less."""
    aporia.troubles.append(Trouble("GET", hangs="before"))
    told = started().run(document(aporia, state()), standin.TOKEN, timeout=0.2)
    assert not told["lasting"]
    assert "does not answer: ReadTimeout" in told["problem"]


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (301, None, "sends on to"),
        (200, {"hello": "world"}, "answers no list"),
        (200, ["hello"], "answers no list"),
    ],
)
def test_something_else_at_the_address_is_told(aporia, register, status, body, said):
    aporia.troubles.append(Trouble("GET", status=status, body=body, left=MANY))
    outcome = register(state())
    assert outcome["lasting"]
    assert said in outcome["problem"]


def test_a_page_instead_of_json_is_told(aporia, register):
    aporia.troubles.append(Trouble("GET", status=200, body=b"<html>sign in</html>", left=MANY))
    outcome = register(state())
    assert outcome["lasting"]
    assert "answers no JSON" in outcome["problem"]


@pytest.mark.parametrize("number", range(1, 7))
@pytest.mark.parametrize("hangs", ["before", "after"])
def test_killed_at_any_write_and_repeated_gives_everything_once(
    aporia, started, register, number, hangs
):
    """`before`: the request was not done yet; `after`: it was, and its answer is lost."""
    aporia.troubles.append(Trouble(WRITE, left=number - 1))  # these go well
    aporia.troubles.append(Trouble(WRITE, hangs=hangs))
    registration = started()
    registration.begin(document(aporia, state()), standin.TOKEN)
    standin.eventually(lambda: len(aporia.writes) == number)
    if hangs == "after":
        standin.eventually(lambda: sum(map(len, aporia.things.values())) == 2 + number)
    registration.process.kill()
    registration.process.wait()
    aporia.troubles.clear()
    register(state())
    assert_registered_once(aporia)


def assert_registered_once(aporia):
    """All of the state, nothing twice, and nothing left to do."""
    names = {kind: [each.get("name") for each in aporia.all(kind)] for kind in aporia.things}
    assert names["models"] == ["demo-claims-staging"]
    assert names["model-versions"] == ["3"]
    assert [each["stage"] for each in aporia.all("datasets")] == ["serving", "training"]
    assert names["monitors"] == ["input-drift", "activity"]


# ------------------------------------------------------------------ whatever came before

MONITORS = (
    monitor("a", "data_drift"),
    monitor("a", "data_drift", threshold=0.3),
    monitor("b", "activity", severity="high"),
    monitor("c", "missing_values", columns=["age"]),
    monitor("c", "values_range"),
)
STATES = st.builds(
    lambda version, chosen: state(version=version, monitors=chosen),
    st.sampled_from("345"),
    st.lists(st.sampled_from(MONITORS), unique_by=lambda each: each["name"]),
)


@settings(max_examples=25, deadline=None)
@given(before=st.lists(STATES, max_size=3), last=STATES, broken=st.integers(0, 12))
def test_aporia_ends_as_declared_whatever_came_before(registration, before, last, broken):
    """`broken`: as many requests go well, and the next one fails."""
    with standin.serving() as aporia, standin.serving() as fresh:
        aporia.troubles += [Trouble("", left=broken), Trouble("", status=503)]
        for each in (*before, last, last):
            registration.run(document(aporia, each), standin.TOKEN)
        aporia.forget_requests()
        registration.run(document(aporia, last), standin.TOKEN)
        registration.run(document(fresh, last), standin.TOKEN)
        assert aporia.writes == []
        assert seen(aporia) == seen(fresh)
        assert aporia.surprises + fresh.surprises == []


def seen(aporia):
    """What watches, without ids: the active versions with their data, and the monitors."""
    active = [each for each in aporia.all("model-versions") if each["is_active"]]
    data = [
        (version["name"], each["stage"], each["config"])
        for version in active
        for each in aporia.all("datasets")
        if each["model_version_id"] == version["id"]
    ]
    monitors = {
        each["name"]: (each["type"], each["is_active"], each["configuration"]["configuration"])
        for each in aporia.all("monitors")
    }
    assert len(monitors) == len(aporia.all("monitors"))
    return data, monitors
