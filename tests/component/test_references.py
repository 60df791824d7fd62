"""The reporter finds the tasks that the app finds, in the same meaning."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reporter.named_ids import named_ids
from reporter.references import named_tasks

from sync.core.references.find import find_references
from sync.core.rules.portal import ReferenceRules

TEXTS = [
    "B24-5", "feature/B24-2103-payment", "b24-7-fix", "fix_B24-7_x", "XB24-5", "жB24-5", "B24-007",
    "B24-12345678901", "B24-1.5", "B24-5.", "see B24-5", "See also: B24-5", "oversee B24-5",
    "see B24-5, B24-6 and B24-7", "см. B24-5, B24-6 и B24-7", "Related:\n- B24-5\n- B24-6",
    "see B24-5. B24-6 is done", "Closes B24-5, see B24-6", "Закрывает задачу B24-5",
    "относится к задаче B24-5", "fixed the task B24-5", "> B24-5", "   > B24-5\nB24-6",
    "`B24-5` and B24-6", "```\nB24-5\n```\nB24-6", "~~~\nB24-5", "<!-- B24-5 --> B24-6",
    "<!-- B24-5", "https://x.test/B24-5 B24-6", "``B24-5` B24-6``", "**B24-5**", "[B24-5](x)",
    "B24-5 B24-5, see B24-5", "B24-5/B24-6", "depends on B24-5 & B24-6", "\0B24-5", "- [ ] B24-5",
    "> ```\n> B24-5\n> ```\nB24-6", "closes: *B24-5*", "part of\nB24-5", "Refs B24-5; B24-6",
]  # fmt: skip
WHERE = ["branch", "title", "description", "commit"]


def of_app(text: str, where: str, prefix: str) -> dict[int, str]:
    references = find_references(text, where, ReferenceRules(prefix=prefix))
    return {one.task_id: str(one.kind) for one in references}


@pytest.mark.parametrize("where", WHERE)
def test_both_read_a_text_alike(where: str) -> None:
    pairs = {text: (named_tasks(text, where, "B24"), of_app(text, where, "B24")) for text in TEXTS}
    assert {text: tasks for text, tasks in pairs.items() if tasks[0] != tasks[1]} == {}


WORDS = [
    "B24-5", "B24-6", "b24-70", "see", "closes", "см.", "and", "и", ",", "\n", "\n\n", "- ", "> ",
    "`", "```", "<!--", "-->", "https://x/", " ", "_", "task", "задачи", ".", "*", "[", "]",
]  # fmt: skip


@given(st.lists(st.sampled_from(WORDS), max_size=20).map("".join), st.sampled_from(WHERE))
def test_both_read_any_mixture_alike(text: str, where: str) -> None:
    assert named_tasks(text, where, "B24") == of_app(text, where, "B24")


@given(st.lists(st.sampled_from(WORDS), max_size=20).map("".join), st.sampled_from(WHERE))
def test_a_deployment_finds_the_same_tasks_without_their_sense(text: str, where: str) -> None:
    assert named_ids(text, where, "B24") == [*named_tasks(text, where, "B24")]


@pytest.mark.parametrize("where", WHERE)
def test_a_deployment_finds_the_same_tasks_in_each_text(where: str) -> None:
    pairs = {
        text: (named_ids(text, where, "B24"), named_tasks(text, where, "B24")) for text in TEXTS
    }
    assert {text: ids for text, ids in pairs.items() if ids[0] != [*ids[1]]} == {}


@pytest.mark.parametrize("prefix", ["TASK", "a.b", "X-Y", "ЗАДАЧА"])
def test_both_take_another_prefix(prefix: str) -> None:
    text = f"{prefix}-5 and {prefix.lower()}-6, not B24-7"
    assert named_tasks(text, "title", prefix) == of_app(text, "title", prefix)


def test_a_text_of_nothing_but_references_is_read() -> None:
    text = "B24-5 " * 160_000
    assert named_tasks(text, "description", "B24") == {5: "move"}
