"""BBCode both ways: what is read, what is written, and that text stays text."""

from __future__ import annotations

import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sync.text import bbcode
from sync.text.chars import JOINER
from sync.text.plain import lines_of, text_of
from sync.text.tree import (
    Cell,
    Code,
    CodeBlock,
    DiskFile,
    Document,
    Emphasis,
    Heading,
    Image,
    Item,
    LineBreak,
    Link,
    List,
    Paragraph,
    Quote,
    Row,
    Rule,
    Strike,
    Strong,
    Table,
    Text,
    Underline,
    UserMention,
)
from tests.depth import depth
from tests.text.trees import SEEDS, documents, words


def para(*nodes: object) -> Paragraph:
    return Paragraph(tuple(Text(n) if isinstance(n, str) else n for n in nodes))


def item(*nodes: object, checked: bool | None = None) -> Item:
    return Item((para(*nodes),), checked)


READ = {
    "plain": ("a", [para("a")]),
    "a line break": ("a\nb", [para("a", LineBreak(), "b")]),
    "windows line ends": ("a\r\nb", [para("a", LineBreak(), "b")]),
    "[br]": ("a[br]b", [para("a", LineBreak(), "b")]),
    "paragraphs": ("a\n\n \nb", [para("a"), para("b")]),
    "formats": (
        "[B]a[/b][i]b[/i][u]c[/u][s]d[/s]",
        [para(*(kind((Text(t),)) for kind, t in
                [(Strong, "a"), (Emphasis, "b"), (Underline, "c"), (Strike, "d")]))],
    ),
    "a format within itself": ("[b]a[b]b[/b]c[/b]", [para(Strong((Text("abc"),)))]),
    "a tag nobody closes": ("[b]a", [para("[b]a")]),
    "a tag nobody opened": ("a[/b]", [para("a[/b]")]),
    "crossed tags": ("[b]a[i]b[/b]c[/i]", [para(Strong((Text("a[i]b"),)), "c[/i]")]),
    "an unknown tag": ("[zzz]a[/zzz]", [para("[zzz]a[/zzz]")]),
    "colours and sizes": ("[color=red]a[/color][size=9]b[/size]", [para("ab")]),
    "buttons lose their power": ("[send=/x]go[/send][put=/y]z[/put]", [para("goz")]),
    "a link": ("[url=https://a.test/?q=1]t[/url]",
               [para(Link("https://a.test/?q=1", (Text("t"),)))]),
    "a bare link": ("[url]https://a.test[/url]",
                    [para(Link("https://a.test", (Text("https://a.test"),)))]),
    "a script is no link": ("[url=javascript:alert(1)]t[/url]", [para("t")]),
    "a link in a link": ("[url=https://a.test]a[url=https://b.test]b[/url][/url]",
                         [para(Link("https://a.test", (Text("ab"),)))]),
    "a user": ("[USER=5]Ann[/USER]", [para(UserMention("Ann", portal_user=5))]),
    "everybody is nobody": ("[user=all]All[/user]", [para("All")]),
    "an image of a chat": ("[img size=small]https://a.test/i.png [/img]",
                           [para(Image("https://a.test/i.png"))]),
    "code in a line": ("a [code]x[b]y[/code]", [para("a ", Code("x[b]y"))]),
    "code as a block": ("[code]\na\n [b]\n[/code]", [CodeBlock("a\n [b]")]),
    "code nobody closes": ("[code]a[b]b[/b]", [para("[code]a", Strong((Text("b"),)))]),
    "a list": ("[list]\n[*]a\n[*] b\n[/list]", [List((item("a"), item("b")))]),
    "an ordered list": ("[list=1][*]a[*]b[/list]", [List((item("a"), item("b")), ordered=True)]),
    "a nested list": (
        "[list][*]a[list=1][*]b[/list][*]c[/list]",
        [List((Item((para("a"), List((item("b"),), ordered=True))), item("c")))],
    ),
    "checkboxes": ("[list][*][x] a[*][ ] b[/list]",
                   [List((item("a", checked=True), item("b", checked=False)))]),
    "text before the first item": ("[list]a[*]b[/list]", [List((item("a"), item("b")))]),
    "an item outside of lists": ("[*]a", [para("[*]a")]),
    "a quote": ("a[quote]b[/quote]c", [para("a"), Quote((para("b"),)), para("c")]),
    "a quote of a chat": (">>a\n>> b\nc", [Quote((para("a", LineBreak(), "b"),)), para("c")]),
    "a quote between dashes": ("------\na\n------\nb", [Quote((para("a"),)), para("b")]),
    "one line of dashes": ("------\na", [para("------", LineBreak(), "a")]),
    "a table": (
        "[table]\n[tr][td]a[/td][td]b[/td][/tr]\n[tr][td]c[/td][/tr][/table]",
        [Table((Row((Cell((Text("a"),)), Cell((Text("b"),)))), Row((Cell((Text("c"),)),))))],
    ),
    "a list in a cell": (
        "[table][tr][td]a[list][*]b[/list][/td][/tr][/table]",
        [Table((Row((Cell((Text("a"), LineBreak(), Text("• b"))),)),))],
    ),
    "formatting around a list": ("[b]a[list][*]b[/list][/b]", [para("a"), List((item("b"),))]),
    "paragraphs as tags": ("[p]a[/p][p]b[/p]", [para("a"), para("b")]),
    "lists as forums write them": (
        "[ul][li]a[/li]\n[li]b[ol][li]c[/li][/ol][/li][/ul]",
        [List((item("a"), Item((para("b"), List((item("c"),), ordered=True)))))],
    ),
    "a file that nobody asked for": ("[DISK FILE ID=n5]", [para("[DISK FILE ID=n5]")]),
    "a moment": ("[timestamp=1767225600 format=X]", [para("2026-01-01 00:00 UTC")]),
    "nothing": ("", []),
    "blank lines": ("\n \n", []),
}  # fmt: skip


