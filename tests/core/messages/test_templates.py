"""Texts of one's own: where places may stand, and that what comes into them stays data."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.core.messages.message import Message
from sync.core.messages.placeholders import PLACEHOLDER_MEANINGS, PLACEHOLDERS
from sync.core.messages.templates import MAX_TEMPLATE_LENGTH, fill_template, template_problems
from sync.core.model.kinds import Kind
from sync.core.rules.portal import Rules
from sync.text import bbcode
from sync.text.tree import (
    Document,
    LineBreak,
    Link,
    Paragraph,
    Quote,
    Strong,
    Text,
    UserMention,
)
from tests.text.trees import SEEDS, documents, inlines

PLACED = {
    "project": (Link("https://gitlab.test/shop", (Text("acme/shop"),)),),
    "actor": (UserMention("Ann", 5),),
    "title": (Strong((Text("One"),)), Text(" and two")),
    "url": (Text("https://gitlab.test/x"),),
    "commits": (Text("one"), LineBreak(), Text("two")),
    "text": Document((Paragraph((Text("First"),)), Quote((Paragraph((Text("second"),)),)))),
    "state": (),
}


def written(template: str) -> str:
    return bbcode.write(fill_template(template, PLACED))


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("plain", "plain"),
        ("{actor}: {title}", "[user=5]Ann[/user]: [b]One[/b] and two"),
        ("[i]{title}[/i]", "[i][b]One[/b] and two[/i]"),
        ("[b]{title}[/b]", "[b]One and two[/b]"),
        ("[b][i]{title}[/i][/b]", "[b][i]One and two[/i][/b]"),
        ("[url=https://a.test]{title}[/url]", "[url=https://a.test][b]One[/b] and two[/url]"),
        ("[url={url}]{actor} in {project}[/url]",
         "[url=https://gitlab.test/x]Ann in acme/shop[/url]"),
        ("[url]{url}[/url]", "[url=https://gitlab.test/x]https://gitlab.test/x[/url]"),
        ("[url={title}]there[/url]", "there"),
        ("[code]{title}[/code]", "[code]One and two[/code]"),
        ("[list][*]{title}\n[*][b]{commits}[/b][/list]",
         "[list]\n[*][b]One[/b] and two\n[*][b]one\ntwo[/b]\n[/list]"),
        ("[quote]{text}[/quote]", "[quote]\nFirst\n\n[quote]\nsecond\n[/quote]\n[/quote]"),
        ("[table][tr][td]{text}[/td][/tr][/table]",
         "[table]\n[tr][td]First\nsecond[/td][/tr]\n[/table]"),
        ("Notes:\n{text}\nEnd", "Notes:\n\nFirst\n\n[quote]\nsecond\n[/quote]\n\nEnd"),
        ("[b]{text}[/b]", "[b]First\nsecond[/b]"),
        ("A\n{state}\n[b]{state}[/b]\nB", "A\nB"),
        ("{state}", ""),
        ("{nowhere} {actor}", " [user=5]Ann[/user]"),
        ("{ actor } {}", "{ actor } {}"),
    ],
)  # fmt: skip
def test_places_stand_anywhere(template: str, text: str) -> None:
    assert written(template) == text


def test_what_fills_a_place_is_not_looked_into_again() -> None:
    places = {"title": (Text("{actor} [user=all] [/b] [b]"),), "actor": (Text("Ann"),)}
    written = bbcode.write(fill_template("[b]{title}[/b]", places))
    assert written == "[b]{actor} [\u2060user=all] [\u2060/b] [\u2060b][/b]"


def test_the_whole_usual_message_has_a_place() -> None:
    telling = Message((Text("Ann pushed"),), ((Text("one"),),), values={"actor": (Text("Ann"),)})
    rules = Rules(templates={Kind.PUSH: "Look, {actor}!\n{default}"})
    assert telling.render(rules, Kind.PUSH) == "Look, Ann!\n[b]Ann pushed[/b]\none"
    assert telling.render(rules, Kind.TAG) == "[b]Ann pushed[/b]\none"


@given(inlines, documents(), st.sampled_from(
    ["{a}", "[b]{a} {b}[/b]", "[url={a}]{b}[/url]", "[list][*]{b}[/list]", "[quote]{a}{b}[/quote]",
     "[i]{b}[/i] [code]{a}[/code]", "[table][tr][td]{a}[/td][td]{b}[/td][/tr][/table]"]
))  # fmt: skip
def test_whatever_fills_the_places_no_tag_lacks_its_other_half(one, many, template) -> None:
    written = bbcode.write(fill_template(template, {"a": (one,), "b": many}))
    written = re.sub(r"\[code\].*?\[/code\]", "", written, flags=re.DOTALL)
    for name in ("b", "i", "s", "u", "url", "user", "list", "quote", "table", "tr", "td"):
        opened = re.findall(rf"\[{name}(?:=[^\]]*)?\]", written)
        assert len(opened) == written.count(f"[/{name}]")


@given(st.lists(st.sampled_from(SEEDS["bbcode"]), max_size=8).map("".join))
def test_whatever_people_typed_makes_no_markup(typed: str) -> None:
    alone = bbcode.write(fill_template("{a}", {"a": (Text(typed),)}))
    assert bbcode.write(Document((Paragraph((Text(typed),)),))).strip() == alone.strip()
    written = fill_template("[b]{a}[/b] {a}", {"a": (Text(typed),)})
    kinds = {type(node).__name__ for block in written.blocks for node in block.children}
    assert kinds <= {"Strong", "Text"}


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("[b]{project}[/b] {branch}", []),
        ("[url={url}]{title}[/url] [user=5]Ann[/user]", []),
        ("[B]x[/B][br][p]y[/p]", []),
        ("[draft] [x] {title}", []),
        (" \n", ["must not be empty"]),
        ("{barnch}", ["there is no place {barnch} here; did you mean {branch}?"]),
        ("{zzz}", ["there is no place {zzz} here; there are: {default}, {project}, {actor}, "
                   "{link}, {url}, {title}, {state}, {branch}, {sha}, {commits}, {count}"]),
        ("[b]x", ["has tags that are unknown here or lack their other half: [b]"]),
        ("x[/b]", ["has tags that are unknown here or lack their other half: [/b]"]),
        ("[b][i]x[/b][/i]", ["has tags that are unknown here or lack their other half: [/i], [i]"]),
        ("[user=all]x[/user]",
         ["has tags that are unknown here or lack their other half: [/user], [user]"]),
        ("[color=red]x[/color]",
         ["has tags that are unknown here or lack their other half: [/color], [color]"]),
        ("[send=/x]y[/send]",
         ["has tags that are unknown here or lack their other half: [/send], [send]"]),
        ("[img]https://a.test/x.png[/img]",
         ["has tags that are unknown here or lack their other half: [/img], [img]"]),
        ("x" * 4_001, ["must not be longer than 4000 characters; it has 4001"]),
        ("{nil}[b]", ["there is no place {nil} here; there are: {default}, {project}, {actor}, "
                      "{link}, {url}, {title}, {state}, {branch}, {sha}, {commits}, {count}",
                      "has tags that are unknown here or lack their other half: [b]"]),
    ],
)  # fmt: skip
def test_a_text_is_checked_before_it_is_used(template: str, said: list[str]) -> None:
    assert list(template_problems(template, PLACEHOLDERS[Kind.PUSH])) == said


@given(st.lists(st.sampled_from(SEEDS["bbcode"]), max_size=10).map("".join))
def test_any_text_is_checked_without_failing(text: str) -> None:
    list(template_problems(text[:MAX_TEMPLATE_LENGTH], ()))


def test_every_kind_has_places_and_every_place_a_meaning() -> None:
    assert set(PLACEHOLDERS) == set(Kind)
    assert {name for names in PLACEHOLDERS.values() for name in names} == set(PLACEHOLDER_MEANINGS)
