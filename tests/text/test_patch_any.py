"""Any text on one side stays to the letter while another part of it is edited on the other."""

from __future__ import annotations

import random

from sync.text import bbcode, markdown
from sync.text.patch import patch
from sync.text.same import same_text
from sync.text.sides import TASK
from sync.text.tree import Document, Paragraph, Strong, Text
from tests.depth import depth, sample
from tests.text.corpus import texts
from tests.text.patching import GITLAB, ISSUE, task_of


def test_many_edits_elsewhere_leave_a_text_to_the_letter() -> None:
    dice = random.Random(7)
    issue = f"edit 0\n\n{ISSUE}\n\nedit 0 too"
    task = task_of(issue)
    for number in range(depth(100)):
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


# Every text is edited in each of its blocks, which takes seconds.
NAMES = sample(list(texts()))


def _edited_before(text: str) -> str:
    """The issue after three edits of the task's first line, above the text."""
    issue = f"edit 0\n\n{text}"
    task = task_of(issue)
    for number in range(3):
        changed = f"edit {number + 1}{task.removeprefix(f'edit {number}')}"
        issue = patch(bbcode.read(task), bbcode.read(changed), issue,
                      source=TASK, target=GITLAB).text  # fmt: skip
        task = changed
    return issue


def test_an_edit_before_any_text_leaves_it_to_the_letter() -> None:
    edited = {name: _edited_before(texts()[name]) for name in NAMES}
    expected = {name: f"edit 3\n\n{texts()[name]}" for name in NAMES}
    assert [name for name in NAMES if edited[name] != expected[name]] == []


def _wrong_insertions(issue: str) -> list[int]:
    """The blocks of the task before which a word more is not what the issue gets."""
    base = bbcode.read(task_of(issue))
    wrong = []
    for number in range(len(base.blocks) + 1):
        more = bbcode.read(f"word {number}").blocks
        changed = Document((*base.blocks[:number], *more, *base.blocks[number:]))
        patched = patch(base, changed, issue, source=TASK, target=GITLAB)
        shown = bbcode.read(task_of(patched.text))
        if patched.overlaps or not same_text(shown, changed):
            wrong.append(number)
    return wrong


def test_an_edit_of_any_block_leaves_the_others_as_they_are() -> None:
    """Whatever block of the task gets a word more, the issue says what the task says."""
    wrong = {name: _wrong_insertions(texts()[name]) for name in NAMES}
    assert {name: blocks for name, blocks in wrong.items() if blocks} == {}


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


def _wrong_tasks(issue: str) -> list[int]:
    """The edits of an issue after which the task does not say what it says."""
    base, task = markdown.read(issue), task_of(issue)
    wrong = []
    for number, changed in enumerate((*_shorter(base), *_longer(base))):
        written = task_of(markdown.write(changed))
        patched = patch(base, GITLAB.read(markdown.write(changed)), task,
                        source=GITLAB, target=TASK)  # fmt: skip
        if patched.overlaps or not same_text(bbcode.read(patched.text), bbcode.read(written)):
            wrong.append(number)
    return wrong


def test_the_task_says_what_an_edited_issue_says() -> None:
    wrong = {name: _wrong_tasks(texts()[name]) for name in NAMES}
    assert {name: edits for name, edits in wrong.items() if edits} == {}


# Of a footnote that is gone from the task, GitLab shows the mark as it is written.
WITHOUT_NOTES = [name for name in NAMES if "[^" not in texts()[name]]


def _wrong_issues(issue: str) -> list[int]:
    """The edits of a task after which the issue does not say what it says."""
    base = bbcode.read(task_of(issue))
    wrong = []
    for number, changed in enumerate((*_shorter(base), *_longer(base))):
        tree = bbcode.read(bbcode.write(changed))
        patched = patch(base, tree, issue, source=TASK, target=GITLAB)
        if patched.overlaps or not same_text(bbcode.read(task_of(patched.text)), tree):
            wrong.append(number)
    return wrong


def test_the_issue_says_what_an_edited_task_says() -> None:
    wrong = {name: _wrong_issues(texts()[name]) for name in WITHOUT_NOTES}
    assert {name: edits for name, edits in wrong.items() if edits} == {}
