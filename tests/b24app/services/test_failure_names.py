"""Names of failures: every kind of object has words in both languages."""

import re
from dataclasses import replace

import pytest

from b24app.services.failure_names import FailureNames
from b24app.services.failures import Failure
from b24app.services.readable_reasons import shorten_traceback
from b24app.texts import translate
from sync.core.model.kinds import Kind
from sync.engine.backoff import format_traceback

LATIN = re.compile(r"[a-z]{3,}")
NAMES = FailureNames(projects={(1, 2): "А/Б"}, titles={}, chats={})
SHARED = {Kind.ISSUE: "issue"}  # GitLab's own word, in Russian too


@pytest.mark.parametrize("kind", Kind)
def test_a_failure_about_any_kind_is_named_in_russian(kind: Kind) -> None:
    subject_key = f"{kind}:1/2:5"
    failure = Failure("command", "9", "notify", "", "", None, "", "", subject_key)
    text = NAMES.describe(failure, "ru").replace(SHARED.get(kind, "-"), "")
    assert not LATIN.search(text), text
    assert "5" in text
    assert "А/Б" in text


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("chat:sg10", "message in the chat of workgroup Sales about branch feature/x of А/Б"),
        ("chat:sg11", "message in the chat of workgroup 11 about branch feature/x of А/Б"),
    ],
)
def test_a_chat_of_a_workgroup_is_named_by_its_title(place: str, text: str) -> None:
    names = replace(NAMES, workgroups={10: "Sales"})
    failure = Failure("command", "9", "message", "", "", None, "", place, "branch:1/2:feature/x")
    assert names.describe(failure) == text


def test_a_fault_of_our_own_is_said_in_a_line_not_as_a_traceback() -> None:
    try:
        raise RuntimeError("no such column: x\n[SQL: SELECT x]")
    except RuntimeError as error:
        reason = format_traceback(error)
    assert shorten_traceback(reason) == (
        "A fault of this application: RuntimeError: no such column: x. "
        "The log of its worker says where"
    )
    assert translate("ru", shorten_traceback(reason)).startswith(
        "Сбой самого приложения: RuntimeError: no such column: x. "
    )
    assert (
        shorten_traceback("The employee who installed the application may not do this")
        == "The employee who installed the application may not do this"
    )
