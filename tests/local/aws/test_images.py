import os
import subprocess
import zipfile
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from infra.local.aws.images import ImageNotMadeError, UnknownImageUriError, find, local_name
from infra.local.aws.starter import running
from infra.local.images import build as builder
from infra.local.images.__main__ import main
from infra.local.images.build import UnknownImageError, build, is_current
from infra.local.progress import StepError
from tests.local.aws.support import Aws, furnish


@pytest.mark.parametrize(
    ("uri", "name"),
    [
        ("683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3", "sklearn"),
        ("763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.10-gpu-py313", "pytorch"),
        ("123456789012.dkr.ecr.eu-central-1.amazonaws.com/team/cooper-serving:2", "sklearn"),
        ("123456789012.dkr.ecr.eu-central-1.amazonaws.com/cooper-serving:1-sklearn", "sklearn"),
        ("123456789012.dkr.ecr.eu-central-1.amazonaws.com/cooper-serving:1-pytorch", "pytorch"),
        ("cooper-serving:2026-11-pytorch", "pytorch"),
        ("cooper-serving:2026-11", "sklearn"),
        ("cooper-serving@sha256:0123", "sklearn"),
        ("cooper-serving", "sklearn"),
    ],
)  # fmt: skip
def test_an_image_is_known_by_its_repository_and_the_serving_image_by_its_tag(uri, name):
    assert local_name(uri) == name


@pytest.mark.parametrize(
    "uri", ["", "busybox", "ours/sagemaker-scikit-learn-extra:1", "x/tensorflow-training:2.19"]
)
def test_an_unknown_image_names_the_known(uri):
    with pytest.raises(UnknownImageUriError, match=r"known are: …/cooper-serving:…, …/pytorch"):
        local_name(uri)


def test_a_serving_image_of_an_unknown_framework_names_the_known():
    with pytest.raises(UnknownImageUriError, match="'xgboost'; known are: pytorch, sklearn"):
        local_name("cooper-serving:1-xgboost")


def test_a_missing_image_is_made_once_for_all_who_need_it(tmp_path):
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda _: find("cooper-serving:1", tmp_path), range(2)))
    assert found[0] == found[1]
    assert is_current("sklearn", tmp_path)
    subprocess.run([found[0].python, "-c", "import sklearn, mlflow.pyfunc"], check=True)


@pytest.fixture
def spoilt(tmp_path):
    """A folder in which the image cannot be made: a file stands in its place."""
    (tmp_path / "sklearn").write_text("in the way")
    return tmp_path


def test_an_image_that_cannot_be_made_says_why(spoilt):
    with pytest.raises(ImageNotMadeError, match=r"'sklearn' could not be made: .*sklearn"):
        find("cooper-serving:1", spoilt)


def test_a_job_whose_image_cannot_be_made_fails_with_the_reason(spoilt, tmp_path_factory):
    with running(tmp_path_factory.mktemp("aws"), spoilt) as url:
        aws = Aws(url)
        furnish(aws)
        job = aws.trained(aws.train())
    assert job["TrainingJobStatus"] == "Failed"
    assert "Cannot pull the image" in job["FailureReason"]
    assert "the local image 'sklearn' could not be made" in job["FailureReason"]


def test_whoever_need_not_wait_any_longer_ends_the_making(tmp_path):
    class EnoughError(Exception):
        pass

    def check():
        raise EnoughError

    with pytest.raises(EnoughError):
        find("cooper-serving:1", tmp_path, check=check)
    _, alive = psutil.wait_procs(psutil.Process(os.getpid()).children(recursive=True), 10)
    assert not [each for each in alive if str(tmp_path) in " ".join(each.cmdline())]
    assert not is_current("sklearn", tmp_path)


def test_an_image_is_built_once(images):
    made = (images / "sklearn" / ".cooper-stamp").stat().st_mtime_ns
    assert is_current("sklearn", images)
    assert build("sklearn", images) == (images / "sklearn").resolve()
    assert (images / "sklearn" / ".cooper-stamp").stat().st_mtime_ns == made