def test_bbcode_is_read() -> None:
    documents = {name: bbcode.read(text) for name, (text, _) in READ.items()}
    expected = {name: Document(tuple(blocks)) for name, (_, blocks) in READ.items()}
    assert {name: documents[name] for name in READ if documents[name] != expected[name]} == {}


J = JOINER
WRITTEN = {
    "a heading": ([Heading(2, (Text("a"),))], "[b]a[/b]", "[b]a[/b]"),
    "a rule": ([Rule()], "————————", "————————"),
    "an image": ([para(Image("https://a.test/i", "x"))],
                 "[url=https://a.test/i]x[/url]", "[url=https://a.test/i]x[/url]"),
    "brackets in an address": ([para(Link("https://a.test/[b]", (Text("t"),)))],
                               "[url=https://a.test/%5Bb%5D]t[/url]",
                               "[url=https://a.test/%5Bb%5D]t[/url]"),
    "an address that may not be one": ([para(Link("javascript:x", (Text("t"),)))], "t", "t"),
    "an unmapped person": ([para(UserMention("Ann", login="ann"))], "Ann", "Ann"),
    "a list": ([List((item("a"), item("b", checked=True)))],
               f"[list]\n[*]a\n[*][{J}x] b\n[/list]", f"• a\n• [{J}x] b"),
    "an ordered list": ([List((item("a"), item("b")), ordered=True, start=3)],
                        "[list=1]\n[*]a\n[*]b\n[/list]", "3. a\n4. b"),
    "a quote": ([Quote((para("a", LineBreak(), "b"),))],
                "[quote]\na\nb\n[/quote]", ">>a\n>>b"),
    "a quote in a quote": ([Quote((Quote((para("a"),)), para("b")))],
                           "[quote]\n[quote]\na\n[/quote]\n\nb\n[/quote]", ">>> a\n>>b"),
    "a table": ([Table((Row((Cell((Text("a"),)), Cell((Text("b"),)))),))],
                "[table]\n[tr][td]a[/td][td]b[/td][/tr]\n[/table]", "a | b"),
    "code": ([CodeBlock("a\n[/code]")],
             f"[code]\na\n[{J}/code]\n[/code]", f"[code]\na\n[{J}/code]\n[/code]"),
}  # fmt: skip


def test_bbcode_is_written_for_tasks_and_for_chats() -> None:
    documents = {name: Document(tuple(blocks)) for name, (blocks, _, _) in WRITTEN.items()}
    assert {
        name: (bbcode.write(document), bbcode.write(document, chat=True))
        for name, document in documents.items()
    } == {name: (task, chat) for name, (_, task, chat) in WRITTEN.items()}


FILES = {
    "a file": ("[DISK FILE ID=n5]", DiskFile("n5"), "[DISK FILE ID=n5]"),
    "an attached one": ("[disk=12]", DiskFile("12"), "[DISK FILE ID=12]"),
    "no file": ("[disk file id=x]", Text("[disk file id=x]"), f"[{J}disk file id=x]"),
}


@pytest.mark.parametrize(("text", "node", "written"), FILES.values(), ids=FILES)
def test_files_of_the_disk_are_kept_in_their_places(text: str, node: object, written: str) -> None:
    document = bbcode.read(text, files=True)
    assert document == Document((Paragraph((node,)),))
    assert bbcode.write(document) == written
    assert bbcode.read(written, files=True) == document


def test_words_about_a_file_do_not_become_one() -> None:
    written = bbcode.write(Document((para("[DISK FILE ID=n5]"),)))
    assert bbcode.read(written, files=True) == Document((para("[DISK FILE ID=n5]"),))


