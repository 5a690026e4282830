import pytest

from infra.local.aws.images import UnknownImageUriError, find, local_name
from infra.local.images.__main__ import main
from infra.local.images.build import UnknownImageError, build, is_current


@pytest.mark.parametrize(
    "uri",
    [
        "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3",
        "123456789012.dkr.ecr.eu-central-1.amazonaws.com/team/cooper-serving:2",
        "cooper-serving@sha256:0123",
        "cooper-serving",
    ],
)
def test_an_image_is_known_by_its_repository(uri):
    assert local_name(uri) == "sklearn"


@pytest.mark.parametrize(
    "uri", ["", "busybox", "ours/sagemaker-scikit-learn-extra:1", "x/pytorch-training:2.5"]
)
def test_an_unknown_image_names_the_known(uri):
    with pytest.raises(UnknownImageUriError, match="known are: …/cooper-serving"):
        local_name(uri)


def test_an_image_that_is_not_built_says_how(tmp_path):
    with pytest.raises(UnknownImageUriError, match=r"infra\.local\.images build sklearn"):
        find("cooper-serving:1", tmp_path)


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
    with pytest.raises(UnknownImageError, match="there are: sklearn"):
        build("pytorch", tmp_path)


@pytest.mark.parametrize(
    ("image", "code", "words"),
    [
        ('{framework: sklearn, version: "1.4-2"}', 0, "sklearn"),
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
