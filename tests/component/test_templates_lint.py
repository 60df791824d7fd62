"""The project's lint of the templates: nothing is wrong, and what would be is found."""

from __future__ import annotations

import pytest
from lint import WORD_RULES, not_in_re2, problems

from tests.component.test_templates import TEXTS


@pytest.mark.parametrize("name", TEXTS)
def test_the_lint_has_nothing_to_say(name: str) -> None:
    assert problems(TEXTS[name]) == []


# template, what is replaced, by what, and a part of the sentence
FAULTS = {
    "an empty default beside a pattern": (
        "report", "default: '-'\n      regex: '^(-|[0-9]+)$'",
        "default: ''\n      regex: '^(-|[0-9]+)?$'", "fails on GitLab up to 18.0",
    ),
    "a default that its pattern refuses": (
        "report", "default: UF_CI_STATUS", "default: status", "does not match",
    ),
    "a pattern without an end": ("report", "regex: '^(-|[0-9]+)$'", "regex: '^(-|[0-9]+)'", "^…$"),
    "a pattern that RE2 lacks": (
        "report", "regex: '^(-|[0-9]+)$'", "regex: '^(?!x)(-|[0-9]+)$'", "another kind",
    ),
    "a pattern with a quote": (
        "report", r"""regex: '^[^''"$\\\r\n]+$'""", r"""regex: '^[^"$\\\r\n]+$'""",
        "leave its quotes",
    ),
    "any text": ("report", "      regex: '^(-|[0-9]+)$'\n", "", "a pattern is missing"),
    "a newer key": (
        "report", "      type: boolean\n", "      type: boolean\n      rules: []\n", "newer",
    ),
    "a newer header": ("report", "spec:\n", "spec:\n  description: x\n", "more than inputs"),
    "no default": ("report", "      default: start\n", "", "no default"),
    "an unused input": (
        "merge-request", "    export B24_ON_OPEN='$[[ inputs.on-open ]]'\n", "", "not used",
    ),
    "an undeclared input": (
        "report", "'$[[ inputs.on-open ]]'", "'$[[ inputs.on-opened ]]'", "not declared",
    ),
    "a function": (
        "report", "'$[[ inputs.on-open ]]'", "'$[[ inputs.on-open | expand_vars ]]'", "of the form",
    ),
    "an input without quotes": (
        "report", "'$[[ inputs.on-open ]]'", "$[[ inputs.on-open ]]", "without quotes",
    ),
    "a command in double quotes": (
        "deployment", '''([^''"`$\\\\\\r\\n#>]|''', '''([^''"\\\\\\r\\n#>]|''', "run a command",
    ),
    "not interruptible": (
        "report", "  interruptible: true\n  timeout", "  interruptible: false\n  timeout",
        "auto-cancel",
    ),
    "no inherited tags": ("report", "{default: [tags]}", "{default: false}", "team's runners"),
    "empty tags": ("report", "  cache: {}\n", "  cache: {}\n  tags: []\n", "are lost"),
    "artifacts of others": ("report", "  dependencies: []\n", "", "artifacts of others"),
    "a variable": (
        "report", "{GIT_STRATEGY: none}", "{GIT_STRATEGY: none, B24_CHAT: '1'}",
        "would beat B24_CHAT",
    ),
    "a clone": ("report", "{GIT_STRATEGY: none}", "{}", "clones"),
    "no rules": ("report", "  rules: $[[ inputs.rules ]]\n", "", "left out"),
    "a rule that always holds": (
        "report", "[{if: $CI_PIPELINE_SOURCE}]", "[{when: always}]", "second pipeline",
    ),
    "a rule with when": (
        "report", "[{if: $CI_PIPELINE_SOURCE}]", "[{if: $CI_PIPELINE_SOURCE, when: always}]",
        "would not have it",
    ),
    "a stage that holds others": ("report", "default: .post", "default: .pre", "would wait"),
    "a merge request's job that waits": (
        "merge-request", "  needs: []", "  retry: 0", "where a job has failed",
    ),
    "a deploying job that has to be there": (
        "deployment", "      optional: true\n", "", "is not optional",
    ),
    "artifacts of a deploying job": (
        "deployment", "      artifacts: false\n", "", "artifacts of its job",
    ),
    "an archive": ("report", "  artifacts: ", "  artifacts:\n    paths: [x]\n    # ", "unpack"),
    "an artifact for ever": ("report", "    expire_in: 1 week\n", "", "for ever"),
    "an open artifact": ("report", "access: developer", "access: all", "open to"),
    "a global keyword": (
        "report", "---\n", "---\nworkflow: {rules: [{when: always}]}\n", "somebody else's",
    ),
    "a shared name": ("report", "---\n", "---\n.b24: {interruptible: true}\n", "somebody else's"),
    "no word for PowerShell": ("report", "<#` >/dev/null", "<#` >&2", "sh would print"),
    "a line before the word for PowerShell": (
        "report", "    # >>> start.sh\n", "    set -e\n    # >>> start.sh\n", "more than its one",
    ),
    "a template that is too large": (
        "report", "---\n", "---\n# " + "x" * 9_000 + "\n", "are larger than 63400 bytes",
    ),
    "an early end of the comment": (
        "report", "    export B24_ON_OPEN=", "    #> export B24_ON_OPEN=",
        "more than its one sentence",
    ),
    "a pattern that lets an early end of the comment in": (
        "report", r"""'^(#*[^''"$\\\r\n#>]|>)+#*$'""", r"""'^[^''"$\\\r\n]+$'""",
        "that PowerShell sees",
    ),
    "an address that ends the comment": (
        "deployment", r"""^(-|https?://[^\s''"$\\#]+)$""", r"""^(-|https?://[^\s''"$\\]+)$""",
        "input app-url: '#>'",
    ),
    "an early end of the script": (
        "report", "    export B24_ON_OPEN=", "    export B24_REPORTER= B24_ON_OPEN=",
        "here document",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("name", "good", "bad", "words"), list(FAULTS.values()), ids=FAULTS)
def test_a_fault_is_named(name: str, good: str, bad: str, words: str) -> None:
    assert good in TEXTS[name]
    sentences = problems(TEXTS[name].replace(good, bad, 1))
    assert any(words in sentence for sentence in sentences), sentences


@pytest.mark.parametrize(
    "pattern",
    [r"^(?=a)b$", r"^(?<n>a)$", r"^(a)\1$", r"^a++$", r"^a\Z", r"^a{,3}$", r"^a{2,1001}$"],
)
def test_what_re2_lacks_is_named(pattern: str) -> None:
    assert list(not_in_re2(pattern))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("job: {script: [x]}\n", "the template has no `spec:` header"),
        ("spec: {inputs: {}}\n---\na: [\n", "line 2: "),
        ("spec: {inputs: {}}\n---\n- a\n", "the body is no mapping of jobs"),
        ("spec: {inputs: {}}\n---\njob: x\n", "job: a mapping of keywords is missing"),
        ("spec: {inputs: {}}\n---\njob: {extends: .b}\n", "job: it extends .b, which is not"),
        ("spec: {inputs: {}}\n---\n.b:\njob: {extends: .b}\n", ".b: a mapping of keywords is"),
        ("spec: {inputs: {}}\n---\ninclude: [{local: /no.yml}]\n", "no.yml: No such file"),
    ],
)
def test_what_is_no_template_is_named_and_no_traceback(text: str, sentence: str) -> None:
    assert any(sentence in line for line in problems(text)), problems(text)


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("keyword", ["interruptible", "allow_failure", "extends", "tags", "needs"])
def test_no_line_of_a_keyword_is_missed_in_silence(name: str, keyword: str) -> None:
    """Some are the only line under a key, which is empty without it."""
    lines = TEXTS[name].splitlines(keepends=True)
    places = [number for number, line in enumerate(lines) if line.startswith(f"  {keyword}:")]
    texts = ["".join(lines[:number] + lines[number + 1 :]) for number in places]
    assert [number for number, text in zip(places, texts, strict=True) if not problems(text)] == []


def test_the_word_rules_are_counted_apart() -> None:
    """They are the app's own, and grow with its languages; what the reporter adds stays small."""
    script = "# reporter.a.py\nx\n# sync.core.b.py\nyy\n# sync.core.c.py\nz\n"
    rules = WORD_RULES.findall(script + "# reporter.d.py\nw\n")
    assert rules == ["# sync.core.b.py\nyy\n# sync.core.c.py\nz\n"]
    assert WORD_RULES.findall("# reporter.a.py\nx\n") == []


def test_word_rules_that_grow_too_large_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lint.MOST_WORD_RULES", 30_000)
    assert any("word rules are larger" in sentence for sentence in problems(TEXTS["report"]))
