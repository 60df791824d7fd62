"""The environment: defaults that work, and every problem told at once."""

from __future__ import annotations

import os
from pathlib import Path

import certifi
import pytest

from sync.config import OAUTH_HOSTS, Config, ConfigError

CERTIFICATES = certifi.where()
KEY, OLD_KEY = "k" * 43 + "=", "o" * 43 + "="


def test_defaults_are_one_folder_wherever_a_command_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    data = tmp_path / ".local/share/b24bridge"
    environ = {"HOME": str(tmp_path)}
    config = Config.from_env(environ, create_key=True)
    assert config.data_dir == data
    assert config.database_url == f"sqlite:///{data}/b24bridge.sqlite3"
    assert config.queue_url == f"{data}/queue.sqlite3"
    assert config.oauth_hosts == OAUTH_HOSTS
    assert (config.host, config.port, config.trusted_proxies) == ("127.0.0.1", 8000, 0)
    assert config.secret_keys == ((data / "secret.key").read_text().strip(),)
    monkeypatch.chdir(tmp_path)
    assert Config.from_env(environ) == config


@pytest.mark.parametrize(
    ("environ", "uid", "owner", "folder"),
    [
        ({"HOME": "/home/ann"}, 1000, None, "/home/ann/.local/share/b24bridge"),
        ({"HOME": "/home/ann", "XDG_DATA_HOME": "/data"}, 1000, 0, "/data/b24bridge"),
        (
            {"HOME": "/home/ann", "XDG_DATA_HOME": "data"},
            1000,
            0,
            "/home/ann/.local/share/b24bridge",
        ),
        ({"HOME": "/root"}, 0, None, "/var/lib/b24bridge"),
        ({"HOME": "/nowhere"}, 998, 998, "/var/lib/b24bridge"),
        ({"HOME": "/nowhere", "STATE_DIRECTORY": "/var/lib/b"}, 998, None, "/var/lib/b"),
        ({"HOME": "/home/ann", "B24BRIDGE_DATA_DIR": "/named"}, 0, 0, "/named"),
    ],
    ids=["user", "xdg", "xdg-relative", "root", "service-account", "service", "named"],
)
def test_the_data_folder_is_the_same_place_for_everybody(
    monkeypatch: pytest.MonkeyPatch,
    environ: dict[str, str],
    uid: int,
    owner: int | None,
    folder: str,
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: uid)
    monkeypatch.setattr("sync.config._owns", lambda path: owner == uid)
    assert Config.from_env(environ).data_dir == Path(folder)


def test_without_leave_no_folder_and_no_key_is_made(tmp_path: Path) -> None:
    config = Config.from_env({"B24BRIDGE_DATA_DIR": str(tmp_path / "data")})
    assert (config.secret_keys, config.secret_key_file) == ((), tmp_path / "data/secret.key")
    assert list(tmp_path.iterdir()) == []


def test_everything_told_is_taken(tmp_path: Path) -> None:
    config = Config.from_env(
        {
            "DATABASE_URL": "postgresql://u:p@db/b24",
            "B24BRIDGE_DATA_DIR": str(tmp_path),
            "B24BRIDGE_QUEUE_URL": "redis://queue/1",
            "B24BRIDGE_SECRET_KEY": f"{KEY}, {OLD_KEY}",
            "B24BRIDGE_PUBLIC_URL": "https://bridge.example.com/",
            "B24BRIDGE_CLIENT_ID": "app.1",
            "B24BRIDGE_CLIENT_SECRET": "s3cret",
            "B24BRIDGE_OAUTH_HOSTS": "https://one.test/, http://127.0.0.1:9",
            "B24BRIDGE_ALLOWED_NETWORKS": "10.0.0.0/8 fd00::/8,192.168.1.7",
            "B24BRIDGE_PORTAL_CA_FILE": CERTIFICATES,
            "B24BRIDGE_PORTAL_PROXY": "http://proxy:3128/",
            "B24BRIDGE_TRUSTED_PROXIES": "1",
            "B24BRIDGE_LOG_LEVEL": "DEBUG",
            "B24BRIDGE_BIND": "[::]:8080",
            "B24BRIDGE_THREADS": "32",
        }
    )
    assert config == Config(
        data_dir=tmp_path,
        database_url="postgresql://u:p@db/b24",
        queue_url="redis://queue/1",
        secret_keys=(KEY, OLD_KEY),
        secret_key_file=None,
        public_url="https://bridge.example.com",
        client_id="app.1",
        client_secret="s3cret",
        oauth_hosts=frozenset({"https://one.test", "http://127.0.0.1:9"}),
        portal_ca_file=CERTIFICATES,
        portal_proxy="http://proxy:3128",
        allowed_networks=("10.0.0.0/8", "fd00::/8", "192.168.1.7/32"),
        trusted_proxies=1,
        log_level="debug",
        host="::",
        port=8080,
        threads=32,
    )
    assert list(tmp_path.iterdir()) == []
    assert not any(secret in repr(config) for secret in (KEY, "s3cret", "u:p"))


