"""The environment: defaults that work, and every problem told at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.config import OAUTH_HOSTS, Config, ConfigError

KEY, OLD_KEY = "k" * 43 + "=", "o" * 43 + "="


def test_nothing_told_is_one_folder_of_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    config = Config.from_env({})
    assert config.data_dir == Path("var")
    assert config.database_url == "sqlite:///var/b24bridge.sqlite3"
    assert config.queue_url == "var/queue.sqlite3"
    assert config.oauth_hosts == OAUTH_HOSTS
    assert (config.host, config.port, config.trusted_proxies) == ("127.0.0.1", 8000, 0)
    assert config.secret_keys == (Path("var/secret.key").read_text().strip(),)
    assert Config.from_env({}) == config


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
        allowed_networks=("10.0.0.0/8", "fd00::/8", "192.168.1.7/32"),
        trusted_proxies=1,
        log_level="debug",
        host="::",
        port=8080,
        threads=32,
    )
    assert list(tmp_path.iterdir()) == []
    assert not any(secret in repr(config) for secret in (KEY, "s3cret", "u:p"))


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
                "B24BRIDGE_TRUSTED_PROXIES": "-1",
                "B24BRIDGE_LOG_LEVEL": "loud",
                "B24BRIDGE_BIND": "0.0.0.0:http",
                "B24BRIDGE_CLIENT_ID": "app.1",
            }
        )
    assert caught.value.problems == (
        "B24BRIDGE_BIND: must be a number from 0 to 65535",
        "DATABASE_URL: must begin with sqlite:/// or postgresql://",
        "B24BRIDGE_QUEUE_URL: must be a file, or begin with redis:// or postgresql://",
        "B24BRIDGE_PUBLIC_URL: must be a whole address: https://host",
        "B24BRIDGE_OAUTH_HOSTS: must be an address without user, ? and #",
        "B24BRIDGE_ALLOWED_NETWORKS: '10.0.0.0/33' does not appear to be an IPv4 or IPv6 network",
        "B24BRIDGE_TRUSTED_PROXIES: must be a number from 0 to 10",
        "B24BRIDGE_LOG_LEVEL: must be one of debug, info, warning, error",
        "B24BRIDGE_CLIENT_ID, B24BRIDGE_CLIENT_SECRET: set both or neither",
    )
    assert list(tmp_path.iterdir()) == []


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


def test_keys_rotated_in_the_file_are_the_keys_now(tmp_path: Path) -> None:
    config = Config.from_env({"B24BRIDGE_DATA_DIR": str(tmp_path)})
    (tmp_path / "secret.key").write_text(f"{KEY}\n{OLD_KEY}\n")
    assert config.current_keys() == (KEY, OLD_KEY)
    assert Config.from_env({"B24BRIDGE_SECRET_KEY": KEY}).current_keys() == (KEY,)
