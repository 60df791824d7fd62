"""What a server says of itself at its start."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import pytest

from b24app.cli.banner import banner_lines, first_steps, unready_texts
from sync.config import Config


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config.from_env(
        {
            "B24BRIDGE_DATA_DIR": str(tmp_path),
            "B24BRIDGE_PUBLIC_URL": "https://bridge.example.com",
            "B24BRIDGE_TRUSTED_PROXIES": "1",
            "B24BRIDGE_CLIENT_ID": "local.1",
            "B24BRIDGE_CLIENT_SECRET": "s3cret",
        }
    )


def lines(config: Config, address: str = "http://127.0.0.1:8000") -> list[str]:
    return banner_lines(
        config,
        command="serve",
        address=address,
        database="/var/lib/b24bridge/b24bridge.sqlite3",
        environment_file=Path("/nowhere/b24bridge.env"),
    )


def test_all_that_is_right_is_a_few_lines(config):
    assert lines(config) == [
        f"b24bridge {version('b24bridge')}, serve",
        "  listens on   http://127.0.0.1:8000",
        "  public URL   https://bridge.example.com",
        "  database     /var/lib/b24bridge/b24bridge.sqlite3",
        "  environment  /nowhere/b24bridge.env (there is none)",
    ]


def test_a_worker_listens_nowhere(config):
    assert [line.split()[0] for line in lines(config, "")[1:]] == ["database", "environment"]


def test_nothing_configured_is_all_said():
    bare = Config.from_env({})
    assert "  public URL   not set" in lines(bare)
    assert lines(bare)[-2:] == [
        "  not ready    B24BRIDGE_PUBLIC_URL is not set: no portal can install the application, "
        "and GitLab cannot send webhooks",
        "  not ready    B24BRIDGE_CLIENT_ID and B24BRIDGE_CLIENT_SECRET are not set: nobody can "
        "install the application, and no token can be renewed",
    ]


@pytest.mark.parametrize(
    ("public_url", "proxies", "beginning"),
    [
        ("http://bridge.example.com", 1, "B24BRIDGE_PUBLIC_URL begins with http://"),
        ("https://bridge.example.com", 0, "B24BRIDGE_TRUSTED_PROXIES is 0, but HTTPS"),
        ("http://127.0.0.1:8000", 0, None),
    ],
)
def test_a_public_address_that_cannot_work_is_said(config, public_url, proxies, beginning):
    texts = unready_texts(replace(config, public_url=public_url, trusted_proxies=proxies))
    assert len(texts) == (beginning is not None)
    assert all(text.startswith(beginning) for text in texts)


def test_the_first_steps_name_the_paths_and_the_account(config):
    text = "\n".join(first_steps(config))
    assert "https://bridge.example.com/b24/app" in text
    assert "https://bridge.example.com/b24/install" in text
    assert "use a technical account" in text
