"""Everything people are told exists in both languages."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import b24app
from b24app import texts as b24app_texts
from b24app.errors import ErrorAnswer, RequestRejected
from b24app.services import install_steps
from b24app.services.placement_login import STEPS
from sync.core.issue_sync.model import SideName
from sync.core.issue_sync.story import shown
from sync.errors import Denied, Later

ROOT = Path(b24app.__file__).parent
# Answers to other programs and to who types commands, not to people at a page.
MACHINES = {
    "routes/webhooks.py",
    "routes/youtrack_hints.py",
    "services/gitlab_connections.py",
}
FILES = [
    path
    for path in ROOT.rglob("*.py")
    if (name := path.relative_to(ROOT).as_posix()) not in MACHINES and not name.startswith("cli/")
]
SHOWN = {error.__name__ for error in (RequestRejected, ErrorAnswer, Denied, Later)}
NOT_FOR_PEOPLE = {
    "This event does not prove that it is from the portal",
    "`items` must be a list of {kind, id}",
}


def said(path: Path) -> set[str]:
    """The plain sentences that errors of a module are made of."""
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    raised = [call for call in calls if getattr(call.func, "id", "") in SHOWN]
    given = [
        value for one in raised for value in (*one.args, *(word.value for word in one.keywords))
    ]
    return {
        one.value
        for one in given
        if isinstance(one, ast.Constant) and isinstance(one.value, str) and " " in one.value
    }


SENTENCES = sorted(
    {text for file in FILES for text in said(file)} - NOT_FOR_PEOPLE
    | {
        install_steps.PENDING,
        install_steps.STARTED,
        install_steps.NOT_YET,
        install_steps.NOT_ALL,
        install_steps.PAYMENT_OVER,
    }
)


def test_pages_have_the_same_words_in_both_languages():
    assert b24app_texts.page_texts("ru").keys() == b24app_texts.page_texts("en").keys()
    assert b24app_texts.page_texts("de") == b24app_texts.page_texts("en")


def test_an_error_is_told_in_russian_too():
    assert len(SENTENCES) >= 30
    catalogue = b24app_texts._catalogue()
    known = b24app_texts.ERRORS | {key: catalogue.sentence(key) for key in catalogue.keys}
    assert [text for text in SENTENCES if text not in known] == []
    russian = {text: b24app_texts.translate("ru", text) for text in SENTENCES}
    assert {text: it for text, it in russian.items() if it != known[text]} == {}
    assert [text for text in SENTENCES if b24app_texts.translate("en", text) != text] == []


def test_a_reason_of_several_sentences_is_told_part_by_part():
    stored = (
        "Not everything worked at the installation: events. "
        "The employee who installed the application may not do this (ACCESS_DENIED)"
    )
    assert b24app_texts.translate("ru", stored) == (
        "При установке получилось не всё: События задач. "
        "У установившего приложение сотрудника нет на это прав (ACCESS_DENIED)"
    )


def test_steps_that_failed_are_called_as_the_page_calls_them():
    stored = "Not everything worked at the installation: secret, address"
    assert b24app_texts.translate("en", stored) == (
        "Not everything worked at the installation: Id and secret of the application, "
        "Public address of this service"
    )
    assert b24app_texts.translate("ru", stored) == (
        "При установке получилось не всё: Код и ключ приложения, Публичный адрес сервиса"
    )


@pytest.mark.parametrize("step", ["tokens", *STEPS])
def test_every_step_of_the_installation_has_a_name(step):
    assert f"step_{step}" in b24app_texts.page_texts("en")


def test_values_of_people_stay_as_written_and_a_vendors_own_words_are_translated():
    names = {"portal/status/2": "Pending", "tracker/status/x": "Ready at GitLab"}
    values = [
        shown({"status": "2"}, SideName.PORTAL, names),
        shown({"status": "x"}, SideName.TRACKER, names),
        shown({"title": "Pay at GitLab or later"}, SideName.TRACKER, names),
        shown({"title": ""}, SideName.PORTAL, names),
    ]
    russian = [b24app_texts.translate("ru", text) for text in values]
    assert russian == ["Ждёт выполнения", "Ready at GitLab", "Pay at GitLab or later", "ничего"]
    assert values == ["Pending", "Ready at GitLab", "Pay at GitLab or later", "nothing"]
