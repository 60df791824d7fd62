"""The tables of the README and of the guide are true."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from b24app.cli import COMMANDS
from b24app.cli.variables import VARIABLES
from sync.core.model.smart_commits import Verb
from sync.core.model.tasks import Step
from sync.core.rules.portal import DEFAULT_STEPS, ReferenceRules
from sync.core.smart_commits import parse as smart_commits_parse
from sync.engine.upkeep.backfill import PARTS
from tools.make_reference import reference
from tools.system_packages import PACKAGES

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
GUIDE = (ROOT / "docs/smart-commits.md").read_text()


def table(name: str, page: str = README) -> list[list[str]]:
    """The rows of the table that follows `<!-- table: name -->`, without its head."""
    lines = page.partition(f"<!-- table: {name} -->\n")[2].split("\n\n")[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_every_command_is_in_the_table_as_it_explains_itself() -> None:
    said = {row[0].strip("`"): row[1] for row in table("commands")}
    assert said == {f"b24bridge {name}": text for name, (_, text, _) in COMMANDS.items()}


def test_every_variable_that_is_read_is_in_the_table() -> None:
    sources = ("sync/config.py", "b24app/cli/environment.py")
    code = "".join((ROOT / source).read_text() for source in sources)
    read = set(re.findall(r'"(B24BRIDGE_\w+|DATABASE_URL)"', code))
    assert {row[0].strip("`") for row in table("environment")} == read
    assert table("environment") == [
        [f"`{variable.name}`", variable.meaning, variable.default] for variable in VARIABLES
    ]


@pytest.mark.parametrize("page", ["README.md", "docs/tasks.md"])
def test_every_step_is_in_the_table_with_its_default(page: str) -> None:
    rows = table("steps", (ROOT / page).read_text("utf-8"))
    targets = {row[0].strip("`"): row[2] for row in rows}
    wanted = {step: DEFAULT_STEPS[step].status.replace("_", " ") for step in Step}
    assert targets == wanted


def test_every_word_of_commits_is_in_the_table_and_does_what_it_says() -> None:
    """The examples are read as they stand, but for the task that a command follows."""
    rows = [(re.findall("`([^`]+)`", row[0]), row[1]) for row in table("smart commits", GUIDE)]
    found = {
        word: smart_commits_parse.parse_commands(
            word if "B24" in word else f"B24-12 {word}", ReferenceRules()
        )
        for words, _ in rows
        for word in words
    }
    does = {
        "is completed, once": {Verb.CLOSE},
        "is completed": {Verb.DONE},
        "is in progress": {Verb.START},
        "gets the time": {Verb.TIME},
        "gets a comment": {Verb.COMMENT},
        "is told": {Verb.REVERT},
    }
    for words, text in rows:
        wanted = next(verbs for start, verbs in does.items() if text.startswith(start))
        for word in words:
            assert {one.verb for one in found[word]} == wanted, word
            assert [(one.task_id, one.flaw) for one in found[word]] == [(12, None)], word
    listed = {word.split()[0].lstrip("#") for word in found if word.startswith("#")}
    assert listed == set(smart_commits_parse.VERB_WORDS)


PAGES = [
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    *(str(page.relative_to(ROOT)) for page in sorted((ROOT / "docs").rglob("*.md"))),
]


def test_this_version_is_in_the_changelog() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    headings = re.findall(r"^## (.+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert headings[0] == "Unreleased"
    assert headings[1].split(" - ")[0] == version


def test_every_target_of_make_that_the_guide_names_exists() -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    guides = "".join((ROOT / page).read_text("utf-8") for page in PAGES)
    assert set(re.findall(r"\bmake ([a-z][\w-]*)(?=[ `\n])", _code(guides))) <= targets


def test_every_system_package_of_the_tests_is_in_the_guide() -> None:
    guide = (ROOT / "CONTRIBUTING.md").read_text("utf-8").partition("uses Debian's ")[2]
    assert re.findall("`([a-z0-9-]+)`", guide.partition(". ")[0]) == sorted(PACKAGES)


def _code(text: str) -> str:
    return "\n".join(re.findall(r"```.*?```|`[^`]+`", text, re.DOTALL))


@pytest.mark.parametrize("page", PAGES)
def test_links_between_pages_lead_somewhere(page: str) -> None:
    here = ROOT / page
    prose = re.sub(r"```.*?```", "", here.read_text(), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", prose):
        assert (here.parent / target).exists(), target


def test_every_part_of_a_history_is_in_the_guide() -> None:
    guide = (ROOT / "docs/history.md").read_text()
    assert tuple(re.findall(r"^\| `(\w+)` \|", guide, flags=re.MULTILINE)) == tuple(PARTS)


def test_the_reference_is_what_the_code_says() -> None:
    assert (ROOT / "docs/reference.md").read_text("utf-8") == reference()
