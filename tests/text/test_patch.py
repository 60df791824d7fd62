"""A change of one side is written into the other's text; what did not change stays as it is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync.text import bbcode, markdown
from sync.text.patch import Patched, patch
from sync.text.sides import TASK
from sync.text.tree import DiskFile, Image, Node, UserMention
from tests.text.patching import GITLAB, ISSUE, task_of


def _edited(text: str, old: str, new: str) -> Patched:
    """The issue after the words `old` of the task that shows it became `new`."""
    task = task_of(text)
    assert task.count(old) == 1, task
    changed = bbcode.read(task.replace(old, new))
    return patch(bbcode.read(task), changed, text, source=TASK, target=GITLAB)


# name: (words of the task, their replacement, what is in the issue, what takes its place)
EDITS = {
    "a heading": ("[b]Title[/b]", "[b]Titel[/b]", "# Title", "# Titel"),
    "words beside a picture": (
        "here.", "there.",
        "Intro with ![shot](/uploads/aa/s.png){width=600} and $a*b*c$ here.",
        "Intro with ![shot](/uploads/aa/s.png){width=600} and $`a*b*c`$ there.",
    ),
    "the words of a picture": (
        "shot", "a new shot",
        "![shot](/uploads/aa/s.png){width=600} and $a*b*c$",
        "a new ![shot](/uploads/aa/s.png){width=600} and $`a*b*c`$",
    ),
    "a quote": ("quoted", "quoting", ">>>\nquoted *x*\n>>>", "> quoting *x*"),
    "an alert": ("old words", "new words", "> old words", "> new words"),
    "the title of an alert": (
        "[b]Data[/b]", "[b]Date[/b]", "> [!warning] Data\n> old", "> **Date**\n>\n> old",
    ),
    "an item": (
        "three", "four",
        "* one\n* [~] two\n    1) deep\n* three", "- one\n- [~] two\n  1. deep\n- four",
    ),
    "an item that was dropped": (
        "[s]two", "[s]too",
        "* one\n* [~] two\n    1) deep\n* three", "- one\n- [~] too\n  1. deep\n- three",
    ),
    "an item more": (
        "[*]three", "[*]two and a half\n[*]three",
        "* one\n* [~] two\n    1) deep\n* three",
        "- one\n- [~] two\n  1. deep\n- two and a half\n- three",
    ),
    "code": ("puts 1", "puts 2", "-->\n```ruby:app/x.rb\nputs 1",
             "-->\n\n```ruby:app/x.rb\nputs 2"),
    "a suggestion": ("total", "sum", "total", "sum"),
    "words in a fold": (
        "inner two", "inner 2",
        "<details><summary>Log</summary>\n\ninner one\n\ninner two",
        "<details>\n<summary>Log</summary>\n\ninner one\n\ninner 2",
    ),
    "a paragraph more in a fold": (
        "inner one", "inner one\n\nin between",
        "<details><summary>Log</summary>\n\ninner one",
        "<details>\n<summary>Log</summary>\n\ninner one\n\nin between",
    ),
    "the summary of a fold": (
        "[b]Log[/b]", "[b]Logs[/b]",
        "<details><summary>Log</summary>", "<details>\n<summary>Logs</summary>",
    ),
    "a cell": (
        "[td]c[/td]", "[td]d[/td]",
        "|a|b|\n|--|--:|\n| [x] | c |", "| a | b |\n| --- | --- |\n| [x] | d |",
    ),
    "a description": ("meaning", "sense", ": meaning", ": sense"),
    "words beside links": (
        "See", "Look at",
        "See[^1] [docs](/docs/x.md), [[Home]] and [far][f].",
        "Look at[^1] [docs](/docs/x.md), [[Home]] and [far](https://a.test/far).",
    ),
    "a footnote": ("Note", "Notes", "[^1]: Note *here*.", "[^1]: Notes *here*."),
    "a paragraph more at the start": ("[b]Title", "New\n\n[b]Title", "# Title", "New\n\n# Title"),
    "a paragraph more at the end": ("The end", "The end\n\nNo: the end", "The end",
                                    "The end\n\nNo: the end"),
    "a paragraph less": ("\n\nThe end", "", "\n***\nThe end", "\n***"),
    "a block less": ("[code]\ntotal\n[/code]\n\n", "", "```suggestion:-1+2\ntotal\n```\n\n", ""),
    "two blocks less": (
        "[code]\nputs 1\n[/code]\n\n[code]\ntotal\n[/code]\n\n", "",
        "```ruby:app/x.rb\nputs 1\n```\n\n```suggestion:-1+2\ntotal\n```\n\n", "\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "before", "after"), EDITS.values(), ids=EDITS)
def test_only_the_block_that_was_changed_is_written(
    old: str, new: str, before: str, after: str
) -> None:
    assert ISSUE.count(before) == 1
    assert _edited(ISSUE, old, new) == Patched(ISSUE.replace(before, after))


def test_where_nothing_changed_the_text_stays() -> None:
    tree = bbcode.read(task_of(ISSUE))
    assert patch(tree, tree, ISSUE, source=TASK, target=GITLAB) == Patched(ISSUE)


def test_an_edit_of_each_side_in_other_blocks_survives() -> None:
    base = bbcode.read("a\n\nb\n\nc")
    changed = bbcode.read("a\n\nb\n\nC")
    assert patch(base, changed, "A\n\n__b__\n\nc", source=TASK, target=GITLAB) == Patched(
        "A\n\n__b__\n\nC", 0
    )


def test_an_edit_of_each_side_in_one_block_is_counted() -> None:
    base, changed = bbcode.read("a\n\nb"), bbcode.read("a\n\nB")
    assert patch(base, changed, "a\n\nX", source=TASK, target=GITLAB) == Patched("a\n\nB\n\nX", 1)


@pytest.mark.parametrize(
    ("old", "new", "after"),
    [
        ("> b", "> b\n\nc", "a [img]https://x.test/p.png[/img] b\n\nc"),
        ("> b", "> B",
         "a [url=https://x.test/p.png]https://x.test/p.png[/url] B"),
    ],
    ids=["a paragraph more", "words beside it"],
)  # fmt: skip
def test_an_edit_near_a_picture_of_a_task_stays_in_its_place(
    old: str, new: str, after: str
) -> None:
    task = "a [img]https://x.test/p.png[/img] b"
    issue = patch(bbcode.read(""), TASK.read(task), "", source=TASK, target=GITLAB).text
    edited = issue.replace(old, new)
    assert edited != issue
    assert patch(
        GITLAB.read(issue), GITLAB.read(edited), task, source=GITLAB, target=TASK
    ) == Patched(after)


def test_windows_line_ends_stay() -> None:
    text = "a\r\n\r\n* b\r\n\r\nc\r\n"
    base, changed = bbcode.read("a\n\n[list][*]b[/list]\n\nc"), bbcode.read("a\n\nB\n\nD\n\nc")
    assert patch(base, changed, text, source=TASK, target=GITLAB).text == (
        "a\r\n\r\nB\r\n\r\nD\r\n\r\nc\r\n"
    )


TASKS = {
    "a paragraph": (
        "[B]Intro[/B]:\n[LIST]\n[*] a [*] b\n[/LIST]\nmore\n\n[SIZE=5]last[/SIZE]", "last", "end",
        "[SIZE=5]last[/SIZE]", "end",
    ),
    "a list between lines": (
        "[B]Intro[/B]:\n[LIST]\n[*] a [*] b\n[/LIST]\nmore", "- b", "- B",
        ":\n[LIST]\n[*] a [*] b\n[/LIST]\nm", ":\n\n[list]\n[*]a\n[*]B\n[/list]\n\nm",
    ),
    "code": (
        "a[br]b\n\n\n[CODE]x\n\ny[/CODE]\n\n\n>>q", "x\n\ny", "x\n\nz",
        "[CODE]x\n\ny[/CODE]", "[code]\nx\n\nz\n[/code]",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("task", "old", "new", "before", "after"), TASKS.values(), ids=TASKS)
def test_an_edit_of_the_issue_is_written_into_the_task(
    task: str, old: str, new: str, before: str, after: str
) -> None:
    issue = markdown.write(bbcode.read(task))
    base, changed = markdown.read(issue), markdown.read(issue.replace(old, new))
    assert patch(base, changed, task, source=GITLAB, target=TASK) == Patched(
        task.replace(before, after)
    )


def test_people_are_the_same_on_both_sides() -> None:
    def people(node: Node) -> Node:
        match node:
            case UserMention(login="ann") | UserMention(portal_user=5):
                return UserMention(node.name, 5, "ann")
            case _:
                return node

    base, changed = (
        bbcode.read("[user=5]Ann[/user] a\n\nb"),
        bbcode.read("[user=5]Ann[/user] a\n\nc"),
    )
    text = "@ann __a__\n\nb"
    text = "@ann  a\n\nb"
    assert patch(base, changed, text, source=TASK, target=GITLAB, as_source=people) == Patched(
        "@ann  a\n\nc"
    )


UPLOADS = {"/uploads/a/1.png": "n1", "/uploads/b/2.png": "n2"}
FILES = {file: url for url, file in UPLOADS.items()}


def _as_file(node: Node) -> Node:
    match node:
        case Image(url) if url in UPLOADS:
            return DiskFile(UPLOADS[url])
        case _:
            return node


def _as_upload(node: Node) -> Node:
    match node:
        case DiskFile(file):
            return Image(FILES[file], "new")
        case _:
            return node


def _as_bare_upload(node: Node) -> Node:
    """A task knows neither words nor sizes of a picture, so they are no change of it."""
    match node:
        case DiskFile(file):
            return Image(FILES[file])
        case Image(url) if url in UPLOADS:
            return Image(url)
        case _:
            return node


def test_pictures_stay_in_their_places() -> None:
    before = TASK.read("see [DISK FILE ID=n1] here")
    after = TASK.read("look [disk=n1] here\n\n[DISK FILE ID=n2]")
    patched = patch(before, after, "see ![a](/uploads/a/1.png){width=5} here", source=TASK,
                    target=GITLAB, as_source=_as_file, as_target=_as_upload)  # fmt: skip
    assert patched == Patched(
        "look ![a](/uploads/a/1.png){width=5} here\n\n![new](/uploads/b/2.png)"
    )


def test_a_picture_of_an_issue_comes_into_the_task() -> None:
    before = markdown.read("a ![a](/uploads/a/1.png){width=5}")
    after = markdown.read("a ![a](/uploads/a/1.png){width=5}\n\n![b](/uploads/b/2.png) b")
    patched = patch(before, after, "a [DISK FILE ID=n1]", source=GITLAB, target=TASK,
                    as_source=_as_bare_upload, as_target=_as_file)  # fmt: skip
    assert patched.text == "a [DISK FILE ID=n1]\n\n[DISK FILE ID=n2] b"


def test_a_block_that_moved_is_what_it_was() -> None:
    base = bbcode.read("[b]a[/b]\n\nb\n\nc")
    moved = bbcode.read("b\n\nc\n\n[b]a[/b]")
    assert patch(base, moved, "## a\n\nb\n\nc", source=TASK,
                 target=GITLAB).text == "b\n\nc\n\n## a"  # fmt: skip


def test_a_block_that_stays_is_converted_once_however_long_the_text_is() -> None:
    before = "\n\n".join(f"Paragraph {number}" for number in range(50))
    written: list[object] = []
    target = replace(TASK, write=lambda document: written.append(document) or TASK.write(document))
    after = before.replace("aph 7\n", "aph seven\n")
    read, held = GITLAB.read, TASK.write(GITLAB.read(before))
    patched = patch(read(before), read(after), held, source=GITLAB, target=target)
    assert patched == Patched(held.replace("aph 7\n", "aph seven\n"))
    assert len(written) < 60  # the blocks of both texts would be 100
