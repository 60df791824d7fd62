"""What is active on one side comes to the other as words that do nothing there."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.text import bbcode, markdown
from sync.text.chars import JOINER
from sync.text.markdown.actions import QuickAction, disarmed, quick_actions
from sync.text.same import same_text
from sync.text.tree import CodeBlock, Document, Paragraph, Text, UserMention
from tests.text.alive import ACTIVE, alive
from tests.text.trees import documents, words

J = JOINER


def test_the_check_finds_what_is_alive() -> None:
    assert alive("@bob #1 !2 ~x ABC-1 `@x`\n\n/close") == ["@b", "#1", "!2", "~x", "ABC-1",
                                                          "/close"]  # fmt: skip


def test_nothing_of_a_task_comes_alive_in_an_issue() -> None:
    written = {text: markdown.write(bbcode.read(text)) for text in ACTIVE}
    assert {text: alive(body) for text, body in written.items() if alive(body)} == {}
    others = [
        text
        for text, body in written.items()
        if not same_text(markdown.read(body), bbcode.read(bbcode.write(bbcode.read(text))))
    ]
    assert others == []


@pytest.mark.parametrize("text", ACTIVE)
def test_text_comes_back_as_it_was(text: str) -> None:
    document = Document(tuple(Paragraph((Text(line),)) for line in text.split("\n")))
    written = markdown.write(document)
    assert alive(written) == []
    assert same_text(markdown.read(written), document)
    assert same_text(bbcode.read(bbcode.write(document)), document)


@given(st.lists(st.sampled_from([*ACTIVE, " ", "\n", "\n\n", "[b]", "[/b]"]), max_size=8))
def test_nothing_comes_alive_beside_anything(parts: list[str]) -> None:
    assert alive(markdown.write(bbcode.read("".join(parts)))) == []


@given(words)
def test_nothing_in_any_words_comes_alive(text: str) -> None:
    assert alive(markdown.write(Document((Paragraph((Text(text),)),)))) == []


@given(documents())
def test_nothing_of_the_tracker_comes_alive_in_a_task(document: Document) -> None:
    tags = re.findall(r"\[/?([A-Za-z*]+)", bbcode.write(document))
    assert set(tags) <= {"b", "i", "u", "s", "url", "code", "quote", "list", "*", "table", "tr",
                         "td", "user"}  # fmt: skip


def test_only_who_is_known_on_the_other_side_is_called() -> None:
    people = Paragraph((UserMention("Ann", 5, "ann"), Text(" "), UserMention("Bob", 6),
                        Text(" "), UserMention("@eve", login="eve")))  # fmt: skip
    document = Document((people,))
    assert markdown.write(document) == "@ann Bob @eve"
    assert bbcode.write(document) == "[user=5]Ann[/user] [user=6]Bob[/user] @eve"


FOUND = {
    "a line": ("/close", [QuickAction(0, "close")]),
    "with arguments": ("a\n/Assign @bob ", [QuickAction(2, "assign", "@bob")]),
    "under a list": ("- a\n/close", [QuickAction(4, "close")]),
    "behind code": ("```\n/close\n```\n/label ~x", [QuickAction(15, "label", "~x")]),
    "with windows line ends": ("a\r\n/close\r\nb", [QuickAction(3, "close")]),
    "in code": ("```\n/close\n```", []),
    "indented": (" /close", []),
    "as indented code": ("a\n\n    /close", []),
    "in a quote": ("> a\n> /close", []),
    "in a fenced quote": (">>>\n/close\n>>>", []),
    "in html": ("<div>\n/close\n</div>", []),
    "a path": ("/usr/bin", []),
    "parted": (f"/{J}close", []),
    "escaped": ("\\/close", []),
    "amid words": ("a /close", []),
}  # fmt: skip


def test_quick_actions_are_found_where_gitlab_looks() -> None:
    actions = {name: quick_actions(text) for name, (text, _) in FOUND.items()}
    assert actions == {name: expected for name, (_, expected) in FOUND.items()}


@pytest.mark.parametrize("text", [text for text, _ in FOUND.values()])
def test_a_disarmed_text_says_the_same_and_does_nothing(text: str) -> None:
    assert quick_actions(disarmed(text)) == []
    assert same_text(markdown.read(disarmed(text)), markdown.read(text))


def test_protection_that_an_editor_took_off_is_put_back() -> None:
    written = markdown.write(Document((Paragraph((Text("/close"),)), CodeBlock("x"))))
    saved = written.replace(J, "")
    assert quick_actions(saved) == [QuickAction(0, "close")]
    assert disarmed(saved) == written
