"""Documents cut to a length, and as plain text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.text import bbcode, markdown
from sync.text.clip import clip
from sync.text.tree import Document, Paragraph, Text, mapped
from tests.text.trees import documents


def test_what_fits_is_not_touched() -> None:
    document = bbcode.read("[b]abc[/b]")
    assert clip(document, 10, bbcode.write) is document


def test_a_cut_document_keeps_its_markup_whole() -> None:
    document = bbcode.read("[b]" + "a" * 100 + "[/b]\n\nb")
    assert bbcode.write(clip(document, 30, bbcode.write)) == "[b]" + "a" * 20 + "[/b]\n\n…"


def test_no_word_is_cut_where_one_ends_near() -> None:
    document = Document((Paragraph((Text("Ship the refunds to " + "x" * 100),)),))
    assert [bbcode.write(clip(document, chars, bbcode.write)) for chars in (10, 14, 19)] == [
        "Ship\n\n…",
        "Ship the\n\n…",
        "Ship the refunds\n\n…",
    ]
    assert bbcode.write(clip(document, 90, bbcode.write)).endswith("x\n\n…")


@given(documents(), st.integers(1, 200))
@pytest.mark.parametrize("write", [bbcode.write, markdown.write])
def test_a_cut_document_fits(write, document: Document, chars: int) -> None:
    assert len(write(clip(document, chars, write))) <= chars


def test_every_node_can_be_changed() -> None:
    document = bbcode.read("a[quote][b]b[/b][/quote]")
    loud = mapped(document, lambda n: Text(n.text.upper()) if isinstance(n, Text) else n)
    assert bbcode.write(loud) == "A\n\n[quote]\n[b]B[/b]\n[/quote]"


def test_nothing_is_left_where_not_even_an_ellipsis_fits() -> None:
    assert clip(Document((Paragraph((Text("abc"),)),)), 1, bbcode.write) == Document(
        (Paragraph((Text("…"),)),)
    )
