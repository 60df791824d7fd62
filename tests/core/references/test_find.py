"""Which tasks a text names, as a table of named cases."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.core.model.tasks import LinkKind, Reference
from sync.core.references.find import MAX_TASKS, find_references, strongest_references
from sync.core.references.keywords import CLOSING_WORDS, MENTION_WORDS
from sync.core.references.safe_pattern import pattern_problem
from sync.core.rules.portal import ReferenceRules
from tests.depth import depth

RULES = ReferenceRules()
MOVE, MENTION, CLOSE = LinkKind.MOVE, LinkKind.MENTION, LinkKind.CLOSE

BRANCHES = {
    "a feature branch": ("feature/B24-2103-payment-gateway", [2103]),
    "the reference alone": ("B24-7", [7]),
    "lower case": ("b24-7-fix", [7]),
    "between underscores": ("fix_B24-7_payment", [7]),
    "after a hyphen": ("fix-B24-7", [7]),
    "two tasks": ("B24-7-and-B24-8", [7, 8]),
    "the same task twice": ("B24-7/B24-7", [7]),
    "ten digits": ("B24-1234567890", [1234567890]),
    "eleven digits are no id": ("B24-12345678901", []),
    "zero is no id": ("B24-0", []),
    "a leading zero is no id": ("B24-007", []),
    "letters touch the digits": ("B24-12abc", []),
    "letters touch the prefix": ("XB24-5", []),
    "cyrillic letters touch the prefix": ("жB24-5", []),
    "digits touch the prefix": ("1B24-5", []),
    "no digits": ("B24-main", []),
    "no reference": ("main", []),
    "a keyword means nothing in a branch": ("see-B24-5", [5]),
    "a hash of code is no code span in a branch": ("`B24-5`", [5]),
}


@pytest.mark.parametrize(("branch", "ids"), BRANCHES.values(), ids=BRANCHES)
def test_a_branch_moves_the_tasks_it_names(branch: str, ids: list[int]) -> None:
    assert find_references(branch, "branch", RULES) == tuple(
        Reference(i, MOVE, "branch") for i in ids
    )


PROSE = {
    "plain": ("B24-5", {5: MOVE}),
    "in a sentence": ("Payment for B24-5.", {5: MOVE}),
    "in brackets": ("[B24-5] Payment", {5: MOVE}),
    "before a colon": ("B24-5: payment", {5: MOVE}),
    "a version number": ("B24-1.5", {}),
    "see": ("see B24-5", {5: MENTION}),
    "See, with a colon": ("See: B24-5", {5: MENTION}),
    "see also": ("see also B24-5", {5: MENTION}),
    "related to": ("Related to B24-5", {5: MENTION}),
    "relates to": ("relates to B24-5", {5: MENTION}),
    "refs": ("refs B24-5", {5: MENTION}),
    "part of": ("part of B24-5", {5: MENTION}),
    "see task": ("see the task B24-5", {5: MENTION}),
    "oversee is not see": ("oversee B24-5", {5: MOVE}),
    "see some words before": ("see the docs for B24-5", {5: MOVE}),
    "a list": ("see B24-5, B24-6 and B24-7", {5: MENTION, 6: MENTION, 7: MENTION}),
    "a list with a serial comma": (
        "see B24-5, B24-6, and B24-7",
        {5: MENTION, 6: MENTION, 7: MENTION},
    ),
    "a list in Russian": ("см. B24-5, B24-6 и B24-7", {5: MENTION, 6: MENTION, 7: MENTION}),
    "a bulleted list": ("Related:\n- B24-5\n- B24-6", {5: MENTION, 6: MENTION}),
    "a list ends with the sentence": ("see B24-5. B24-6 is done", {5: MENTION, 6: MOVE}),
    "a list of two meanings": ("Closes B24-5, see B24-6", {5: CLOSE, 6: MENTION}),
    "см.": ("см. B24-5", {5: MENTION}),
    "см without its dot, in brackets": ("(см B24-5)", {5: MENTION}),
    "смотри": ("Смотри B24-5", {5: MENTION}),
    "связано с": ("связано с B24-5", {5: MENTION}),
    "относится к задаче": ("относится к задаче B24-5", {5: MENTION}),
    "closes": ("Closes B24-5", {5: CLOSE}),
    "fixed": ("fixed: B24-5", {5: CLOSE}),
    "resolves, a list": ("Resolves B24-5 and B24-6", {5: CLOSE, 6: CLOSE}),
    "resolves task": ("resolves task B24-5", {5: CLOSE}),
    "implements, in bold": ("Implements **B24-5**", {5: CLOSE}),
    "закрывает": ("Закрывает B24-5", {5: CLOSE}),
    "исправлено": ("исправлено: B24-5", {5: CLOSE}),
    "решает задачу": ("решает задачу B24-5", {5: CLOSE}),
    "disclose is not close": ("disclose B24-5", {5: MOVE}),
    "the strongest counts": ("see B24-5, it is B24-5 that this closes: B24-5", {5: CLOSE}),
    "a mention does not weaken": ("B24-5 (see B24-5)", {5: MOVE}),
    "a code span": ("`B24-5` and B24-6", {6: MOVE}),
    "a code span of two backticks": ("``a ` B24-5`` B24-6", {6: MOVE}),
    "a lone backtick is no code": ("it's ` B24-5", {5: MOVE}),
    "a code span ends with its paragraph": ("` a\n\nB24-5 `", {5: MOVE}),
    "a fence": ("```\nB24-5\n```\nB24-6", {6: MOVE}),
    "a fence with a language": ("```sh\nB24-5\n```", {}),
    "a fence of tildes": ("~~~\nB24-5\n```\nB24-6\n~~~\nB24-7", {7: MOVE}),
    "a fence that nobody closes": ("```\nB24-5", {}),
    "a longer fence holds a shorter one": ("````\n```\nB24-5\n````\nB24-6", {6: MOVE}),
    "a comment of a template": ("<!-- Closes B24-5 -->\nB24-6", {6: MOVE}),
    "a comment nobody closes": ("<!-- B24-5", {5: MOVE}),
    "a quote only mentions": ("> B24-5", {5: MENTION}),
    "a quote never closes": ("> Closes B24-5\n\nB24-6", {5: MENTION, 6: MOVE}),
    "an address is no reference": ("https://host.test/B24-5", {}),
    "the text of a link is": ("[B24-5](https://host.test/B24-6)", {5: MOVE}),
    "windows line ends": ("> a\r\nB24-5\r\n", {5: MOVE}),
    "an empty text": ("", {}),
}


@pytest.mark.parametrize("where", ["title", "description", "commit"])
def test_prose_names_tasks(where: str) -> None:
    references = {
        name: set(find_references(text, where, RULES)) for name, (text, _) in PROSE.items()
    }
    assert references == {
        name: {Reference(task_id, kind, where) for task_id, kind in kinds.items()}
        for name, (_, kinds) in PROSE.items()
    }


def kinds_of(text: str, where: str) -> list[LinkKind]:
    return [reference.kind for reference in find_references(text, where, RULES)]


FORMS = (
    "compare|compare with|ref|ref.|refs|refs.|refer to|refers "
    "to|reference|references|related|related to|relates|relates to|relating "
    "to|mention|mentions|blocked by|follow up to|follows|follow up of|follow up for|duplicate "
    "of|duplicates|dup of|dupe of|duplicate|split from|split out of|spun off from|left "
    "to|moved to|postponed to|deferred to|waits for|waiting for|waiting on|leftover "
    "from|leftovers from|leftovers of|same bug as|same problem as|dup|same issue as|blocked "
    "on|follow up on|followup to|followup|fallout of|fallout from|left over from|split off "
    "from|follows up on|compare to|смотри|смотри также|смотрите|относится к|относятся "
    "к|упоминает|упоминание|блокируется|блокирует|дубль|дубликат|дублирует|дублируется|сломано "
    "в|сломалось в|сломалось после|появилось в|появилось после|не относится к|не относятся "
    "к|не касается|не затрагивает|подробности в|дублем|подробнее "
    "в|подробнее|подробности|нашли в|нашел в|нашёл в|introduced with|closed with|fixed "
    "with|resolved with|fixed by|fixed in|closed in|caused by|introduced in|reverted by|seen "
    "in|done in|regression from|вызвана|регрессия из|связана с|исправлено в|закрыты в|после "
    "закрытия|без исправления"
)


def test_every_mentioning_word_only_mentions() -> None:
    words = [*MENTION_WORDS, *FORMS.split("|")]
    kinds = {word: kinds_of(f"This: {word} B24-5", "description") for word in words}
    assert len(kinds) > 50
    assert {word: kind for word, kind in kinds.items() if kind != [MENTION]} == {}


def test_every_closing_word_closes() -> None:
    kinds = {word: kinds_of(f"{word.capitalize()} B24-5", "title") for word in CLOSING_WORDS}
    assert len(kinds) > 70
    assert {word: kind for word, kind in kinds.items() if kind != [CLOSE]} == {}


def test_a_branch_that_moves_outweighs_a_description_that_mentions() -> None:
    found = strongest_references(
        (
            *find_references("see B24-5", "description", RULES),
            *find_references("fix/B24-5", "branch", RULES),
        )
    )
    assert found == {5: Reference(5, MOVE, "branch")}


def test_another_prefix_is_looked_for_as_it_is_written() -> None:
    rules = ReferenceRules(prefix="C++.TASK")
    assert [r.task_id for r in find_references("c++.task-5 B24-6 C++xTASK-7", "title", rules)] == [
        5
    ]


def test_a_pattern_of_ones_own_takes_the_place_of_the_prefix() -> None:
    rules = ReferenceRules(pattern=r"(?:task|задача)[ #]{0,2}(?P<id>[0-9]{1,10})\b")
    references = find_references("See task #5. Задача 6 B24-7\ntask 0", "description", rules)
    assert {(r.task_id, r.kind) for r in references} == {(5, MENTION), (6, MOVE)}


def test_a_pattern_of_ones_own_finds_tasks_deep_in_a_long_line() -> None:
    rules = ReferenceRules(pattern=r"#(?P<id>[0-9]{1,10})\b")
    text = "word " * 700 + "#5 " + "x" * 3000 + " #6"
    assert [r.task_id for r in find_references(text, "description", rules)] == [5, 6]


def test_a_text_full_of_tasks_is_cut_at_a_limit() -> None:
    text = " ".join(f"B24-{n}" for n in range(1, 500))
    assert [r.task_id for r in find_references(text, "description", RULES)] == list(
        range(1, MAX_TASKS + 1)
    )


PATTERNS = {
    "the usual kind": (r"TASK-(?P<id>\d+)\b", None),
    "an optional word": (r"(?:task )?#(?P<id>[1-9]\d{0,9})", None),
    "quantifiers in a set": (r"[(*+]{1,2}(?P<id>\d+)", None),
    "not closed": (r"(?P<id>", "not a regular expression: "),
    "no group": (r"TASK-\d+", "a reference pattern has exactly one named group, (?P<id>...)"),
    "another group": (r"(?P<x>a)(?P<id>\d)", "a reference pattern has exactly one named group"),
    "repeated repeat": (r"(a+)+(?P<id>\d)", "a repeated group may not repeat or choose inside"),
    "repeated choice": (r"(?:a|aa)*(?P<id>\d)", "a repeated group may not repeat or choose"),
    "repeated repeat, deeper": (r"((ab*))+(?P<id>\d)", "a repeated group may not repeat"),
    "a back reference": (r"(a)\1(?P<id>\d)", "a reference pattern has no back references"),
    "too long": ("a" * 300 + r"(?P<id>\d)", "a reference pattern has at most 200 characters"),
}


@pytest.mark.parametrize(("pattern", "problem"), PATTERNS.values(), ids=PATTERNS)
def test_a_pattern_that_may_not_be_used_says_why(pattern: str, problem: str | None) -> None:
    said = pattern_problem(pattern)
    assert said is None if problem is None else said is not None and said.startswith(problem)


PIECES = ["B24-5", " ", "see ", "Closes ", "`", "```\n", "> ", "\n", ", ", "<!--", "-->", "и ", "x",
          "https://", "[", "](", "*", "\r\n", "\0"]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join) | st.text())
def test_any_text_is_read(text: str) -> None:
    assert all(
        r.task_id > 0 for where in ("branch", "title") for r in find_references(text, where, RULES)
    )


@given(st.lists(st.builds(Reference, st.integers(1, 4), st.sampled_from(LinkKind)), max_size=8))
def test_the_strongest_reference_counts_in_any_order(references: list[Reference]) -> None:
    kinds = {task: ref.kind for task, ref in strongest_references(references).items()}
    assert kinds == {task: ref.kind for task, ref in strongest_references(references[::-1]).items()}


@pytest.mark.parametrize("piece", [*PIECES, "B24-", "see B24-5, ", "` `` ", "see also the tasks "])
def test_the_work_grows_no_faster_than_the_text(piece: str) -> None:
    """Counted in calls of Python functions, which no regular expression here outweighs."""
    lengths = 1_500 * depth(3), 12_000 * depth(3)
    short, long = (_calls(piece * (length // len(piece))) for length in lengths)
    assert long <= 8 * short + 200


def _calls(text: str) -> int:
    count = 0

    def note(*_: object) -> None:
        nonlocal count
        count += 1

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        find_references(text, "description", RULES)
    finally:
        sys.setprofile(before)
    return count
