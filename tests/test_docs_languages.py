"""The Russian guides have the sections, tables and examples of the English ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"
RUSSIAN = sorted(page.name for page in (DOCS / "ru").glob("*.md"))


@dataclass
class Section:
    """A heading with the sizes of what stands below it, down to the next heading."""

    heading: str
    level: int
    table_rows: list[int] = field(default_factory=list)
    code_blocks: int = 0

    def __str__(self) -> str:
        tables = f"tables of {self.table_rows} rows" if self.table_rows else "no table"
        return f"{'#' * self.level} {self.heading} ({tables}, {self.code_blocks} code blocks)"

    @property
    def shape(self) -> tuple[int, list[int], int]:
        """Return what both languages share."""
        return self.level, self.table_rows, self.code_blocks


def sections(text: str) -> list[Section]:
    """Return the sections of a page, in their order; what stands before any heading is the first."""
    result = [Section("", 0)]
    in_code = in_table = False
    for line in text.splitlines():
        stripped = line.strip()
        if stripped.startswith("```"):
            in_code = not in_code
            result[-1].code_blocks += in_code
        elif in_code:
            continue
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


def test_both_languages_have_the_same_sections_tables_and_examples() -> None:
    wrong = [
        f"{name}: {line}"
        for name in RUSSIAN
        for line in differences(
            (DOCS / name).read_text("utf-8"), (DOCS / "ru" / name).read_text("utf-8")
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
    ],
)
def test_a_page_that_drifts_apart_is_named(other: str) -> None:
    assert differences(PAGE, PAGE) == []
    assert len(differences(PAGE, other)) == 1
