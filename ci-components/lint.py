"""Checks the templates for what no schema and no local runner checks, and GitLab or a team would.

python ci-components/lint.py    names every problem, and fails if there is one
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml.error import MarkedYAMLError

from component_template import (
    BLOCK,
    Template,
    fill,
    include,
    jobs_of,
    load,
    read_template,
)
from lint_jobs import check_job

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = ROOT / "templates"
FORMS = ({"deliver": "direct"}, {"deliver": "app"})
OTHER = {"deliver": "app", "tags": ["docker"], "on-error": "fail"}  # where defaults are not taken
OLDEST = {"default", "options", "regex", "description", "type"}  # of inputs, in GitLab 16.11
TYPED = {"boolean", "number", "array"}  # no text of one's own can stand in them
MOST_BYTES = 63_400  # of a template with the script that it includes, but for the word rules
MOST_WORD_RULES = 62_300  # bytes of the app's own rules, and of what compiles their patterns
MOST_NODE = 1024 * 1024  # bytes of one value, lib/gitlab/ci/config/interpolation/config.rb
MOST_DESCRIPTION = 120
REFERENCE = re.compile(r"inputs\.([a-zA-Z0-9_-]+)")
EXPANDED = re.compile(r'"\$\[\[ inputs\.([a-z-]+) \]\]"')
IN_SHELL_NAME = re.compile(r'"\$\{\$\[\[ inputs\.([a-z-]+) \]\]:-\}"')
HOSTILE = ("'", '"', "a'b", "a\nb", "a\rb", "a\\b", "x'\n  script: [evil]\n  y: '", "'; touch x; '")
LIVE = ("`touch x`", "$(touch x)", "${x:-$(touch x)}", "$", "a$(")
NOT_RE2 = (
    (r"\(\?(?!:)", "a group (?…) of another kind than (?:…)"),
    (r"(?<!\\)(?:\\\\)*\\[1-9]", "a back reference"),
    (r"[*+?}]\+", "a possessive repeat"),
    (r"\\[ZGhHRXuKe]", "an escape that RE2 does not have"),
    (r"\{,|\{[0-9,]*[0-9]{4}", "a repeat that RE2 takes for letters, or for too large"),
)
WORD_RULES = re.compile(r"^# (?:sync\.|patterns$).*?(?=^# (?!sync\.)|\Z)", re.DOTALL | re.MULTILINE)
IN_SCRIPT = re.compile(r"^ *(?:export )?[A-Za-z0-9_]+=[\"']?\$\[\[ inputs\.([a-z-]+)", re.MULTILINE)
ENDS_COMMENT = ("a#>b", "#>", "https://a.test/#>", "-#>")
COMMENT = re.compile(r"<#.*?#>", re.DOTALL)  # of PowerShell
TO_POWERSHELL = re.compile(r"echo `#' b24: NOT REPORTED\. [^`']+'  ; exit 1")


def problems(text: str) -> list[str]:
    """Return what is wrong with a template, a sentence each."""
    sentences: list[str] = []
    try:
        template = read_template(text)
        undeclared = set(REFERENCE.findall(template.body)) - set(template.inputs)
        for check in [check_use] if undeclared else CHECKS:  # else the body cannot be filled in
            sentences += check(template)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        sentences.append(f"line {line}: {error.problem}")
    except OSError as error:
        sentences.append(f"{error.filename}: {error.strerror}")
    except ValueError as error:  # no jobs that GitLab would run
        sentences.append(str(error))
    return sentences


def check_header(template: Template) -> Iterator[str]:
    """`spec:component`, `spec:description` and rules of inputs came later than 16.11."""
    if set(template.spec) != {"inputs"}:
        yield "the header has more than inputs"
    for name, row in template.inputs.items():
        newer = set(row) - OLDEST
        if newer:
            yield f"input {name}: {', '.join(sorted(newer))} is newer than GitLab 16.11"
        if not row.get("description") or len(row["description"]) > MOST_DESCRIPTION:
            yield f"input {name}: a description of 1 to {MOST_DESCRIPTION} characters is missing"
        if "default" not in row:
            yield f"input {name} has no default: an include without it would fail"


def check_use(template: Template) -> Iterator[str]:
    """An unused input is accepted and does nothing; local runners do not even check its value."""
    used = set(REFERENCE.findall(template.body))
    for name in sorted(set(template.inputs) - used):
        yield f"input {name} is not used"
    for name in sorted(used - set(template.inputs)):
        yield f"input {name} is used and not declared"
    if len(BLOCK.findall(template.body)) != template.body.count("$[["):
        yield "a block $[[ is not of the form $[[ inputs.name ]]"


def check_patterns(template: Template) -> Iterator[str]:
    """GitLab up to 18.0 refuses an empty text under a pattern: gitlab-org/gitlab#477707."""
    for name, row in template.inputs.items():
        kind = row.get("type", "string")
        if kind in TYPED or "options" in row:
            if "regex" in row:
                yield f"input {name}: a pattern stands beside a type or options"
            continue
        if "regex" not in row:
            yield f"input {name}: any text is allowed, a pattern is missing"
            continue
        pattern = str(row["regex"])
        for sentence in not_in_re2(pattern):
            yield f"input {name}: {sentence}"
        if not (pattern.startswith("^") and pattern.endswith("$")):
            yield f"input {name}: the pattern does not hold the whole value (^…$)"
            continue
        whole = re.compile(pattern[:-1] + r"\Z")
        if row.get("default") == "" or whole.match(""):
            yield f"input {name}: a pattern with an empty value fails on GitLab up to 18.0"
        if not whole.match(str(row.get("default"))):
            yield f"input {name}: the default does not match the pattern"
        for value in HOSTILE:
            if whole.match(value):
                yield f"input {name}: {value!r} could leave its quotes"


