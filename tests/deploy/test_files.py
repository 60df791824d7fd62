"""The deploy files and the README's two ways fit each other and the program."""

from __future__ import annotations

import re
import subprocess
from configparser import ConfigParser
from pathlib import Path

import pytest

from b24app.cli.environment import FILE_NAME, SYSTEM_FOLDER
from b24app.routes.webhooks import MAX_BODY_BYTES
from sync.bitrix24.install.steps import SCOPES
from sync.config import SYSTEM_DATA_DIR, Config
from tools.first_hour import bare_environment, readme_commands

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
UNIT = (ROOT / "deploy/b24bridge.service").read_text(encoding="utf-8")
NGINX = (ROOT / "deploy/nginx.conf").read_text(encoding="utf-8")
CADDY = (ROOT / "deploy/Caddyfile").read_text(encoding="utf-8")


def unit() -> ConfigParser:
    parser = ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(UNIT)
    return parser


def test_the_way_for_one_machine_is_these_commands() -> None:
    assert readme_commands(README) == [
        "useradd --system --home-dir /var/lib/b24bridge --shell /usr/sbin/nologin b24bridge",
        "python3 -m venv /opt/b24bridge",
        "/opt/b24bridge/bin/pip install .",
        "ln -s /opt/b24bridge/bin/b24bridge /usr/local/bin/b24bridge",
        "b24bridge init",
        "cp deploy/b24bridge.service /etc/systemd/system/",
        "systemctl enable --now b24bridge",
        "journalctl -u b24bridge -n 20",
        "b24bridge settings apply /etc/b24bridge/settings.yaml",
        "b24bridge gitlab token gitlab",
        "b24bridge gitlab hooks gitlab",
        "b24bridge gitlab test gitlab",
    ]


def test_the_unit_starts_what_was_installed_with_the_files_of_init() -> None:
    service = unit()["Service"]
    assert service["ExecStart"] == "/opt/b24bridge/bin/b24bridge serve"
    assert service["EnvironmentFile"] == str(SYSTEM_FOLDER / FILE_NAME)
    assert Path("/var/lib") / service["StateDirectory"] == SYSTEM_DATA_DIR
    assert f"--system --home-dir {SYSTEM_DATA_DIR}" in README
    assert service["User"] == "b24bridge"


def test_the_service_and_root_use_the_same_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 998)
    of_service = Config.from_env({"STATE_DIRECTORY": "/var/lib/b24bridge", "HOME": "/"})
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert Config.from_env({"HOME": "/root"}).database_url == of_service.database_url


@pytest.mark.needs("systemd")
def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    file = tmp_path / "b24bridge.service"
    file.write_text(UNIT.replace("/opt/b24bridge/bin/b24bridge", "/bin/true"))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--recursive-errors=no", str(file)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert not [line for line in done.stderr.splitlines() if "b24bridge.service" in line]


def test_proxies_pass_on_what_is_counted() -> None:
    assert "reverse_proxy 127.0.0.1:8000" in CADDY
    assert "proxy_pass http://127.0.0.1:8000;" in NGINX
    for header in ("X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-For"):
        assert f"proxy_set_header {header} " in NGINX
    most = re.search(r"client_max_body_size (\d+)m;", NGINX)
    assert most
    assert int(most[1]) * 1024 * 1024 >= MAX_BODY_BYTES


def test_the_rights_of_the_application_are_all_named() -> None:
    assert all(f"`{scope}`" in README for scope in SCOPES)


def test_a_bare_environment_holds_nothing_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("B24BRIDGE_PUBLIC_URL", "https://bridge.example.com")
    monkeypatch.setenv("VIRTUAL_ENV", "/venv")
    environ = bare_environment(Path("/home/x"), Path("/opt/x"))
    assert not {"B24BRIDGE_PUBLIC_URL", "VIRTUAL_ENV", "PYTHONPATH"} & set(environ)