HOSTILE = [
    "[user=all]x[/user]", "[send=/x]y[/send]", "[call=+7]x[/call]", "[put=/x]y[/put]",
    "[icon=https://a.test/i size=9]", "[img]https://a.test/i[/img]", "[url=https://a.test]x[/url]",
    "[/code][user=all]x[/user]", "[code]", "[*]", "[[b]]", "[B]x[/B]", ">>quote", "------",
    f"[{J}user=all]", f"[{J}{J}b]", f"{J}>>x", "[disk=5]", "[DISK FILE ID=n5]", "[br]", "a [",
    "[timestamp=1]",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("chat", [False, True])
def test_hostile_text_stays_text(text: str, chat: bool) -> None:
    document = Document((para(text),))
    written = bbcode.write(document, chat=chat)
    assert bbcode.read(written) == document
    assert all(c in "0123456789 " or c == J for c in _after_brackets(written))


def _after_brackets(text: str) -> str:
    """The character after each opening bracket; a space for the end and for another bracket."""
    following = (text + " ").replace("[[", "[ [")
    return "".join(following[i + 1] for i, char in enumerate(following[:-1]) if char == "[")


@pytest.mark.parametrize("inside", [para(Code("[/code][user=all]"), "x")])
def test_code_cannot_be_left(inside: Paragraph) -> None:
    assert bbcode.read(bbcode.write(Document((inside,)))) == Document((inside,))


@given(words)
def test_any_text_comes_back_the_same(text: str) -> None:
    document = Document((para(text),))
    assert bbcode.read(bbcode.write(document)) == document


@given(words, words)
def test_text_beside_markup_comes_back_the_same(before: str, after: str) -> None:
    document = Document((para(before, Strong((Text(after),)), after),))
    assert bbcode.read(bbcode.write(document)) == document


@given(st.text())
def test_no_text_writes_a_live_tag(text: str) -> None:
    written = bbcode.write(Document((para(text),)))
    assert all(c == J or (not (c.isascii() and c.isalpha()) and c not in "/*")
               for c in _after_brackets(written))  # fmt: skip


@given(documents())
def test_what_was_written_is_read_and_written_the_same(document: Document) -> None:
    once = bbcode.write(bbcode.read(bbcode.write(document)))
    assert bbcode.write(bbcode.read(once)) == once


@example("[img]\n[/img]")
@example("[url][br][/url]")
@given(st.lists(st.sampled_from(SEEDS["bbcode"]), max_size=40).map("".join) | st.text())
def test_any_bbcode_is_read_and_settles_after_one_round(text: str) -> None:
    once = bbcode.write(bbcode.read(text))
    assert bbcode.write(bbcode.read(once)) == once


@given(
    st.lists(st.sampled_from([s for s in SEEDS["bbcode"] if "code" not in s]), max_size=40).map(
        "".join
    )
)
def test_a_chat_message_has_no_tag_that_chats_do_not_know(text: str) -> None:
    written = bbcode.write(bbcode.read(text), chat=True)
    assert not any(tag in written for tag in ("[list", "[table", "[tr]", "[td]", "[quote]", "[*]"))


@pytest.mark.parametrize("piece", [*SEEDS["bbcode"], "[b", "[[", "[*", "[url=a", "[code]x[/code]"])
def test_the_work_grows_no_faster_than_the_text(piece: str) -> None:
    lengths = 1_000 * depth(3), 8_000 * depth(3)
    short, long = (_calls(piece * (length // len(piece))) for length in lengths)
    assert long <= 8 * short + 500


def _calls(text: str) -> int:
    """Calls of functions that reading the text makes: steps, not seconds."""
    count = 0

    def note(*_: object) -> None:
        nonlocal count
        count += 1

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        bbcode.read(text)
    finally:
        sys.setprofile(before)
    return count


def test_words_survive_a_whole_document() -> None:
    text = "[b]a[/b]\n[list][*]b[*]c[/list][quote]d[/quote][table][tr][td]e[/td][/tr][/table]"
    assert [text_of(line) for line in lines_of(bbcode.read(text).blocks)] == [
        "a", "• b", "• c", "d", "e",
    ]  # fmt: skip


@pytest.mark.parametrize("kind", [lambda text: para(text), CodeBlock])
@pytest.mark.parametrize(
    "text", ["$result[0]", "$result[c0][task]", f"${JOINER}result[0]", "$RESULT[x]", "$result["]
)
def test_a_reference_of_a_batch_is_written_as_text_and_read_back(text: str, kind: object) -> None:
    written = bbcode.write(Document((kind(text),)))
    assert "$result[" not in written.lower()
    assert bbcode.read(written) == Document((kind(text),))