def not_in_re2(pattern: str) -> Iterator[str]:
    """GitLab takes RE2 without flags: lib/gitlab/untrusted_regexp.rb."""
    for found, words in NOT_RE2:
        if re.search(found, pattern):
            yield f"the pattern has {words}"


def check_quotes(template: Template) -> Iterator[str]:
    """An input stands in single quotes, in double ones where variables are meant, or alone."""
    for number, line in enumerate(template.body.splitlines(), 1):
        for name in EXPANDED.findall(line):
            pattern = re.compile(str(template.inputs[name].get("regex", "")))
            if any(pattern.fullmatch(value) for value in LIVE):
                yield f"line {number}: input {name} could run a command in double quotes"
        bare = re.sub(r"'[^']*'", "", IN_SHELL_NAME.sub("", EXPANDED.sub("", line)))
        for name in BLOCK.findall(bare):
            alone = re.fullmatch(rf"[\w :-]+: \$\[\[ inputs\.{name} \]\]", bare)
            array = template.inputs.get(name, {}).get("type") == "array"
            if not (alone and array) and not bare.strip().startswith("."):
                yield f"line {number}: input {name} stands without quotes"


def check_jobs(template: Template) -> Iterator[str]:
    """What would cost a pipeline something, or be lost in one."""
    for key in load(template.body):
        if not BLOCK.search(key) and key != "include":
            yield f"{key}: a key without an input in it may be somebody else's"
    other = {name: value for name, value in OTHER.items() if name in template.inputs}
    for given in ({}, other):
        for name, job in jobs(template, **given).items():
            yield from (f"{name}: {sentence}" for sentence in check_job(job, given.get("tags")))


def jobs(template: Template, **given: Any) -> dict[str, dict[str, Any]]:
    """Return the jobs of a template with what it includes."""
    return jobs_of(include(fill(template, **given), read_file))


def read_file(path: str) -> str:
    """Return a file of the component's project; `path` begins with a slash."""
    return (ROOT / path.lstrip("/")).read_text("utf-8")


def check_scripts(template: Template) -> Iterator[str]:
    """PowerShell prints one sentence: all other lines are a comment to it. To sh the sentence is
    one, within a command substitution.
    """
    for name, script in scripts(template):
        lines = COMMENT.sub("", script).splitlines()
        code = [line for line in lines if line and not line.startswith("#")]
        if len(code) != 1 or not TO_POWERSHELL.fullmatch(code[0]):
            yield f"{name}: PowerShell would run more than its one sentence"
        if "<#` >/dev/null\n" not in script:
            yield f"{name}: sh would print the sentence for PowerShell"
        if script.count("B24_REPORTER") not in (0, 2):
            yield f"{name}: the end of the here document stands within it"
    for name in IN_SCRIPT.findall(template.body):
        pattern = re.compile(str(template.inputs[name].get("regex", "")))
        if any(pattern.fullmatch(value) for value in ENDS_COMMENT):
            yield f"input {name}: '#>' in it would end the comment that PowerShell sees"


def scripts(template: Template) -> Iterator[tuple[str, str]]:
    """Return what a runner makes one script of: before_script and script, or after_script."""
    for form in FORMS if "deliver" in template.inputs else ({},):
        for name, job in include(fill(template, **form), read_file).items():
            if isinstance(job, dict) and "after_script" in job:
                yield name, "\n".join(job["after_script"])
        for name, job in jobs(template, **form).items():
            yield name, "\n".join([*job.get("before_script", []), *job.get("script", [])])


def check_sizes(template: Template) -> Iterator[str]:
    """A template counts with the script that it includes."""
    for name, script in scripts(template):
        words = len("".join(WORD_RULES.findall(script)).encode())
        if len(template.text.encode()) + len(script.encode()) - words > MOST_BYTES:
            yield f"{name}: template and script are larger than {MOST_BYTES} bytes"
        if words > MOST_WORD_RULES:
            yield f"{name}: the word rules are larger than {MOST_WORD_RULES} bytes"
        if len(script.encode()) > MOST_NODE:
            yield f"{name}: the script is larger than GitLab's megabyte"


CHECKS: tuple[Callable[[Template], Iterator[str]], ...] = (
    check_header, check_use, check_patterns, check_quotes, check_jobs, check_scripts, check_sizes,
)  # fmt: skip


def main() -> int:
    sentences = [
        f"{path.name}: {sentence}"
        for path in sorted(TEMPLATES.glob("*.yml"))
        for sentence in problems(path.read_text("utf-8"))
    ]
    print(*(f"{sentence}\n" for sentence in sentences), sep="", end="")
    return 1 if sentences else 0


if __name__ == "__main__":
    sys.exit(main())
