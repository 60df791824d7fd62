"""The exact texts of cards and notifications in both languages."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync.core.merge_requests.messages import (
    build_card,
    build_removed_card,
    build_review_notification,
    card_summary,
)
from sync.core.messages.message import render
from sync.core.model.common import Person
from sync.core.model.merge_requests import Reviewer, ReviewEvent
from sync.core.model.pipelines import Pipeline, PipelineStatus
from sync.core.model.tasks import LinkKind
from tests.core.factories import ANN, BOB, CAROL, NOW, SHOP, mr, task

TITLE = "[b][url=https://gitlab.test/acme/shop/-/merge_requests/12]!12 Payment gateway[/url][/b]"
SHOP_LINK = "[url=https://gitlab.test/acme/shop]acme/shop[/url]"
LINK = "[url=https://gitlab.test/acme/shop/-/merge_requests/12]!12 Payment gateway[/url]"
PASSED = Pipeline(
    SHOP,
    55,
    PipelineStatus.SUCCESS,
    "x",
    "abc",
    "https://gitlab.test/acme/shop/-/pipelines/55",
    NOW,
)
FULL = mr(
    "approved",
    reviewers=(Reviewer(CAROL, "requested_changes"), Reviewer(BOB, "approved")),
    approved_by=(BOB, ANN),
    pipeline=PASSED,
)


def test_a_full_card_in_english() -> None:
    assert render(build_card(FULL, "en", {1: 5, 2: 6})).split("\n") == [
        TITLE,
        "Merge request: approved; approved by [user=5]Ann[/user], [user=6]Bob[/user]",
        f"feature/B24-2103-payment-gateway → main in {SHOP_LINK}",
        "Author: [user=5]Ann[/user]",
        "Reviewers: [user=6]Bob[/user] (approved), carol (changes requested)",
        "Pipeline: [url=https://gitlab.test/acme/shop/-/pipelines/55]passed[/url]",
    ]


def test_a_full_card_in_russian() -> None:
    assert render(build_card(FULL, "ru", {1: 5, 2: 6})).split("\n") == [
        TITLE,
        "Запрос на слияние: одобрен; одобрено: [user=5]Ann[/user], [user=6]Bob[/user]",
        f"feature/B24-2103-payment-gateway → main в {SHOP_LINK}",
        "Автор: [user=5]Ann[/user]",
        "Рецензенты: [user=6]Bob[/user] (одобрено), carol (нужны изменения)",
        "Пайплайн: [url=https://gitlab.test/acme/shop/-/pipelines/55]успешно[/url]",
    ]


SENTENCES = [
    (LinkKind.MENTION, "open", "Mentions this task.", "Упоминает эту задачу."),
    (LinkKind.DENY, "open", "Says that it does not end this task.",
     "Сказано, что эту задачу он не завершает."),
    (LinkKind.PART, "merged", "Works on this task and does not end it.",
     "Часть работы по этой задаче: её не завершает."),
    (LinkKind.REVERT, "open", "Takes back the work of this task.",
     "Отменяет сделанное по этой задаче."),
    (LinkKind.REVERT, "merged", "The work of this task was taken back.",
     "Сделанное по этой задаче отменено."),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "state", "english", "russian"), SENTENCES)
def test_a_card_says_how_the_task_is_named(
    kind: LinkKind, state: str, english: str, russian: str
) -> None:
    for language, sentence in (("en", english), ("ru", russian)):
        card = build_card(replace(mr(state), author=None), language, {}, kind)
        assert render(card).split("\n")[3:] == [sentence]


@pytest.mark.parametrize("kind", [LinkKind.MOVE, LinkKind.CLOSE])
def test_the_card_of_plain_work_needs_no_such_sentence(kind: LinkKind) -> None:
    assert len(render(build_card(mr(), "en", {}, kind)).split("\n")) == len(
        render(build_card(mr(), "en", {})).split("\n")
    )


STATES = [
    ("draft", "draft", "черновик"),
    ("open", "under review", "на ревью"),
    ("approved", "approved", "одобрен"),
    ("locked", "being merged", "сливается"),
    ("merged", "merged", "слит"),
    ("closed", "closed without merging", "закрыт без слияния"),
]


@pytest.mark.parametrize(("state", "english", "russian"), STATES)
def test_the_state_of_a_merge_request_in_words(state: str, english: str, russian: str) -> None:
    lines = [render(build_card(mr(state), lang, {})).split("\n") for lang in ("en", "ru")]
    assert [line[1] for line in lines] == [
        f"Merge request: {english}",
        f"Запрос на слияние: {russian}",
    ]


NOTICES = [
    ("opened", "is ready for review (Ann)", "готов к проверке (Ann)"),
    ("approved", "is approved (Ann)", "одобрен (Ann)"),
    ("merged", "is merged (Ann)", "слит (Ann)"),
    ("closed", "is closed without merging (Ann)", "закрыт без слияния (Ann)"),
    ("reopened", "is open again (Ann)", "снова открыт (Ann)"),
]


@pytest.mark.parametrize(("milestone", "english", "russian"), NOTICES)
def test_a_notification_in_both_languages(milestone: str, english: str, russian: str) -> None:
    texts = [
        render(
            build_review_notification(ReviewEvent(milestone), mr(), task(), language=lang, users={})
        )
        for lang in ("en", "ru")
    ]
    assert texts == [
        f"Task “Checkout”: merge request {LINK} {english}",
        f"Задача «Checkout»: запрос на слияние {LINK} {russian}",
    ]


def test_a_card_whose_reference_was_removed() -> None:
    texts = [render(build_removed_card(mr(), lang)).split("\n") for lang in ("en", "ru")]
    assert texts == [
        [TITLE, "This merge request no longer names this task."],
        [TITLE, "Этот запрос на слияние больше не ссылается на задачу."],
    ]


def test_text_from_outside_never_comes_alive_in_a_card() -> None:
    evil = "[user=all]x[/user] [send=/go]y[/send]\n>>z\n[/url][url=https://evil.test]"
    card = render(
        build_card(mr(title=evil, source_branch=evil, author=Person(9, "x", evil)), "en", {9: 9})
    )
    shown = evil.replace("\n", " ").replace("[", "[\u2060")
    assert card.split("\n") == [
        f"[b][url=https://gitlab.test/acme/shop/-/merge_requests/12]!12 {shown}[/url][/b]",
        "Merge request: under review",
        f"{shown} → main in {SHOP_LINK}",
        f"Author: [user=9]{shown}[/user]",
    ]


def test_a_crowd_of_reviewers_is_counted() -> None:
    crowd = tuple(Reviewer(Person(n, f"p{n}")) for n in range(1, 10))
    lines = render(build_card(mr(reviewers=crowd), "ru", {})).split("\n")
    assert (
        lines[4] == "Рецензенты: " + ", ".join(f"p{n} (ещё нет)" for n in range(1, 7)) + ", ещё 3"
    )


def test_the_order_the_host_lists_people_in_means_nothing() -> None:
    other = replace(FULL, reviewers=FULL.reviewers[::-1], approved_by=FULL.approved_by[::-1])
    assert build_card(FULL, "en", {}) == build_card(other, "en", {})


def test_the_essence_of_a_card_is_its_title_state_and_approvals() -> None:
    text = render(build_card(FULL, "en", {1: 5}))
    assert card_summary(text) == f"{TITLE}\nMerge request: approved; approved by Ann, Bob"