def test_a_folder_that_cannot_be_made_names_its_variable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    folder = tmp_path / "file" / "below"
    with pytest.raises(ConfigError) as caught:
        Config.from_env({"B24BRIDGE_DATA_DIR": str(folder)}, create_key=True)
    (problem,) = caught.value.problems
    assert problem.startswith(f"{folder}/secret.key: Not a directory")
    assert problem.endswith("B24BRIDGE_DATA_DIR names its folder")


def test_every_problem_is_told_at_once_and_nothing_is_made(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        Config.from_env(
            {
                "B24BRIDGE_DATA_DIR": str(tmp_path),
                "DATABASE_URL": "mysql://u:hunter2@h/db",
                "B24BRIDGE_QUEUE_URL": "amqp://u:hunter2@h",
                "B24BRIDGE_PUBLIC_URL": "bridge.example.com",
                "B24BRIDGE_OAUTH_HOSTS": "https://u:hunter2@one.test",
                "B24BRIDGE_ALLOWED_NETWORKS": "10.0.0.0/33",
                "B24BRIDGE_PORTAL_CA_FILE": "/nowhere.pem",
                "B24BRIDGE_PORTAL_PROXY": "proxy:hunter2",
                "B24BRIDGE_TRUSTED_PROXIES": "-1",
                "B24BRIDGE_LOG_LEVEL": "loud",
                "B24BRIDGE_BIND": "0.0.0.0:http",
                "B24BRIDGE_CLIENT_ID": "app.1",
            }
        )
    assert caught.value.problems == (
        "B24BRIDGE_BIND: must be a port from 0 to 65535, or HOST:PORT",
        "DATABASE_URL: must begin with sqlite:/// or postgresql://",
        "B24BRIDGE_QUEUE_URL: must be a file, or begin with redis:// or postgresql://",
        "B24BRIDGE_PUBLIC_URL: must be a whole address: https://host",
        "B24BRIDGE_OAUTH_HOSTS: must be an address without user, ? and #",
        "B24BRIDGE_ALLOWED_NETWORKS: must be networks like 10.0.0.0/8, separated by commas",
        "B24BRIDGE_PORTAL_CA_FILE: /nowhere.pem cannot be read: No such file or directory",
        "B24BRIDGE_PORTAL_PROXY: must be an address like http://proxy.example.com:3128",
        "B24BRIDGE_TRUSTED_PROXIES: must be a number from 0 to 10",
        "B24BRIDGE_LOG_LEVEL: must be one of debug, info, warning, error",
        "B24BRIDGE_CLIENT_ID, B24BRIDGE_CLIENT_SECRET: set both or neither",
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("B24BRIDGE_DATA_DIR", "var", "must begin with /"),
        ("DATABASE_URL", "sqlite:///b24bridge.sqlite3", "must begin with /"),
        ("B24BRIDGE_QUEUE_URL", "queue.sqlite3", "must begin with /"),
        ("B24BRIDGE_PUBLIC_URL", "https://bridge.example.com:port", "must be a whole address"),
        ("B24BRIDGE_PUBLIC_URL", "https://[bridge", "must be a whole address"),
        ("B24BRIDGE_PORTAL_PROXY", "http://proxy:port", "must be an address like"),
    ],
)
def test_a_value_of_the_wrong_form_is_named(name: str, value: str, why: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Config.from_env({name: value})
    assert str(caught.value).startswith(f"{name}: {why}")


@pytest.mark.parametrize("bad", ["short", f"{KEY},short", ",", "ключ" * 11])
def test_a_bad_secret_key_is_refused_and_not_shown(bad: str, tmp_path: Path) -> None:
    told = {"B24BRIDGE_SECRET_KEY": bad, "B24BRIDGE_DATA_DIR": str(tmp_path)}
    with pytest.raises(ConfigError, match="B24BRIDGE_SECRET_KEY: a secret key is") as caught:
        Config.from_env(told)
    assert bad not in str(caught.value) or bad == ","


def test_a_damaged_key_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "secret.key").write_text("damaged")
    with pytest.raises(ConfigError) as caught:
        Config.from_env({"B24BRIDGE_DATA_DIR": str(tmp_path)})
    assert str(caught.value).startswith(f"{tmp_path}/secret.key: a secret key is 32 random bytes")


def test_a_file_that_holds_no_certificates_is_named(tmp_path: Path) -> None:
    file = tmp_path / "corp.pem"
    file.write_text("no certificate")
    with pytest.raises(ConfigError) as caught:
        Config.from_env({"B24BRIDGE_PORTAL_CA_FILE": str(file)})
    assert caught.value.problems == (
        f"B24BRIDGE_PORTAL_CA_FILE: {file} holds no certificates in PEM form",
    )


def test_keys_rotated_in_the_file_are_the_keys_now(tmp_path: Path) -> None:
    config = Config.from_env({"B24BRIDGE_DATA_DIR": str(tmp_path)}, create_key=True)
    (tmp_path / "secret.key").write_text(f"{KEY}\n{OLD_KEY}\n")
    assert config.current_keys() == (KEY, OLD_KEY)
    assert Config.from_env({"B24BRIDGE_SECRET_KEY": KEY}).current_keys() == (KEY,)
