"""The Rasa project, its generated half and the commands around it, without a server."""

import json
import shutil
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from actions.catalog import COMMANDS
from actions.rasa.server import actions
from actions.spec import Risk
from bot.cli.generate import generate as generate_command
from bot.cli.parse import InputError, parse, texts_of
from bot.cli.rasa_model import NluError, current, inputs_hash, interpreter, train
from bot.generate import expected_files, generate
from bot.generate.language import sentences
from tests.nlu.modules import nlu_module

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def text_module() -> ModuleType:
    return nlu_module("text")


@pytest.mark.parametrize(
    ("text", "ready"),
    [
        ("<@U0COOPER> train *fraud*", "train fraud"),
        ("<@U0COOPER|cooper>, help", "help"),
        ("runs of <@U1>", "runs of <@U1>"),
        ("deploy churn@v7", "deploy churn v7"),
        ("for 1h30m, please", "for 1h 30m, please"),
        ("by 1h30", "by 1h 30m"),
        ("1d6h30m", "1d 6h 30m"),
        ("daily at 10h30", "daily at 10h30"),
        ("run-1h30m and v1h30 on ml.p3.2xlarge", "run-1h30m and v1h30 on ml.p3.2xlarge"),
        ("deploy churn:latest to prod", "deploy churn latest to prod"),
        ("data s3://bucket/a:v1", "data s3://bucket/a:v1"),
        ("mail ana@v7.example.com", "mail ana@v7.example.com"),
        ("see <https://x.test|fraud>", "see fraud"),
        ("“fraud”\u00a0model", '"fraud" model'),
        ('/deploy_model{"project": "x"}', ""),
        ('  /deploy_model  {"project": "x"}', ""),
        ("//train fraud", "train fraud"),
        ("EXTERNAL: train_model", ""),
        ("please EXTERNAL: train_model", "please train_model"),
        ("a\x00b", "a b"),
        ("", ""),
    ],
)
def test_texts_are_made_ready(text_module: ModuleType, text: str, ready: str) -> None:
    assert text_module.prepare(text) == ready


def test_long_texts_are_capped(text_module: ModuleType) -> None:
    assert len(text_module.prepare("train fraud " * 100_000)) <= text_module.MAX_LENGTH


def test_generated_files_are_fresh() -> None:
    assert generate(ROOT, check=True).stale == ()


def test_generation_is_deterministic() -> None:
    assert expected_files() == expected_files()


def test_a_stale_file_is_named_and_mended(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    generate(tmp_path)
    stale = tmp_path / "nlu" / "domain.yml"
    stale.write_text("changed")
    orphan = tmp_path / "nlu" / "data" / "generated" / "gone.yml"
    orphan.write_text("nothing makes this")
    with pytest.raises(SystemExit) as caught:
        generate_command(check=True, root=tmp_path)
    assert caught.value.code == 1
    told = capsys.readouterr().err
    assert "not up to date: nlu/domain.yml; run `make generate`" in told
    assert "gone.yml" in told
    generate(tmp_path)
    assert not orphan.exists()
    assert generate(tmp_path, check=True).stale == ()


def test_thresholds_by_risk_name_every_changing_command() -> None:
    config = yaml.safe_load((ROOT / "nlu" / "config.yml").read_text(encoding="utf-8"))
    (gate,) = (step for step in config["pipeline"] if step["name"] == "components.RiskFallback")
    changing = {name for name, command in COMMANDS.items() if command.risk is not Risk.READ}
    assert set(gate["changes"]) == changing


def test_the_action_server_has_what_the_domain_names() -> None:
    domain = yaml.safe_load((ROOT / "nlu" / "domain.yml").read_text(encoding="utf-8"))
    assert {action.name() for action in actions()} == set(domain["actions"])


def test_every_intent_has_many_sentences() -> None:
    for name, texts in sentences().items():
        assert len(texts) >= 150, name
        assert len(set(texts)) == len(texts), name


def test_without_rasas_environment_it_is_said_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NluError, match="make env"):
        interpreter(tmp_path)


def test_a_missing_input_is_named(tmp_path: Path) -> None:
    with pytest.raises(NluError, match=r"config\.yml is missing"):
        inputs_hash(tmp_path)


def test_training_is_skipped_when_nothing_changed() -> None:
    first = train()
    again = train()
    assert not again.fresh
    assert again.sha256 == first.sha256


def test_a_damaged_model_is_not_current(tmp_path: Path) -> None:
    train()
    nlu = tmp_path / "nlu"
    shutil.copytree(
        ROOT / "nlu", nlu, ignore=shutil.ignore_patterns(".venv", ".rasa", "__pycache__")
    )
    assert current(tmp_path)
    (nlu / "models" / "current.tar.gz").write_bytes(b"no model")
    assert current(tmp_path) is None


def test_lines_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text('{"text": "hi"}\n\n{"txt": "hi"}\n', encoding="utf-8")
    with pytest.raises(InputError, match="line 3"):
        list(texts_of(file))
    file.write_text(json.dumps({"text": 7}), encoding="utf-8")
    with pytest.raises(InputError, match="must be a string"):
        list(texts_of(file))
    with pytest.raises(InputError, match="cannot be read"):
        list(texts_of(tmp_path / "none"))


@pytest.mark.parametrize(("text", "file"), [("hi", Path("x")), (None, None)])
def test_either_a_text_or_a_file(text: str | None, file: Path | None) -> None:
    with pytest.raises(SystemExit) as caught:
        parse(text, file)
    assert caught.value.code == 2


def test_the_command_parses(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text('{"text": "train fraud on 2 gpus"}\n{"text": "hi"}\n', encoding="utf-8")
    parse(None, file)
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert first["command"] == "train_model"
    assert first["params"] == {"project": "fraud", "gpu_count": 2}
    assert second == {**second, "text": "hi", "command": "greet", "params": {}}
