"""Text from outside stays text in Bitrix24, as the app makes it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reporter.bbcode import JOINER, at_line_start, escaped, link, live_url
from reporter.phrases import DEPLOYMENT, MORE, PIPELINE, REQUEST, SENSE, say

from sync.core.i18n import translate
from sync.text import bbcode_escape, urls

TEXTS = [
    "[user=all]all[/user]", "[b]", "[ b]", ">>quote", "------", "a >> b", "[1]", "x[", "[*]", "[/",
    "line\nend", "\x07bell", "[\u2060b]", "plain", "", "[url=https://evil.test]x[/url]",
]  # fmt: skip


@pytest.mark.parametrize("start", [True, False])
@pytest.mark.parametrize("text", TEXTS)
def test_both_escape_alike(text: str, start: bool) -> None:
    own = at_line_start if start else escaped
    assert own(text) == bbcode_escape.escaped(text, line_start=start)


@given(st.text(alphabet="[]/*bu>- \n\u2060$result1", max_size=30))
def test_no_tag_survives(text: str) -> None:
    shown = at_line_start(text)
    assert "\n" not in shown
    assert not shown.startswith((">>", "---"))
    assert not [at for at in range(len(shown) - 1) if shown[at] == "[" and shown[at + 1] in "bu/*"]


@pytest.mark.parametrize("text", ["$result[t5][task][title]", "$RESULT[0]", "a $result[x] b"])
def test_a_batch_finds_no_reference_to_another_answer(text: str) -> None:
    assert "$result[" not in escaped(text).lower()
    assert escaped(text).replace(JOINER, "") == text


@pytest.mark.parametrize(
    "url",
    [
        "https://x.test/a b",
        "javascript:alert(1)",
        "https://x.test/]b[",
        "HTTP://X",
        "",
        "//x",
        "ftp://x",
    ],
)
def test_both_take_the_same_addresses_for_links(url: str) -> None:
    assert live_url(url) == (urls.live_url(url) or "")


def test_a_script_address_is_shown_and_not_linked() -> None:
    assert link("javascript:alert(1)", "[b]x") == f"[{JOINER}b]x"


# The reporter's phrases by a prefix, and where the app has another key for the same words.
PHRASES = {
    f"{prefix}{key}": phrase
    for prefix, phrases in (
        ("", REQUEST), ("card ", SENSE), ("pipeline ", PIPELINE), ("environment ", DEPLOYMENT),
        ("", {"more": MORE}),
    )
    for key, phrase in phrases.items()
}  # fmt: skip
SHARED = {
    "state": "card state", "branches": "card branches",
    "author": "card author", "draft": "merge request draft", "merged": "merge request merged",
    "closed": "merge request closed", "locked": "merge request merging",
    **{
        key: key
        for key in (
            "more", "environment success", "environment failed", "environment canceled",
            "environment blocked",
            "card mention", "card deny", "card part", "card revert", "card reverted",
            "pipeline running", "pipeline success", "pipeline failed", "pipeline canceled",
            "pipeline skipped", "pipeline manual", "pipeline unknown",
        )
    },
}  # fmt: skip


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize(("key", "of_app"), SHARED.items(), ids=SHARED)
def test_what_both_say_is_said_in_the_same_words(key: str, of_app: str, language: str) -> None:
    places = re.findall(r"\{(\w+)\}", translate.get_sentence("en", of_app, "<count>"))
    values = {name: f"<{name}>" for name in places}
    said = say(language, PHRASES[key], *values.values())
    assert said == translate.translate(language, of_app, **values)
