"""Any text on one side stays to the letter while another part of it is edited on the other."""

from __future__ import annotations

import random

import pytest

from sync.text import bbcode, markdown
from sync.text.patch import patch
from sync.text.same import same_text
from sync.text.sides import TASK
from sync.text.tree import Document, Paragraph, Strong, Text
from tests.text.corpus import texts
from tests.text.patching import GITLAB, ISSUE, task_of


def test_a_hundred_edits_elsewhere_leave_a_text_to_the_letter() -> None:
    dice = random.Random(7)
    issue = f"edit 0\n\n{ISSUE}\n\nedit 0 too"
    task = task_of(issue)
    for number in range(100):
        word = f"edit {number + 1}"
        last = dice.random() < 0.5
        if dice.random() < 0.5:
            changed = _with_edit(task, word, last=last)
            issue = patch(bbcode.read(task), bbcode.read(changed), issue,
                          source=TASK, target=GITLAB).text  # fmt: skip
            task = changed
        else:
            changed = _with_edit(issue, word, last=last)
            task = patch(markdown.read(issue), markdown.read(changed), task,
                         source=GITLAB, target=TASK).text  # fmt: skip
            issue = changed
    assert issue.partition("\n\n")[2].rpartition("\n\n")[0] == ISSUE
    assert task.partition("\n\n")[2].rpartition("\n\n")[0] == task_of(ISSUE)


def _with_edit(text: str, word: str, *, last: bool) -> str:
    if last:
        return "\n\n".join((text.rpartition("\n\n")[0], f"{word} too"))
    return "\n\n".join((word, text.partition("\n\n")[2]))


@pytest.mark.parametrize("name", texts())
def test_an_edit_before_any_text_leaves_it_to_the_letter(name: str) -> None:
    text = texts()[name]
    issue = f"edit 0\n\n{text}"
    task = task_of(issue)
    for number in range(3):
        changed = f"edit {number + 1}{task.removeprefix(f'edit {number}')}"
        issue = patch(bbcode.read(task), bbcode.read(changed), issue,
                      source=TASK, target=GITLAB).text  # fmt: skip
        task = changed
    assert issue == f"edit 3\n\n{text}"


@pytest.mark.parametrize("name", texts())
def test_an_edit_of_any_block_leaves_the_others_as_they_are(name: str) -> None:
    """Whatever block of the task gets a word more, the issue says what the task says."""
    issue = texts()[name]
    base = bbcode.read(task_of(issue))
    for number in range(len(base.blocks) + 1):
        more = bbcode.read(f"word {number}").blocks
        changed = Document((*base.blocks[:number], *more, *base.blocks[number:]))
        patched = patch(base, changed, issue, source=TASK, target=GITLAB)
        seen = bbcode.read(task_of(patched.text))
        assert patched.overlaps == 0
        assert same_text(seen, changed)


def _shorter(document: Document) -> list[Document]:
    """The document without each of its blocks."""
    blocks = document.blocks
    return [Document((*blocks[:at], *blocks[at + 1 :])) for at in range(len(blocks))]


def _longer(document: Document) -> list[Document]:
    """The document with a word more in each of its paragraphs."""
    return [
        Document((*document.blocks[:at], Paragraph((*block.children, Text(" word"))),
                  *document.blocks[at + 1 :]))
        for at, block in enumerate(document.blocks)
        if isinstance(block, Paragraph) and not isinstance(block.children[0], Strong)
    ]  # fmt: skip


@pytest.mark.parametrize("name", texts())
def test_the_task_says_what_an_edited_issue_says(name: str) -> None:
    issue = texts()[name]
    base, task = markdown.read(issue), task_of(issue)
    for changed in (*_shorter(base), *_longer(base)):
        written = task_of(markdown.write(changed))
        patched = patch(base, GITLAB.read(markdown.write(changed)), task,
                        source=GITLAB, target=TASK)  # fmt: skip
        assert patched.overlaps == 0
        assert same_text(bbcode.read(patched.text), bbcode.read(written))


# Of a footnote that is gone from the task, GitLab shows the mark as it is written.
WITHOUT_NOTES = {name: text for name, text in texts().items() if "[^" not in text}


@pytest.mark.parametrize("name", WITHOUT_NOTES)
def test_the_issue_says_what_an_edited_task_says(name: str) -> None:
    issue = texts()[name]
    base = bbcode.read(task_of(issue))
    for changed in (*_shorter(base), *_longer(base)):
        tree = bbcode.read(bbcode.write(changed))
        patched = patch(base, tree, issue, source=TASK, target=GITLAB)
        assert patched.overlaps == 0
        assert same_text(bbcode.read(task_of(patched.text)), tree)
