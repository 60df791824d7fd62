"""Commands in terminals and under callers that give less than usual."""

from __future__ import annotations

import io
import sys

import pytest

from b24app.cli import main


class Terminal(io.StringIO):
    """A terminal whose person presses Ctrl-D at once."""

    def isatty(self) -> bool:
        """Say that questions may be asked."""
        return True


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "The input ended before a question"), ("ru", "Ввод закончился раньше")],
)
def test_ctrl_d_at_a_question_is_an_error_with_what_to_do(
    tmp_path, monkeypatch, capsys, language, words
):
    monkeypatch.setattr(sys, "stdin", Terminal(""))
    assert main(["--language", language, "init", "--folder", str(tmp_path / "new")]) == 1
    assert words in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_init_works_where_standard_input_is_closed(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    assert main(["init", "--folder", str(tmp_path)]) == 0
    assert (tmp_path / "settings.yaml").exists()


def test_letters_that_a_terminal_lacks_are_printed_as_escapes(tmp_path, monkeypatch):
    """Each line goes out at once, without a flush at the end."""
    printed = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(printed, encoding="ascii"))
    assert main(["init", "--no-input", "--folder", str(tmp_path)]) == 0
    assert rb"such as \u201cGitLab\u201d" in printed.getvalue()
