"""docker-compose.yml against the project itself: every command, port and variable in it is one the project has.

`compose-spec.json` is the Compose Specification's schema (Apache-2.0), as docker-compose 1.29.2 carries it.
"""

import configparser
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import jsonschema
import pytest
import yaml

from infra.local.stack.environment import Given
from infra.local.stack.layout import CHECKOUT, Layout
from infra.local.stack.services import PORTS, build

HERE = Path(__file__).parent
COMPOSE = yaml.safe_load((CHECKOUT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
OTHERS = {"postgres", "redis", "aws-gate"}
"""Services that run an image of somebody else's."""
HELPERS = {"migrate": "bot", "airflow-init": "airflow"}
"""Services that run once and end, and whose variables they share."""
OWN = sorted(set(SERVICES) - OTHERS)
EXAMPLE = CHECKOUT / "infra" / "docker" / "cooper.env.example"


@pytest.fixture(scope="module")
def embedded(tmp_path_factory):
    """The embedded stack's processes by name, which `make up` proves to work."""
    layout = Layout.at(tmp_path_factory.mktemp("compose") / "state")
    ports = {name: 20000 + number for number, name in enumerate(PORTS)}
    services = build(layout, Given({"DATABASE_URL": "postgresql://h/d"}), ports, ())
    yield {process.name: process for process in services.processes}
    shutil.rmtree(layout.sockets, ignore_errors=True)


@pytest.fixture(scope="module")
def documented():
    """Variables of docs/contracts.md."""
    section = (CHECKOUT / "docs" / "contracts.md").read_text().split("## Environment variables")[1]
    rows = [line for line in section.split("\n## ")[0].splitlines() if line.startswith("| `")]
    return {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row.split("|")[1])}


def variables(service):
    return set(SERVICES[service].get("environment") or {})


def words(service):
    return [str(word) for word in SERVICES[service]["command"]]


# ------------------------------------------------------------------ the file


def test_it_is_valid_under_the_compose_specification():
    schema = json.loads((HERE / "compose-spec.json").read_text())
    jsonschema.Draft201909Validator(schema).validate(COMPOSE)


if shutil.which("docker-compose"):

    def test_docker_compose_reads_it_with_the_profile_demo(tmp_path):
        # The name of the package's own warnings aside, the program must take the file with nothing but the env file.
        env = tmp_path / "cooper.env"
        env.write_text(filled_example())
        done = subprocess.run(
            ["docker-compose", "--env-file", str(env), "--profile", "demo", "config"],
            cwd=CHECKOUT,
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert set(yaml.safe_load(done.stdout)["services"]) == set(SERVICES)


def filled_example():
    lines = EXAMPLE.read_text().splitlines()
    return "\n".join(f"{line}x" if re.fullmatch(r"[A-Z_]+=", line) else line for line in lines)


def test_it_has_every_process_of_the_embedded_stack(embedded):
    assert set(SERVICES) - {*HELPERS, "aws-gate"} == {*embedded, "postgres"}
    assert {name for name in SERVICES if SERVICES[name].get("profiles") == ["demo"]} == {
        "slack",
        "aws",
        "aws-gate",
    }


def test_every_variable_it_asks_for_is_in_the_example_and_the_other_way_round():
    text = (CHECKOUT / "docker-compose.yml").read_text()
    asked = set(re.findall(r"\$\{([A-Z_]+)", text))
    for service in SERVICES:
        environment = SERVICES[service].get("environment") or {}
        asked |= {name for name, value in environment.items() if value is None}
    offered = set(re.findall(r"^(?:# )?([A-Z_]+)=", EXAMPLE.read_text(), flags=re.MULTILINE))
    assert asked == offered


# ------------------------------------------------------------------ commands


@pytest.mark.parametrize("service", OWN)
def test_every_command_is_one_the_embedded_stack_runs(service, embedded):
    if service == "migrate":
        assert words(service) == ["cooper", "db", "upgrade"]
        return
    if service == "airflow-init":
        assert words(service) == ["python", "/srv/initialise.py"]
        assert (CHECKOUT / "infra/docker/airflow/initialise.py").exists()
        return
    here = words(service)
    there = list(embedded[service].command)
    if any(word.endswith("warm.py") for word in there):
        # The embedded scheduler imports what its tasks need first, then it is Airflow's own.
        there = ["airflow", *there[there.index("scheduler") :]]
    assert here[0] == Path(there[0]).name
    options = {word for word in here if word.startswith("--")}
    # What only a container needs: to be reached by another name than 127.0.0.1.
    assert options - set(there) <= {"--allow-host", "--allowed-hosts", "--public-url", "--host"}
    subcommands = [word for word in there[1:3] if re.fullmatch(r"-m|[a-z][a-z.-]+", word)]
    assert here[1 : 1 + len(subcommands)] == subcommands


@pytest.mark.parametrize("service", ["slack", "aws"])
def test_every_option_of_a_module_is_one_it_has(service):
    module = words(service)[words(service).index("-m") + 1]
    done = subprocess.run(
        [CHECKOUT / ".venv/bin/python", "-m", module, "--help"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    )
    for option in (word for word in words(service) if word.startswith("--")):
        assert option in done.stdout


@pytest.mark.parametrize("command", ["bot", "worker", "actions", "db upgrade"])
def test_every_cooper_command_is_one_of_the_command_line(command):
    done = subprocess.run(
        [CHECKOUT / ".venv/bin/cooper", *command.split(), "--help"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "200"},
    )
    assert done.returncode == 0, done.stderr


# ------------------------------------------------------------------ ports


def port_of(service):
    """The port a service listens on, by its own command or setting."""
    environment = SERVICES[service].get("environment") or {}
    if service == "bot":
        return environment["COOPER_HTTP_PORT"]
    if service == "actions":
        return re.search(r":(\d+)/", environment["ACTIONS_URL"])[1]
    return words(service)[words(service).index("--port") + 1]


def test_every_address_of_a_service_names_its_port():
    text = yaml.safe_dump(SERVICES)
    found = set(re.findall(r"(?:http|redis)://([a-z-]+):(\d+)", text))
    assert found >= {("nlu", "5005"), ("airflow", "8081"), ("mlflow", "5000")}
    for host, port in found:
        if host in SERVICES and host != "redis":
            assert port_of(host) == port, host
    assert ("redis", "6379") in found


def test_the_example_names_the_ports_of_the_stand_ins_and_of_the_pages():
    example = EXAMPLE.read_text()
    assert f"SLACK_API_URL=http://slack:{port_of('slack')}/api/" in example
    gate = re.match(r"TCP-LISTEN:(\d+),", words("aws-gate")[0])[1]
    assert f"AWS_ENDPOINT_URL=http://aws:{gate}" in example
    assert words("aws-gate")[1] == f"TCP:127.0.0.1:{port_of('aws')}"
    assert f"AIRFLOW_PUBLIC_URL=http://localhost:{port_of('airflow')}" in example
    assert f"MLFLOW_PUBLIC_URL=http://localhost:{port_of('mlflow')}" in example


@pytest.mark.parametrize("service", sorted(name for name in SERVICES if "ports" in SERVICES[name]))
def test_a_published_port_is_the_services_own_and_on_loopback_only(service):
    for published in SERVICES[service]["ports"]:
        address, _outside, inside = published.split(":")
        assert address == "127.0.0.1"
        assert inside == port_of(service)


@pytest.mark.parametrize("service", OWN)
def test_a_healthcheck_asks_the_port_the_service_listens_on(service):
    if service in HELPERS:
        assert "healthcheck" not in SERVICES[service]
        return
    test = " ".join(SERVICES[service]["healthcheck"]["test"])
    for port in re.findall(r"127\.0\.0\.1(?::|', )(\d+)", test):
        assert port == port_of(service)


# ------------------------------------------------------------------ variables


@pytest.mark.parametrize("service", OWN)
def test_every_variable_is_one_the_project_reads(service, embedded, documented):
    known = set(embedded[HELPERS.get(service, service)].environment) | documented
    if service == "airflow-init":
        known |= {"AIRFLOW_PASSWORD_COOPER", "AIRFLOW_PASSWORD_ENGINEER"}
    assert variables(service) <= known


@pytest.mark.parametrize(
    ("service", "forbidden"),
    [
        ("nlu", "SLACK_|DATABASE_|AWS_|COOPER_|AIRFLOW_"),
        ("actions", "SLACK_|DATABASE_|AWS_|COOPER_|AIRFLOW_|NLU_"),
        ("airflow", "SLACK_|NLU_|COOPER_SIGNING|DATABASE_URL"),
        ("mlflow", "SLACK_|NLU_|AWS_|COOPER_"),
        ("slack", "DATABASE_|AWS_|COOPER_|NLU_"),
        ("aws", "SLACK_|DATABASE_|NLU_|COOPER_"),
    ],
)
def test_no_service_sees_a_secret_that_is_not_its_own(service, forbidden):
    assert not [name for name in variables(service) if re.match(forbidden, name)]


def test_only_bot_and_worker_can_read_the_private_key():
    holders = {
        name
        for name, service in SERVICES.items()
        if any(str(each).startswith("./infra/docker/keys:") for each in service.get("volumes", ()))
    }
    assert holders == {"bot", "worker", "migrate"}


def test_no_secret_stands_in_the_file():
    secret = re.compile(r"(TOKEN|SECRET|PASSWORD|FERNET_KEY|ACCESS_KEY)")
    for name, service in SERVICES.items():
        for key, value in (service.get("environment") or {}).items():
            if secret.search(key) and not key.endswith("_FILE"):
                assert value is None or value.startswith("${"), f"{name}: {key}"


# ------------------------------------------------------------------ images


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_no_container_runs_as_root(service):
    if "user" in SERVICES[service]:
        assert SERVICES[service]["user"] not in ("0", "root")
        return
    dockerfile = CHECKOUT / SERVICES[service]["build"]["dockerfile"]
    users = re.findall(r"^USER (\S+)", dockerfile.read_text(), flags=re.MULTILINE)
    assert users[-1] == "10001"


@pytest.mark.parametrize(
    "dockerfile",
    sorted({each["build"]["dockerfile"] for each in SERVICES.values() if "build" in each}),
)
def test_what_an_image_copies_is_there(dockerfile):
    text = (CHECKOUT / dockerfile).read_text()
    for line in re.findall(r"^COPY (?!--from)(.+)$", text, flags=re.MULTILINE):
        for source in line.split()[:-1]:
            assert (CHECKOUT / source).exists(), line


@pytest.mark.parametrize("service", sorted(name for name in SERVICES if "build" in SERVICES[name]))
def test_a_target_of_a_build_is_a_stage_of_its_dockerfile(service):
    target = SERVICES[service]["build"].get("target")
    text = (CHECKOUT / SERVICES[service]["build"]["dockerfile"]).read_text()
    assert target is None or f" AS {target}\n" in text


def test_files_that_are_mounted_are_there_or_made_by_the_script():
    script = (CHECKOUT / "infra/docker/keys.sh").read_text()
    for service in SERVICES.values():
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            if source.startswith("./"):
                made = Path(source).name in script
                assert made or (CHECKOUT / source).exists(), volume


def test_the_script_fills_every_empty_secret_and_keeps_what_is_there(tmp_path):
    for name in ("keys.sh", "cooper.env.example"):
        shutil.copy(CHECKOUT / "infra/docker" / name, tmp_path / name)
    subprocess.run(["sh", "keys.sh"], cwd=tmp_path, check=True, capture_output=True)
    made = (tmp_path / "cooper.env").read_text()
    parser = configparser.ConfigParser()
    parser.read_string("[env]\n" + made)
    empty = {key.upper() for key, value in parser["env"].items() if not value}
    assert empty == {
        "SLACK_BOT_TOKEN",
        "SLACK_APP_TOKEN",
        "SLACK_SIGNING_SECRET",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
    }
    assert (tmp_path / "cooper.env").stat().st_mode & 0o077 == 0
    assert (tmp_path / "keys/signing.pem").stat().st_mode & 0o077 == 0
    key = (tmp_path / "keys/signing.pem").read_text()

    subprocess.run(["sh", "keys.sh"], cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "cooper.env").read_text() == made
    assert (tmp_path / "keys/signing.pem").read_text() == key
