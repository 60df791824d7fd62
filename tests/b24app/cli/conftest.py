"""What commands print, and a machine that has no files of b24bridge elsewhere."""

from __future__ import annotations

import logging
from argparse import ArgumentParser
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
import structlog

from b24app import cli
from b24app.cli import environment
from b24app.cli.language import current_language, set_language


@pytest.fixture(autouse=True, scope="session")
def parsers_built_once() -> Iterator[None]:
    """A process builds the parser of fifty commands once; here each language has its own."""
    build = cli.build_parser

    @cache
    def built(language: str) -> ArgumentParser:
        return build()

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(cli, "build_parser", lambda: built(current_language()))
        yield


@pytest.fixture(autouse=True)
def no_files_of_the_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(environment, "SYSTEM_FOLDER", tmp_path / "etc")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """`serve` and `worker` send all events to the process's own stderr."""
    root = logging.getLogger()
    handlers, level, configuration = root.handlers, root.level, structlog.get_config()
    yield
    root.handlers, root.level = handlers, level
    structlog.configure(**configuration)


@pytest.fixture(autouse=True)
def in_english(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    set_language("en")
    yield
    set_language("en")


class Printed(NamedTuple):
    out: str
    err: str


class Printer:
    """`capsys` without the line in which each command names its database: one test reads that."""

    def __init__(self, captured: pytest.CaptureFixture[str]) -> None:
        self.whole = captured

    def readouterr(self) -> Printed:
        out, err = self.whole.readouterr()
        lines = err.splitlines(keepends=True)
        return Printed(out, "".join(line for line in lines if not line.startswith("Database: ")))


@pytest.fixture
def capsys(capsys: pytest.CaptureFixture[str]) -> Printer:
    return Printer(capsys)
