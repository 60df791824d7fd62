"""The file of secret keys."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

from cryptography.fernet import Fernet

from sync import keyfile


def test_the_first_start_makes_a_key_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "var" / "secret.key"
    (key,) = keyfile.read_or_create(path)
    Fernet(key)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert keyfile.read_or_create(path) == (key,)
    assert [file.name for file in path.parent.iterdir()] == ["secret.key"]


def test_processes_that_start_together_share_one_key(tmp_path: Path) -> None:
    path, found = tmp_path / "secret.key", []
    start = threading.Barrier(8)

    def begin() -> None:
        start.wait()
        found.append(keyfile.read_or_create(path))

    threads = [threading.Thread(target=begin) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_replaced_keys_keep_their_order_and_their_mode(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    keyfile.read_or_create(path)
    keyfile.replace_keys(path, ["new", "old"])
    assert keyfile.read_or_create(path) == ("new", "old")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_that_vanishes_brings_no_retired_key_back(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    keyfile.replace_keys(path, ["old"])
    assert keyfile.read_again(path) == ("old",)
    keyfile.replace_keys(path, ["new"])
    assert keyfile.read_again(path) == ("new",)
    path.write_text("")
    assert keyfile.read_again(path) == ("new",), "an editor on a full disk"
    path.unlink()
    path.mkdir()
    assert keyfile.read_again(path) == ("new",), "what cannot be read"
    assert keyfile.read_again(tmp_path / "none") == ()
