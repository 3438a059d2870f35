"""The recipes start what there is: the same processes as the Procfile, with settings that exist."""

import configparser
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from config import read_config
from tests.test_readme import NEEDED, Watched

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
UNITS = sorted(path.name for path in DEPLOY.glob("*.service"))
VENV = "/opt/b24-edo/.venv/bin/"


def procfile() -> dict[str, str]:
    lines = (ROOT / "Procfile").read_text().splitlines()
    return dict(line.split(": ", 1) for line in lines)


def unit(name: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment]
    parser.read(DEPLOY / name)
    return parser


@pytest.fixture
def compose() -> dict:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())


@pytest.fixture
def known(tmp_path, monkeypatch) -> set[str]:
    """Every variable that config.py reads."""
    monkeypatch.chdir(tmp_path)
    environment = Watched(NEEDED)
    read_config(environment)
    return set(environment.asked)


@pytest.mark.parametrize("process", ["web", "worker", "scheduler"])
def test_units_start_what_the_procfile_starts(process):
    service = unit(f"b24-edo-{process}.service")["Service"]

    assert service["ExecStart"].removeprefix(VENV) == procfile()[process]


def test_the_unit_of_one_machine_starts_everything():
    service = unit("b24-edo.service")["Service"]

    assert service["ExecStart"] == f"{VENV}b24-edo run"
    assert service["KillMode"] == "mixed"


@pytest.mark.parametrize("name", UNITS)
def test_units_run_as_the_same_user_in_the_same_place_with_the_same_settings(name):
    service = unit(name)["Service"]

    script = (DEPLOY / "b24-edo").read_text()

    assert service["Restart"] == "always"
    assert f"runuser -u {service['User']} " in script
    assert f"cd {service['WorkingDirectory']}" in script
    assert f". {service['EnvironmentFile']}" in script
    assert service["Environment"] in script


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd on this machine")
@pytest.mark.parametrize("name", UNITS)
def test_systemd_takes_the_units(name, tmp_path):
    there = (DEPLOY / name).read_text().replace(VENV, f"{Path(sys.executable).parent}/")
    copy = tmp_path / name
    copy.write_text(there.replace("/opt/b24-edo", str(ROOT)))

    done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(copy)], capture_output=True, text=True)

    assert [line for line in done.stderr.splitlines() if name in line] == []


@pytest.mark.parametrize("process", ["web", "worker", "scheduler"])
def test_containers_start_what_the_procfile_starts(process, compose):
    assert " ".join(compose["services"][process]["command"]) == procfile()[process]


def test_containers_share_the_database_and_the_documents(compose, known):
    services = compose["services"]
    product = [services[name] for name in ("upgrade", "web", "worker", "scheduler")]

    assert {service["environment"]["DATABASE_URL"] for service in product} == {
        product[0]["environment"]["DATABASE_URL"]
    }
    assert all(set(service["environment"]) <= known for service in product)
    for name in ("web", "worker"):
        assert "blobs:/blobs" in services[name]["volumes"]
        assert services[name]["environment"]["BLOB_URL"] == "file:///blobs"
    assert {volume.split(":")[0] for one in services.values() for volume in one.get("volumes", [])} == set(
        compose["volumes"]
    )


def test_the_image_is_built_from_files_that_are_there(compose):
    text = (DEPLOY / "Dockerfile").read_text()
    context = (DEPLOY / compose["services"]["web"]["build"]["context"]).resolve()

    copied = re.findall(r"^COPY (\S+) ", text, re.MULTILINE)

    assert context == ROOT
    assert copied
    assert all((ROOT / name).exists() for name in copied)
    assert "deploy/env" in (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()


def test_the_proxy_leads_to_where_the_product_listens_and_hides_what_it_should(tmp_path):
    text = (DEPLOY / "nginx.conf").read_text()
    listen = read_config({**NEEDED, "DATA_DIR": str(tmp_path)}).listen

    assert f"server {listen};" in text
    assert text.count("{") == text.count("}")
    assert re.search(r"location = /metrics \{\s+deny all;", text)
    assert re.search(r"location = /diadoc/callback \{\s+access_log off;", text)
