"""Task lists of a description as a checklist: read, ticked in place, and put back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.text.markdown.checklists import (
    checklist_of,
    normalized,
    with_checklist,
    with_text,
    without_checklist,
)

PLAN = "Intro\n\n## Steps\n\n* [ ] dig **deep**\n* [x] fill\n    1. [~] sand\n\nOutro"
LINES = "## Steps\n- [ ] dig deep\n- [x] fill\n  - [x] sand"


def test_a_task_list_is_a_checklist_with_the_name_of_its_heading() -> None:
    assert checklist_of(PLAN) == LINES
    assert without_checklist(PLAN) == "Intro\n\nOutro"


@pytest.mark.parametrize(
    "text",
    [
        "- a\n- b",
        "- [ ] a\n- b",
        "> - [ ] quoted",
        "```\n- [ ] code\n```",
        "```\n- [ ] open code",
        "    - [ ] indented code",
        "- [ ] a\n\n  ```\n  code\n  ```",
        "- [ ]",
        "## Steps",
        "text\n- [] a",
    ],
)
def test_what_is_no_list_of_tasks_alone_stays_text(text: str) -> None:
    assert checklist_of(text) == ""
    assert without_checklist(text) == text
    assert with_text(text, "New") == "New"


CHANGES = {
    "ticked": (LINES.replace("[ ]", "[x]"), PLAN.replace("[ ]", "[x]")),
    "unticked": (LINES.replace("- [x] sand", "- [ ] sand"), PLAN.replace("[~]", "[ ]")),
    "added": (
        LINES.replace("- [x] fill", "- [ ] water\n- [x] fill"),
        PLAN.replace("* [x] fill", "- [ ] water\n* [x] fill"),
    ),
    "taken out": (
        LINES.replace("- [ ] dig deep\n", ""),
        PLAN.replace("* [ ] dig **deep**\n", ""),
    ),
    "gone": ("", "Intro\n\nOutro"),
    "another name": (
        LINES.replace("Steps", "Works"),
        "Intro\n\nOutro\n\n## Works\n\n- [ ] dig **deep**\n- [x] fill\n  - [x] sand",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_checklist_leaves_the_rest_to_the_letter(name: str) -> None:
    wanted, text = CHANGES[name]
    assert with_checklist(PLAN, wanted) == text
    assert checklist_of(text) == wanted


def test_another_text_keeps_the_lists_where_they_stood() -> None:
    assert with_text(PLAN, "Intro\n\nMore\n\nOutro") == PLAN.replace("Outro", "More\n\nOutro")
    assert with_text(PLAN, "All\n\nnew").startswith("All\n\nnew\n\n## Steps\n\n* [ ] dig")
    assert with_text(PLAN, "") == PLAN.removeprefix("Intro\n\n").removesuffix("\n\nOutro")


@pytest.mark.parametrize("title", ["@bob and #12", "/close", "*x* _y_ `z`", "a\\b <b>", "[x] [ ]"])
def test_an_item_of_the_portal_is_words_alone(title: str) -> None:
    text = with_checklist("Intro", f"- [ ] {title}")
    assert checklist_of(text) == f"- [ ] {title}"
    assert without_checklist(text) == "Intro"
    assert checklist_of(with_checklist(text, f"- [x] {title}")) == f"- [x] {title}"


WORDS = st.sampled_from(
    ["dig", "a *b*", "/close", "@bob", "- [ ] x", "## y", "1. z", "ü", "`", "~"]
)
STEPS = st.lists(st.tuples(st.integers(0, 3), st.booleans(), WORDS), max_size=6)
TEXTS = st.sampled_from(
    ["", "Intro", PLAN, "- [ ] dig\n\n- [x] dig", "# T\n\n- [x] ü\n\ntext\n\n1. [ ] `"]
)


def _lines(steps: list[tuple[int, bool, str]]) -> str:
    return "\n".join(
        f"{'  ' * (depth - 1)}- [{'x' if done else ' '}] {word}" if depth else f"## {word}"
        for depth, done, word in steps
    )


@given(TEXTS, STEPS)
def test_any_checklist_comes_back_as_it_was_written(
    text: str, steps: list[tuple[int, bool, str]]
) -> None:
    wanted = normalized(_lines(steps))
    written = with_checklist(text, wanted)
    assert checklist_of(written) == wanted
    assert without_checklist(written) == without_checklist(text)
    assert with_checklist(written, wanted) == written
