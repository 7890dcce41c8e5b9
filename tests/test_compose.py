"""What docker-compose.yml and the Dockerfile promise to an operator, read as they are."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.settings import PREFIX, Settings
from tests.support.served import CHECKOUT

FILE = CHECKOUT / "docker-compose.yml"
COMPOSE: dict[str, Any] = yaml.safe_load(FILE.read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
KNOWN = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
SECRET_WORDS = re.compile(r"PASSWORD|KEY|TOKEN|SECRET")
services = pytest.mark.parametrize("name", SERVICES)


@services
def test_a_service_is_not_root_cannot_write_and_gains_no_rights(name: str) -> None:
    service = SERVICES[name]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", service["user"])
    assert service["read_only"] is True and service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"] and not service.get("privileged")
    assert any(each.startswith("/tmp") for each in service["tmpfs"])


@services
def test_no_secret_stands_in_the_environment(name: str) -> None:
    for variable, value in SERVICES[name]["environment"].items():
        if SECRET_WORDS.search(variable):
            assert variable.endswith("_FILE") and value.startswith("/run/secrets/"), variable
            assert value.rpartition("/")[2] in SERVICES[name]["secrets"]
        assert not re.search(r"//[^/@]*:[^/@]*@", value), f"{variable} holds a password"


@services
def test_every_setting_is_one_that_tandem_knows(name: str) -> None:
    named = {one for one in SERVICES[name]["environment"] if one.startswith(PREFIX)}
    assert {one.removesuffix("_FILE") for one in named} <= KNOWN
    assert named or ("image" in SERVICES[name] and not SERVICES[name]["image"].startswith("tandem"))


@services
def test_what_runs_on_has_a_health_check_and_waits_for_what_it_needs(name: str) -> None:
    service = SERVICES[name]
    assert ("healthcheck" in service) == (service["restart"] != "no")
    for needed, how in service.get("depends_on", {}).items():
        ends = SERVICES[needed]["restart"] == "no"
        assert how["condition"] == ("service_completed_successfully" if ends else "service_healthy")


def test_only_the_app_is_reachable_and_only_from_this_machine() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["app"]
    assert all(port.startswith("127.0.0.1:") for port in SERVICES["app"]["ports"])
    assert COMPOSE["networks"]["inside"]["internal"] and SERVICES["postgres"]["networks"] == ["inside"]


def test_a_local_model_comes_only_with_its_profile() -> None:
    assert {name for name, service in SERVICES.items() if service.get("profiles") == ["local-model"]} == {
        "ollama",
        "ollama-model",
    }


def test_the_database_keeps_its_data_in_a_volume_where_postgres_18_wants_it() -> None:
    assert SERVICES["postgres"]["image"] == "postgres:18"
    assert SERVICES["postgres"]["volumes"] == ["database:/var/lib/postgresql"]
    assert "database" in COMPOSE["volumes"]


def test_every_secret_is_a_file_and_is_used() -> None:
    used = {one for service in SERVICES.values() for one in service.get("secrets", [])}
    assert used == set(COMPOSE["secrets"]) and all(set(one) == {"file"} for one in COMPOSE["secrets"].values())


def test_it_fits_the_schema_of_the_compose_specification() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(FILE)]
    checked = subprocess.run(command, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_docker_compose_itself_takes_it(tmp_path: Path) -> None:
    if (
        shutil.which("docker") is None
        or subprocess.run(["docker", "compose", "version"], capture_output=True).returncode
    ):
        pytest.skip("docker compose is not here, so that it takes the file was not tried")
    environment = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(tmp_path),
        "TANDEM_PUBLIC_URL": "https://t.example",
    }
    command = ["docker", "compose", "--file", str(FILE), "config", "--quiet"]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr


def test_the_image_ends_as_nobody_in_particular_and_installs_by_hash() -> None:
    lines = (CHECKOUT / "Dockerfile").read_text().splitlines()
    last_stage = lines[max(number for number, line in enumerate(lines) if line.startswith("FROM ")) :]
    assert [line for line in last_stage if line.startswith("USER ")] == ["USER 10001:10001"]
    assert sum("--require-hashes" in line for line in lines) == 2
    assert all("--no-deps" in line or "--require-hashes" in line for line in lines if "pip install" in line)


def test_the_build_tool_is_picked_out_of_the_lock_whole() -> None:
    """As the Dockerfile does it: hatchling and all that it needs, each with hashes."""
    program = (CHECKOUT / "Dockerfile").read_text().split("<<'PICK' > build.lock\n")[1].split("\nPICK\n")[0]
    picked = subprocess.run([sys.executable, "-c", program], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    blocks = re.findall(r"^([a-z0-9-]+)==\S+.*?((?:\n +--hash=sha256:[0-9a-f]{64}.*?)+)$", picked.stdout, re.MULTILINE)
    assert {name for name, _ in blocks} == {"hatchling", "packaging", "pathspec", "pluggy", "trove-classifiers"}


def test_what_the_image_copies_is_let_through(tmp_path: Path) -> None:
    allowed = {line[1:] for line in (CHECKOUT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (CHECKOUT / "Dockerfile").read_text(), re.MULTILINE)
    assert {one for line in copied for one in line.split()} == allowed
    assert all((CHECKOUT / one).exists() for one in allowed)
