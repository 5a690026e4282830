


def test_train_model_registers_a_loadable_challenger(platform, trained):
    run_id, reports = trained
    assert set(reports) == {"validate", "snapshot", "train", "evaluate", "register", "report"}
    assert reports["train"]["metrics"] == {"train_rmse": 0.125}
    assert reports["evaluate"]["verdict"] == "passed"
    assert reports["evaluate"]["rows"] == 15
    assert reports["snapshot"]["rows"] == 40
    assert reports["register"]["alias"] == "challenger"