def test_an_image_of_another_lock_is_not_current(tmp_path):
    (tmp_path / "sklearn").mkdir()
    (tmp_path / "sklearn" / ".cooper-stamp").write_text("an older lock")
    assert not is_current("sklearn", tmp_path)


def test_an_image_without_a_recipe(tmp_path):
    with pytest.raises(UnknownImageError, match="there are: pytorch, sklearn"):
        build("tensorflow", tmp_path)


# ------------------------------------------------------------------ recipes with a part for pip

LOCK = """version = 1
requires-python = "==3.11.*"

[[package]]
name = "image-tiny"
version = "1.0.0"
source = { virtual = "." }
"""
NEEDS_PIP = """dependencies = [{ name = "pip" }]

[package.metadata]
requires-dist = [{ name = "pip" }]
"""


@pytest.fixture
def recipe(tmp_path, monkeypatch):
    """A recipe `tiny` whose environment holds pip alone, of the version that a real recipe locks."""
    real = (builder.RECIPES / "pytorch" / "uv.lock").read_text().split("[[package]]")
    (pip,) = (part for part in real if part.startswith('\nname = "pip"\n'))
    folder = tmp_path / "recipes" / "tiny"
    folder.mkdir(parents=True)
    project = '[project]\nname = "image-tiny"\nversion = "1.0.0"\nrequires-python = "==3.11.*"\n'
    (folder / "pyproject.toml").write_text(f'{project}dependencies = ["pip"]\n[tool.uv]\npackage = false\n')  # fmt: skip
    (folder / "uv.lock").write_text(f"{LOCK}{NEEDS_PIP}\n[[package]]{pip}")
    monkeypatch.setattr(builder, "RECIPES", tmp_path / "recipes")
    return folder


def wheel(folder, version):
    """Write the least wheel of a package `thing`; return its path."""
    path = folder / f"thing-{version}-py3-none-any.whl"
    info = f"thing-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("thing.py", f"version = {version!r}\n")
        archive.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: thing\nVersion: {version}\n"
        )
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    return path  # fmt: skip


def test_what_a_recipe_leaves_to_pip_is_installed_and_a_change_of_it_makes_the_image_anew(
    recipe, tmp_path
):
    images = tmp_path / "images"
    for version in ("1.0", "2.0"):
        (recipe / "pip.txt").write_text(f"{wheel(tmp_path, version)}\n")
        assert not is_current("tiny", images)
        python = build("tiny", images) / "bin" / "python"
        assert is_current("tiny", images)
        said = subprocess.check_output(
            [python, "-c", "import thing; print(thing.version)"], text=True
        )
        assert said.strip() == version


def test_what_pip_does_not_find_fails_the_image_and_leaves_it_unfinished(recipe, tmp_path):
    (recipe / "pip.txt").write_text(f"{tmp_path}/nowhere-1.0-py3-none-any.whl\n")
    with pytest.raises(StepError, match=r"nowhere-1\.0"):
        build("tiny", tmp_path / "images")
    assert not is_current("tiny", tmp_path / "images")


@pytest.mark.parametrize(
    ("image", "code", "words"),
    [
        ('{framework: sklearn, version: "1.4-2"}', 0, "sklearn"),
        ('{framework: pytorch, version: "2.10"}', 0, "pytorch"),
        ("{uri: 1.dkr.ecr.eu-west-1.amazonaws.com/cooper-serving:1}", 0, "sklearn"),
        ("{framework: tensorflow, version: '2'}", 1, "framework 'tensorflow'"),
        ("{uri: busybox}", 1, "'busybox'"),
        ("sklearn", 1, "`image` must have"),
        ("null", 1, "`image` must have"),
    ],
)
def test_a_project_names_its_image(tmp_path, capsys, image, code, words):
    (tmp_path / "project.yaml").write_text(f"name: claims\nimage: {image}\n")
    assert main(["of", str(tmp_path)]) == code
    captured = capsys.readouterr()
    assert words in (captured.err if code else captured.out)
