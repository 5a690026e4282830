"""Registering a project: everything is checked, then source and data lie in S3 by their content."""

import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from actions.config import ConfigError
from infra.clients.artifacts import S3Artifacts
from infra.clients.git_source import GitError, hidden
from infra.clients.packaging import package_project, validate_project

BUCKET = "cooper-test"
EXAMPLE = Path(__file__).parents[3] / "examples/claims-frequency"


@pytest.fixture
def artifacts(client):
    return S3Artifacts(client)


@pytest.fixture
def project(tmp_path):
    """A copy of the example with little data."""
    target = tmp_path / "claims"
    shutil.copytree(EXAMPLE, target, ignore=shutil.ignore_patterns("__pycache__", "data"))
    (target / "data").mkdir()
    for name in ("claims", "holdout"):
        lines = (EXAMPLE / f"data/{name}.csv").read_text().splitlines(keepends=True)
        (target / f"data/{name}.csv").write_text("".join(lines[:50]))
    return target


@pytest.fixture
def repository(project, tmp_path):
    """The project in a git repository, below `models/claims`, with a tag and a later commit."""
    root = tmp_path / "repository"
    shutil.copytree(project, root / "models/claims")
    identity = {"GIT_AUTHOR_NAME": "Ana", "GIT_AUTHOR_EMAIL": "ana@example.com"}
    identity |= {"GIT_COMMITTER_NAME": "Ana", "GIT_COMMITTER_EMAIL": "ana@example.com"}

    def git(*arguments):
        done = subprocess.run(
            ["git", "-C", str(root), *arguments], check=True, capture_output=True, text=True,
            env=os.environ | identity,
        )  # fmt: skip
        return done.stdout.strip()

    git("init", "--quiet", "--initial-branch=main")
    git("add", ".")
    git("commit", "--quiet", "-m", "first")
    git("tag", "v1")
    (root / "models/claims/train.py").write_text("print('second')\n")
    git("commit", "--quiet", "-am", "second")
    return f"file://{root}#subdirectory=models/claims", git


def edit(project, old, new):
    path = project / "project.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def mistakes(project) -> str:
    with pytest.raises(ConfigError) as caught:
        validate_project(project)
    return str(caught.value)


def test_the_example_is_registered_with_its_real_data(artifacts, client):
    found = package_project(EXAMPLE, artifacts, BUCKET)
    assert found.slug == "claims-frequency"
    assert found.commit is None
    assert found.sample["dataframe_split"]["columns"][0] == "log_coinsurance"
    for artifact, name in ((found.data, "claims.csv"), (found.holdout, "holdout.csv")):
        content = (EXAMPLE / "data" / name).read_bytes()
        assert artifact.sha256 == hashlib.sha256(content).hexdigest()
        prefix = f"s3://{BUCKET}/projects/claims-frequency/data"
        assert artifact.uri == f"{prefix}/{artifact.sha256}/{name}"
        assert artifacts.get(artifact.uri) == content
    source = artifacts.get(found.source.uri)
    assert hashlib.sha256(source).hexdigest() == found.source.sha256
    assert found.source.uri.endswith(f"/source/{found.source.sha256}.tar.gz")
    with tarfile.open(fileobj=io.BytesIO(source)) as tar:
        names = tar.getnames()
    assert {"train.py", "evaluate.py", "requirements.txt"} <= set(names)
    assert not [name for name in names if name.endswith(".csv")]


def test_registering_again_sends_nothing_new(artifacts, client, project):
    first = package_project(project, artifacts, BUCKET)
    held = client.list_objects_v2(Bucket=BUCKET)["KeyCount"]
    assert package_project(str(project), artifacts, BUCKET) == first
    assert client.list_objects_v2(Bucket=BUCKET)["KeyCount"] == held


