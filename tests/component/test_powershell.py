"""A Windows runner refuses a component in one line: PowerShell sees a sentence and a comment.

PowerShell itself is not run here; what it would read is read by its rules, in powershell.py.
"""

from __future__ import annotations

import pytest
from component_template import read_template
from lint import scripts

from tests.component.powershell import commands, quoted_at, script_of_runner
from tests.component.test_templates import TEXTS, WITH_JOBS, jobs

SENTENCE = "# b24: NOT REPORTED. The shell of this runner is PowerShell"
MOVE = "What to do: name a runner with sh in the input tags."
GIVEN: list[dict[str, object]] = [
    {},
    {"deliver": "app", "app_url": "https://bridge.example/a#b"},
]


@pytest.mark.parametrize("given", GIVEN, ids=["direct", "app"])
@pytest.mark.parametrize("name", WITH_JOBS)
def test_a_runner_with_powershell_prints_one_sentence(name: str, given: dict[str, str]) -> None:
    for job in jobs(name, **given).values():
        text = script_of_runner([*job["before_script"], *job["script"]])
        _, shown, sentence, end, check = commands(text)[:5]
        assert shown == [
            "echo",
            "$ # b24bridge: reports to Bitrix24 # collapsed multi-line command",
        ]
        assert sentence[0] == "echo"
        assert sentence[1] == f"{SENTENCE} (POWERSHELL). {MOVE}"
        assert end == ["exit", "1"]
        assert check[0] == "if(!$?)"
        assert len(commands(text)) == 5


def test_the_after_script_ends_as_shortly() -> None:
    template = read_template(TEXTS["deployment-script"])
    [text] = [script for _, script in scripts(template)]
    sentence, end = commands(text)
    assert sentence[1].startswith(f"{SENTENCE}, and this after_script needs sh (POWERSHELL). ")
    assert end == ["exit", "1"]


def test_an_input_that_ended_the_comment_would_be_seen() -> None:
    """The header refuses it; without the pattern PowerShell would run what follows."""
    [job] = jobs("report", stage_open="Doing #> ").values()
    text = "\n".join([*job["before_script"], *job["script"]])
    with pytest.raises((AssertionError, ValueError)):
        assert [words[0] for words in commands(text)] == ["echo", "exit"]


READ = {
    "a # b": [["a"]], "a#b": [["a#b"]], "a `#b": [["a", "#b"]], "a <# b\nc #> d": [["a", "d"]],
    "a 'b c'd": [["a", "b cd"]], "a 'it''s'": [["a", "it's"]],
    'a "b`"c" ; d': [["a", 'b"c'], ["d"]],
    "# a\nb": [["b"]], "a `#' b' <#` >x #> ; exit 1": [["a", "# b"], ["exit", "1"]],
}  # fmt: skip


@pytest.mark.parametrize("text", READ)
def test_a_text_is_read_as_powershell_does(text: str) -> None:
    assert commands(text) == READ[text]


@pytest.mark.parametrize("text", ["'a", '"a`"'])
def test_a_text_that_never_ends_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="never ends"):
        quoted_at(text, 0)
