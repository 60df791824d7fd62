"""The Russian guides have the sections, tables and examples of the English ones."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"
RUSSIAN = sorted(page.name for page in (DOCS / "ru").glob("*.md"))
README = DOCS.parent / "README.md"


@dataclass
class Section:
    """A heading with the sizes of what stands below it, down to the next heading."""

    heading: str
    level: int
    table_rows: list[int] = field(default_factory=list)
    code_lines: list[int] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{'#' * self.level} {self.heading} "
            f"(rows of tables: {self.table_rows}, lines of code: {self.code_lines})"
        )

    @property
    def shape(self) -> tuple[int, list[int], list[int]]:
        """Return what both languages share."""
        return self.level, self.table_rows, self.code_lines


def sections(text: str) -> list[Section]:
    """Return the sections of a page in their order, first what stands before any heading."""
    result = [Section("", 0)]
    in_code = in_table = False
    for line in text.splitlines():
        stripped = line.strip()
        if stripped.startswith("```"):
            in_code = not in_code
            if in_code:
                result[-1].code_lines.append(0)
        elif in_code:
            result[-1].code_lines[-1] += 1
        elif line.startswith("#"):
            marks, _, heading = line.partition(" ")
            result.append(Section(heading, len(marks)))
        if in_code or not stripped.startswith("|"):
            in_table = False
        elif in_table:
            result[-1].table_rows[-1] += 1
        else:
            in_table = True
            result[-1].table_rows.append(0)
    return result


def differences(english: str, russian: str) -> list[str]:
    """Return a line for each run of sections that the two pages do not share."""
    pair = sections(english), sections(russian)
    shapes = ([repr(section.shape) for section in page] for page in pair)
    return [
        f"{_titles(pair[0][a:b])}  ≠  {_titles(pair[1][c:d])}"
        for tag, a, b, c, d in SequenceMatcher(None, *shapes, autojunk=False).get_opcodes()
        if tag != "equal"
    ]


def _titles(run: list[Section]) -> str:
    return ", ".join(map(str, run)) or "nothing"


def original(name: str) -> str:
    """Return the English page; of the Russian page for beginners the README's two ways in."""
    if name != "start.md":
        return (DOCS / name).read_text("utf-8")
    text = README.read_text("utf-8")
    return (
        "# Start\n\n" + text[text.index("## On one machine") : text.index("## What moves a task")]
    )


def test_both_languages_have_the_same_sections_tables_and_examples() -> None:
    wrong = [
        f"{name}: {line}"
        for name in RUSSIAN
        for line in differences(original(name), (DOCS / "ru" / name).read_text("utf-8"))
    ]
    assert not wrong, "\n".join(wrong)


def table_rows(text: str) -> list[str]:
    """Return the rows of all tables of a page, in their order."""
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    return [line for line in prose.splitlines() if line.startswith("|")]


def missing_codes(row: str, other: str, pattern: str) -> list[str]:
    """Return what `row` has in backticks, of this pattern, and `other` has nowhere."""
    codes = re.findall("`([^`]+)`", row)
    return [code for code in codes if re.fullmatch(pattern, code) and code not in other]


def test_a_row_names_the_same_settings_and_codes_in_both_languages() -> None:
    wrong = [
        f"{name}: {codes}: {russian}"
        for name in RUSSIAN
        for english, russian in zip(
            table_rows(original(name)),
            table_rows((DOCS / "ru" / name).read_text("utf-8")),
            strict=True,
        )
        if (
            codes := missing_codes(russian, english, "[^а-яёА-ЯЁ]+")
            + missing_codes(english, russian, "[A-Za-z]\\w*")
        )
    ]
    assert not wrong, "\n".join(wrong)


PAGE = "# A\n\n| a |\n|---|\n| 1 |\n\n```\n# no heading\n| no table |\n```\n\n## B\n"


@pytest.mark.parametrize(
    "other",
    [
        PAGE.replace("## B", "### B"),
        PAGE.replace("## B\n", ""),
        PAGE.replace("| 1 |\n", "| 1 |\n| 2 |\n"),
        PAGE.replace("| 1 |\n", "| 1 |\n\n| 2 |\n|---|\n"),
        PAGE + "\n```\nmore\n```\n",
        PAGE.replace("# no heading\n", "# no heading\nmore\n"),
    ],
)
def test_a_page_that_drifts_apart_is_named(other: str) -> None:
    assert differences(PAGE, PAGE) == []
    assert len(differences(PAGE, other)) == 1