def test_data_that_lies_in_s3_stays_there_and_is_hashed(artifacts, client, project):
    content = (project / "data/claims.csv").read_bytes()
    client.put_object(Bucket=BUCKET, Key="lake/claims.csv", Body=content)
    edit(project, "train: data/claims.csv", f"train: s3://{BUCKET}/lake/claims.csv")
    found = package_project(project, artifacts, BUCKET)
    assert found.data.uri == f"s3://{BUCKET}/lake/claims.csv"
    assert found.data.sha256 == hashlib.sha256(content).hexdigest()


def test_all_mistakes_of_the_file_and_of_what_it_names_come_at_once(project):
    edit(project, "team: pricing", "taem: pricing")
    edit(project, "target: visits", "target: vists")
    (project / "train.py").write_text("def train(:\n")
    (project / "sample.json").write_text('{"rows": []}')
    (project / "evaluate.py").unlink()
    found = mistakes(project)
    assert found.startswith("project.yaml: 7 mistakes")
    for expected in (
        "taem: unknown key; did you mean 'team'?",
        "team: is missing",
        "entry_points.train: train.py, line 1: not valid Python",
        "entry_points.evaluate: evaluate.py does not exist",
        "data.target: data/claims.csv has no column 'vists' (log_coinsurance, ",
        "serving.sample: sample.json is no request body (one key of dataframe_split",
    ):
        assert expected in found


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("sample.json", "{", "sample.json is not JSON"),
        ("sample.json", "[]", "is no request body"),
        ("sample.json", '{"inputs": [], "instances": []}', "is no request body"),
        ("sample.json", "[" * 100_000, "sample.json is not JSON"),
        ("sample.json", " " * 300_000, "larger than 256 KiB"),
        ("data/claims.csv", "", "holds no rows"),
        ("data/claims.csv", "visits,age\n", "holds no rows"),
        ("data/claims.csv", "visits,age\n1,2\n", "has other columns than data.train: age, "),
        ("train.py", "x = '\x00'", "not valid Python"),
        ("evaluate.py", "  return\n", "evaluate.py, line 1: not valid Python"),
    ],
)
def test_a_file_with_a_fault_is_named(project, name, content, expected):
    (project / name).write_text(content)
    assert expected in mistakes(project)


@pytest.mark.parametrize("name", ["data/claims.csv", "sample.json", "data/holdout.csv"])
def test_a_link_out_of_the_project_is_never_read(project, tmp_path, name):
    secret = tmp_path / "secret"
    secret.write_text("password\nhunter2\n")
    (project / name).unlink()
    (project / name).symlink_to(secret)
    found = mistakes(project)
    assert f"{name} is a link out of the project" in found
    assert "hunter2" not in found


@pytest.mark.parametrize("junk", ["a" * 5000, "a\\0b", "../x", "/etc/passwd", "~/x", "s3:x", ""])
@pytest.mark.parametrize("key", ["source: ", "train: ", "holdout: ", "sample: ", "evaluate: "])
def test_a_path_that_is_none_is_a_mistake_and_never_a_crash(project, key, junk):
    path = project / "project.yaml"
    text = path.read_text()
    start = text.index(key) + len(key)
    path.write_text(f'{text[:start]}"{junk}"{text[text.index(chr(10), start) :]}')
    assert key.strip(": ") in mistakes(project)


def test_a_project_file_that_is_a_link_out_is_refused(project, tmp_path):
    (project / "project.yaml").rename(tmp_path / "project.yaml")
    (project / "project.yaml").symlink_to(tmp_path / "project.yaml")
    assert "a link out of the project" in mistakes(project)


def test_a_source_that_cannot_be_packaged_is_a_mistake_too(artifacts, project):
    (project / "passwords.py").symlink_to("/etc/passwd")
    with pytest.raises(ConfigError, match=r"source: passwords\.py is a link out"):
        package_project(project, artifacts, BUCKET)


