"""What is generated is what stands in the repository, and runs where it has to."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import generate
import pytest
from inline import script_of, statements_of
from script_layout import folded

from tests.component.world import ROOT

TEMPLATES = sorted(generate.TEMPLATES.glob("*.yml"))
FORMS = list(generate.FORMS)


def test_every_generated_file_is_up_to_date() -> None:
    assert generate.stale() == [], "run: make templates"


def test_the_templates_are_the_four_components() -> None:
    names = {"deployment", "deployment-script", "merge-request", "report"}
    assert {path.stem for path in TEMPLATES} == names


@pytest.mark.parametrize("form", FORMS)
def test_an_included_file_holds_the_script_and_its_checksum(form: str) -> None:
    text = (generate.TEMPLATES / "scripts" / f"{form}.yml").read_text("utf-8")
    assert generate.verified(text)
    assert f"version {generate.VERSION}" in text
    assert not generate.verified(text.replace("def perform(run):", "def perform(run): #"))


def test_the_changelog_begins_with_the_version() -> None:
    lines = (generate.HERE / "CHANGELOG.md").read_text("utf-8").splitlines()
    assert next(line for line in lines if line.startswith("## ")).split()[1] == generate.VERSION


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_a_template_is_small(path: Path) -> None:
    assert path.stat().st_size <= 40_000


WORD_RULES = re.compile(
    r"^  # (?:sync\.|patterns$).*?(?=^  # (?!sync\.))", re.DOTALL | re.MULTILINE
)
MOST_BYTES = {form: 12_000 if form.endswith("-app") else 40_000 for form in FORMS} | {
    # But for the word rules, which grow with the app's: docs/component-direct.md says why.
    "report-direct": 55_650, "merge-request-direct": 48_000, "deployment-direct": 39_000,
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_a_script_keeps_to_its_size(form: str) -> None:
    assert len(WORD_RULES.sub("", generate.included(form)).encode()) <= MOST_BYTES[form]


def test_the_page_has_the_sizes_of_the_scripts() -> None:
    """To two kilobytes: the word rules grow with the app's."""
    page = (ROOT / "docs" / "component-direct.md").read_text("utf-8")
    forms = [f"{form}-direct" for form in ("report", "merge-request", "deployment", "doctor")]
    for part, *numbers in (
        row.strip("| ").split(" | ") for row in generate.sizes_table(forms).splitlines()
    ):
        [written] = re.findall(rf"^\| {re.escape(part)} \| (.*) \|$", page, re.MULTILINE)
        pairs = zip(written.split(" | "), numbers, strict=True)
        assert all(abs(int(shown) - int(size)) <= 2 for shown, size in pairs), part


@pytest.mark.parametrize("form", FORMS)
def test_a_script_is_python_3_9_and_stands_on_the_standard_library(form: str) -> None:
    tree = ast.parse(generate.script(form), feature_version=(3, 9))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert {alias.name.split(".")[0] for alias in node.names} <= sys.stdlib_module_names
        elif isinstance(node, ast.ImportFrom):
            assert str(node.module).split(".")[0] in sys.stdlib_module_names


@pytest.mark.parametrize("form", FORMS)
def test_a_script_has_every_name_that_it_reads(form: str) -> None:
    """By the linter: an undefined name would be seen only by the run that reaches it."""
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "F", "-"]
    done = subprocess.run(
        command, input=generate.script(form), capture_output=True, text=True, check=False,
        timeout=60, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_every_module_is_in_some_script() -> None:
    folder = generate.HERE / "reporter"
    scripts = "".join(map(generate.script, FORMS))
    names = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    assert {name for name in names if f"# {name}\n" not in scripts} == set()


def test_keywords_and_prose_are_the_app_s_own() -> None:
    script = generate.script("report-direct")
    assert "# sync.core.references.keywords\n" in script
    assert "# sync.core.references.prose\n" in script


SOURCES = {
    "reporter.a": '"""A."""\nfrom reporter.b import twice\nimport os, json\n'
    'def perform() -> int:\n    """Return."""\n    return twice(\n        1,  # one\n    )\n',
    "reporter.b": '"""B."""\nLEFT = 1\ndef twice(number: int) -> int:\n    return number * 2\n'
    "def unused() -> None:\n    return None\n",
}


def test_a_script_is_what_its_entry_needs_without_what_explains_it() -> None:
    assert script_of("reporter.a", SOURCES.__getitem__) == (
        "\n# b\ndef twice(number): return number * 2\n\n# a\ndef perform(): return twice(1)\n"
    )


def test_a_name_of_two_modules_is_refused() -> None:
    sources = {
        "reporter.a": "from reporter.b import twice\ndef name(): ...\nprint(name(), twice(1))\n",
        "reporter.b": "def name(): return 2\ndef twice(n): return name()\n",
    }
    with pytest.raises(ValueError, match="defined in two modules: name"):
        script_of("reporter.a", sources.__getitem__)


SHORT = [
    ("x: int = 1\n", "x = 1\n"),
    (
        "def f(a: int, *, b: str = 'x') -> dict[str, int]:\n    return {}\n",
        "def f(a, b='x'): return {}\n",
    ),
    ("def f():\n    raise ValueError(1) from None\n", "def f(): raise ValueError(1)\n"),
    (
        "class P(NamedTuple):\n    '''P.'''\n\n    a: int\n    b: tuple[int, ...] = ()\n",
        'P = namedtuple("P", "a b", defaults=[()])\n',
    ),
    (
        "class V(dict[str, str]):\n    def f(self) -> str:\n        return ''\n",
        "class V(dict):\n def f(self): return ''\n",
    ),
    ("x = (\n    1,\n)\n", "x = (1,)\n"),
    ("x = f(\n    a,\n    b=2,\n)\n", "x = f(a, b=2)\n"),
    ("x = (\n    a\n    .b()\n)\n", "x = (a.b())\n"),
    ("x = {  # why\n    1: 'ж', 2: '#',\n}  # fmt: skip\n", "x = {1: 'ж', 2: '#'}\n"),
]


@pytest.mark.parametrize(("source", "short"), SHORT)
def test_code_keeps_its_meaning_and_loses_its_explanations(source: str, short: str) -> None:
    [statement] = statements_of("m", source)
    assert statement.text == short


def test_a_long_statement_keeps_to_the_width() -> None:
    lines = folded(["x = (", *("'a long text in a table'," for _ in range(20)), ")"], 0).split("\n")
    assert max(map(len, lines)) <= 140
    assert len(lines) > 3
