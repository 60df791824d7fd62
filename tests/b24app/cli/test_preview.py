"""b24bridge settings preview: what people would read, of each kind."""

from __future__ import annotations

import pytest

from b24app.cli import main
from sync.core.messages.placeholders import PLACEHOLDER_MEANINGS
from sync.core.notifications.samples import SAMPLES
from tests.b24app.cli.test_commands import environ, portal

__all__ = ["environ", "portal"]  # fixtures


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("kind", sorted(SAMPLES))
def test_what_people_would_be_told_is_shown_of_every_kind(portal, capsys, kind, language):
    assert main(["settings", "preview", kind, "--language", language]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "BBCode:"
    assert said[1]
    assert said[said.index("As text:") + 1]
    assert f"{{default}}  {PLACEHOLDER_MEANINGS['default']}" in said[said.index("Places:") :]


def test_a_text_of_ones_own_is_shown_before_it_is_used(environ, tmp_path, capsys):
    assert main(["settings", "preview", "push", "--template", "[i]Look[/i]\n{default}"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[1] == "[i]Look[/i]"
    assert said[2].startswith("[b]Ann Lee pushed 7 commits to [url=")
    file = tmp_path / "settings.yaml"
    file.write_text("version: 1\nportal: x\ntemplates: {tag: '[b]A tag[/b]'}\n")
    assert main(["settings", "preview", "tag", "--file", str(file)]) == 0
    assert capsys.readouterr().out.splitlines()[:5] == [
        "BBCode:", "[b]A tag[/b]", "", "As text:", "A tag",
    ]  # fmt: skip


def test_a_text_that_cannot_be_used_is_told_so_instead_of_shown(environ, tmp_path, capsys):
    assert main(["settings", "preview", "push", "--template", "[b]{barnch}"]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "template: has tags that are unknown here or lack their other half: [b]",
        "template: there is no place {barnch} here; did you mean {branch}?",
    ]
    file = tmp_path / "settings.yaml"
    file.write_text("version: 1\nportal: x\ntemplates:\n  tag: '[b]'\n  psh: x\n")
    assert main(["settings", "preview", "tag", "--file", str(file)]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(": ")[0] for line in lines] == ["line 4", "line 5"]


def test_a_preview_of_a_file_that_is_no_text_says_so(environ, tmp_path, capsys):
    file = tmp_path / "settings.yaml"
    file.write_bytes(b"version: 1\n\xff\xfe")
    assert main(["settings", "preview", "push", "--file", str(file)]) == 1
    assert capsys.readouterr().err == "line 2: is not UTF-8 text\n"