def test_a_mistake_leaves_nothing_behind(artifacts, client, project):
    edit(project, "name: claims-frequency", "name: never-stored")
    (project / "sample.json").write_text("{}")
    with pytest.raises(ConfigError):
        package_project(project, artifacts, BUCKET)
    assert "Contents" not in client.list_objects_v2(Bucket=BUCKET, Prefix="projects/never-stored")


@pytest.mark.parametrize("location", ["/no/such/folder", "no-such-folder", ""])
def test_a_folder_without_a_project_is_named(artifacts, location):
    with pytest.raises(ConfigError, match=r"no such folder|does not exist"):
        package_project(location, artifacts, BUCKET)


def test_a_repository_is_registered_at_its_newest_commit(artifacts, repository):
    url, git = repository
    found = package_project(url, artifacts, BUCKET)
    assert found.commit == git("rev-parse", "HEAD")
    assert found.slug == "claims-frequency"


@pytest.mark.parametrize("ref", ["v1", "main", "commit"])
def test_a_ref_is_a_tag_a_branch_or_a_commit(artifacts, repository, ref):
    url, git = repository
    if ref == "commit":
        git("config", "uploadpack.allowAnySHA1InWant", "true")
        ref = git("rev-parse", "HEAD~1")
    found = package_project(url, artifacts, BUCKET, ref=ref)
    assert found.commit == git("rev-parse", f"{ref}^{{commit}}")


def test_a_folder_and_its_commit_have_the_same_package(artifacts, repository, project):
    url, _ = repository
    from_git = package_project(url, artifacts, BUCKET, ref="v1")
    assert package_project(project, artifacts, BUCKET).source == from_git.source


@pytest.mark.parametrize("ref", ["--upload-pack=touch /tmp/x", "-x", "a b", "..", "", "a" * 201])
def test_a_ref_that_git_could_take_for_an_option_is_refused(artifacts, repository, ref):
    with pytest.raises(GitError, match="no branch, tag or commit"):
        package_project(repository[0], artifacts, BUCKET, ref=ref)


@pytest.mark.parametrize(
    "fragment", ["subdirectory=../..", "subdirectory=/etc", "egg=x", "subdirectory="]
)
def test_a_folder_outside_the_repository_is_refused(artifacts, repository, fragment):
    url = repository[0].partition("#")[0]
    with pytest.raises(GitError, match="is not read"):
        package_project(f"{url}#{fragment}", artifacts, BUCKET)


def test_what_is_not_in_the_repository_is_named(artifacts, repository):
    url = repository[0]
    with pytest.raises(GitError, match=r"git fetch failed: .*no-such-branch"):
        package_project(url, artifacts, BUCKET, ref="no-such-branch")
    with pytest.raises(GitError, match="has no folder models/fraud"):
        package_project(url.replace("claims", "fraud"), artifacts, BUCKET)
    with pytest.raises(GitError, match="git fetch failed"):
        package_project("file:///no/such/repository", artifacts, BUCKET)


def test_a_command_in_place_of_an_address_is_not_run(artifacts, tmp_path):
    marker = tmp_path / "ran"
    with pytest.raises(ConfigError, match="there is no such folder"):
        package_project(f"ext::sh -c 'touch {marker}'", artifacts, BUCKET)
    assert not marker.exists()


def test_a_ref_for_a_folder_is_refused(artifacts, project):
    with pytest.raises(ConfigError, match="--ref goes with a git URL"):
        package_project(project, artifacts, BUCKET, ref="main")


def test_credentials_in_an_address_are_not_shown():
    assert hidden("https://ana:token@github.com/acme/x") == "https://github.com/acme/x"
    with pytest.raises(GitError) as caught:
        package_project("https://ana:s3cret@127.0.0.1:1/x", None, BUCKET)
    assert "s3cret" not in str(caught.value)


def test_the_sample_is_stored_as_it_is_sent(artifacts, project):
    body = {"inputs": [[1.5, None, "ü"]]}
    (project / "sample.json").write_text(json.dumps(body))
    assert package_project(project, artifacts, BUCKET).sample == body
