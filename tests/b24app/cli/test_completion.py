"""Completion scripts, run in the shells that are here."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from b24app.cli import COMMANDS, main


def completed(capsys, *words: str) -> set[str]:
    """What bash offers for the last of the words."""
    assert main(["completion", "bash"]) == 0
    script = capsys.readouterr().out
    quoted = " ".join(f"'{word}'" for word in ("b24bridge", *words))
    script += (
        f"\nCOMP_WORDS=({quoted}); COMP_CWORD={len(words)}; _b24bridge; "
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, check=True, cwd="/"
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["st"], ["status"]),
        (["gitlab", ""], ["--help", "hooks", "test", "token"]),
        (["gitlab", "ho"], ["hooks"]),
        (["gitlab", "token", "--"], ["--file", "--help", "--portal"]),
        (["--portal", "x", "gitlab", "t"], ["test", "token"]),
        (["completion", "z"], ["zsh"]),
    ],
    ids=" ".join,
)
def test_bash_completes_commands_and_options(capsys, words, expected):
    assert sorted(completed(capsys, *words)) == expected


def test_bash_completes_every_command(capsys):
    assert completed(capsys, "") >= set(COMMANDS)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_names_every_command(capsys, shell):
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert all(name in script for name in COMMANDS)
    if shell == "zsh":
        assert "bashcompinit" in script
    if program := shutil.which(shell):
        subprocess.run([program, "-n"], input=script, text=True, check=True)
