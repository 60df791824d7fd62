"""Nothing that people type comes alive in a message, and nothing is too long for the portal."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.core.model.common import Person
from sync.core.model.kinds import Kind
from sync.core.notifications.build import build_message
from sync.core.rules.portal import Rules
from sync.text import bbcode
from sync.text.clip import MOST_MESSAGE
from sync.text.tree import Node, UserMention, mapped
from tests.core.messages.cases import CASES
from tests.core.messages.items import (
    HOME,
    USERS,
    commit,
    kind_of,
    message,
    note,
    push,
    release,
    tag,
    thing,
)
from tests.depth import depth
from tests.text.trees import SEEDS

EVIL = (
    "[user=all]x[/user] [user=5]y[/user] [b]\u202e[/url][code][url=javascript:x]\x00 $result[a] "
    "\U0001f469\u200d\U0001f4bb"
)
TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")
TEMPLATE = (
    "{actor} {project} {branch} {title} {state} {link} {url} {text} {commits} {count} {sha} {tag} "
    "{environment} {duration} {stage} {job}"
)


def typed(value: Any, text: str, name: str = "") -> Any:
    """The thing with `text` wherever a person can type; addresses are the host's own."""
    if isinstance(value, Enum | datetime) or name in ("sha", "after", "before", "key", "id", "url"):
        return value
    if isinstance(value, str):
        return text
    if isinstance(value, tuple):
        return tuple(typed(one, text) for one in value)
    if is_dataclass(value):
        return replace(value, **{f.name: typed(getattr(value, f.name), text, f.name)
                                 for f in fields(value) if f.init})  # fmt: skip
    return value


def mentions(text: str) -> set[int]:
    found: set[int] = set()

    def look(node: Node) -> Node:
        if isinstance(node, UserMention) and node.portal_user:
            found.add(node.portal_user)
        return node

    mapped(bbcode.read(text), look)
    return found


def harms(text: str) -> list[str]:
    """Return what has come alive in a message, or is too much for the portal."""
    links = "".join(re.findall(r"\[url=([^\]]*)\]", text))
    checks = {
        "mentions a stranger": mentions(text) <= set(USERS.values()),
        "turns the direction": not TURNS.search(text),
        "holds a NUL": "\0" not in text,
        "holds a macro": "$result[" not in text,
        "links to a script": "javascript:" not in links,
        "is too long": len(text) <= MOST_MESSAGE,
    }
    return [harm for harm, right in checks.items() if not right]


@pytest.mark.parametrize("language", ["en", "ru"])
def test_what_people_type_stays_text(language: str) -> None:
    harmful = {}
    for name, case in CASES.items():
        item = typed(case, EVIL)
        kind, telling = kind_of(item), build_message(item, language, USERS)
        harmful[name] = [
            *harms(message(item, language)),
            *harms(telling.render_notification(Rules(), kind)),
            *harms(telling.render(Rules(templates={kind: TEMPLATE}), kind)),
        ]
    assert {name: harm for name, harm in harmful.items() if harm} == {}


hostile = st.lists(
    st.sampled_from([*SEEDS["bbcode"], *SEEDS["markdown"], "\u202e", "\u2067", "\0", "א", "[user="])
    | st.text(max_size=8)
).map("".join)


@given(st.sampled_from(sorted(CASES)), hostile)
def test_whatever_is_typed_a_message_mentions_only_who_was_found(name: str, text: str) -> None:
    assert harms(message(typed(CASES[name], text))) == []


@pytest.mark.parametrize(
    "text",
    [sign * (depth(100_000) // len(sign)) for sign in ("x", "[b]", "word ", "\n")],
    ids=["one word", "tags", "words", "line ends"],
)
def test_the_longest_texts_fit(text: str) -> None:
    harmful = {name: harms(message(typed(case, text))) for name, case in CASES.items()}
    assert {name: harm for name, harm in harmful.items() if harm} == {}


def test_long_release_notes_are_cut_between_words_with_a_link_to_all() -> None:
    text = message(release(text="# New\n\n" + "All **cards** work. " * 1_000))
    assert len(text) < 3_300
    assert text.endswith(
        "All [b]cards[/b]\n\n… [url=https://gitlab.test/acme/shop/-/releases/v1.5]Whole text[/url]"
    )


def test_what_a_comment_quotes_says_that_there_is_more() -> None:
    lines = message(note(text="word " * 1_000)).split("\n")
    assert all(line.startswith(">>") for line in lines[3:])
    assert lines[-1] == ">>… [url=https://gitlab.test/acme/shop/-/on/12#note_3]Whole text[/url]"


def test_right_to_left_letters_stay_and_do_not_turn_the_rest() -> None:
    text = message(tag(tag="שלום\u202e", actor=Person(2, "bob", "בוב\u2067")))
    assert text.startswith("[b][user=8]בוב[/user] created the tag [url=")
    assert "]שלום[/url]" in text


def test_a_template_is_filled_with_what_is_live() -> None:
    one = push(commits=(commit(1), replace(commit(2), message="Step 2 {count}")))
    rules = Rules(templates={Kind.PUSH: "{actor}: {count}, {branch}, {title}{nothing}"})
    text = build_message(one, "en", USERS).render(rules, Kind.PUSH).replace(HOME, "@")
    branch = "[url=@/-/tree/feature/x]feature/x[/url]"
    assert text == f"[user=8]Bob[/user]: 2, {branch}, Step 2 {{count}}"


PLACES = {
    "push of two commits": "project branch actor title state link url commits count sha",
    "tag with a message": "project tag actor title state link url text sha",
    "merge request approved": "project branch actor title state link url text sha",
    "pipeline failed": "project branch actor title state link url sha duration stage job",
    "job failed": (
        "project branch actor title state link url text sha duration stage job environment"
    ),
    "note on a merge request": "project actor title state link url text",
    "release created": "project actor title state link url text tag",
    "deployment with all there is": "project branch actor title state link url sha environment",
    "issue opened": "project actor title state link url text",
    "emoji awarded": "project actor title state link url text",
}


@pytest.mark.parametrize("name", PLACES)
def test_a_kind_has_its_places(name: str) -> None:
    one = CASES[name]
    assert build_message(one, "en", USERS).values.keys() == set(PLACES[name].split())


def test_a_token_that_expires_is_told_whole_in_a_notification() -> None:
    one = CASES["access token expires"]
    told = build_message(one, "en", USERS)
    assert told.render_notification(Rules(), Kind.ACCESS_TOKEN).split("\n") == [
        line.removeprefix("[b]").removesuffix("[/b]") for line in message(one).split("\n")
    ]


def test_what_is_gone_is_not_linked() -> None:
    gone = (
        push(deleted=True),
        tag(deleted=True),
        release(deleted=True),
        thing("wiki_page", "delete"),
    )
    links = [re.findall(r"\[url=[^\]]*?/-/(\w+)", message(one)) for one in gone]
    assert links == [["commit", "commit"], ["commit"], [], []]
