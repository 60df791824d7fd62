"""Answers of GraphQL that are refusals, by what they mean."""

from __future__ import annotations

from typing import Any

import pytest

from sync.errors import Later, Refused
from sync.gitlab.issues.asking import Instance, NotSpoken, TooMuch, ask, ask_one, mutate


class Scripted:
    """Answers in turn; `queries` keeps what was asked."""

    def __init__(self, *answers: dict[str, Any]) -> None:
        self.answers, self.queries = list(answers), []

    def graphql(self, query: str, **variables: Any) -> dict[str, Any]:
        self.queries.append((query, variables))
        return self.answers.pop(0)


def errors(message: str, **more: Any) -> dict[str, Any]:
    return {"errors": [{"message": message, **more}]}


HIDDEN = (
    "The resource that you are attempting to access does not exist or you don't have permission "
    "to perform this action"
)
TIMED_OUT = "Request timed out. Please try a less complex query or a smaller set of records."


@pytest.mark.parametrize(
    ("message", "part"),
    [
        ("No such type WorkItemWidgetStatus, so it can't be a fragment condition", "status"),
        ("Field 'category' doesn't exist on type 'WorkItemStatus'", "category"),
        ("Field 'lastEditedAt' doesn't exist on type 'Note'", "note_edited"),
        ("Field 'lastEditedAt' doesn't exist on type 'WorkItemWidgetDescription'", "edited"),
        ("Field 'workItems' doesn't accept argument 'updatedAfter'", "updated_after"),
    ],
)
def test_what_is_missing_is_left_out_and_remembered(message: str, part: str) -> None:
    instance, client = Instance(), Scripted(errors(message), {"data": {"a": 1}})
    answer = ask(client, instance, lambda: " ".join(sorted(instance.lacking)))  # type: ignore[arg-type]
    assert (answer, instance.lacking) == ({"a": 1}, {part})
    assert [query for query, _ in client.queries] == ["", part]


def test_only_variables_that_a_question_has_are_sent() -> None:
    client = Scripted({"data": {}})
    ask(client, Instance(), lambda: "query($path: ID!) {}", path="a", since="b")  # type: ignore[arg-type]
    assert client.queries == [("query($path: ID!) {}", {"path": "a"})]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (errors("Query has complexity of 300, which exceeds max complexity of 250"), TooMuch),
        (errors(TIMED_OUT), TooMuch),
        (errors('Parse error on "}"'), NotSpoken),
        ({"data": None, **errors("Something else")}, Refused),
        ({"data": {"project": None}, **errors(HIDDEN, path=["project"])}, Refused),
    ],
)
def test_what_a_refusal_means(answer: dict, error: type) -> None:
    with pytest.raises(error):
        ask(Scripted(answer), Instance(), lambda: "query {}")  # type: ignore[arg-type]


def test_hidden_items_are_null() -> None:
    answer = {"data": {"i1": None, "i2": {}}, **errors(HIDDEN, path=["i1"])}
    assert ask(Scripted(answer), Instance(), lambda: "") == {"i1": None, "i2": {}}  # type: ignore[arg-type]


def test_a_question_that_cannot_be_smaller_is_asked_later() -> None:
    with pytest.raises(Later) as caught:
        ask_one(Scripted(errors(TIMED_OUT)), Instance(), lambda: "")  # type: ignore[arg-type]
    assert caught.value.sent is False


@pytest.mark.parametrize(
    ("answer", "error", "code", "sent"),
    [
        (errors(TIMED_OUT), Later, "timeout", True),
        ({"data": {"x": {"errors": ["No"]}}}, Refused, "graphql", False),
        ({"data": {"x": None}, **errors(HIDDEN, path=["x"])}, Refused, "404", False),
        (
            {"data": {"x": None}, **errors("No", extensions={"needs_captcha_response": True})},
            Refused,
            "spam",
            False,
        ),
        (
            {"data": {"x": None}, **errors("409 Conflict: Resource lock")},
            Later,
            "409",
            False,
        ),
        (
            {"data": {"x": None}, **errors("This endpoint has been requested too many times.")},
            Later,
            "429",
            False,
        ),
    ],
)
def test_what_a_refused_write_means(answer: dict, error: type, code: str, sent: bool) -> None:
    with pytest.raises(error) as caught:
        mutate(Scripted(answer), Instance(), lambda: "mutation {}")  # type: ignore[arg-type]
    assert (caught.value.code, getattr(caught.value, "sent", False)) == (code, sent)
