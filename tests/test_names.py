"""Names say what they hold: pronoun-like words stay below a half percent of all identifiers."""

from __future__ import annotations

import ast
import io
import keyword
import tokenize
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
ALLOWED_SHARE = 0.005

# No local and no argument is called so: the noun says what it holds.
EMPTY = frozenset(["one", "told", "found", "known", "mine", "heard", "seen", "said", "there"])
# Of all identifiers of what stands beside the product; it may only fall.
ALLOWED_SHARE_BESIDE = 0.019

# Words that stand for a thing without naming it. As parts of a name they may be right
# (`heard_at` of a clock, `found_in` of a link); as a whole name they never are.
PRONOUNS = frozenset(
    [
        "anew",
        "asked",
        "asking",
        "brought",
        "carried",
        "concerned",
        "due",
        "found",
        "gone",
        "given",
        "got",
        "heard",
        "hers",
        "his",
        "it",
        "known",
        "left",
        "made",
        "mine",
        "more",
        "named",
        "noticed",
        "nobody",
        "one",
        "ones",
        "others",
        "ours",
        "said",
        "seen",
        "shown",
        "somebody",
        "something",
        "speaking",
        "spoken",
        "such",
        "taken",
        "telling",
        "that",
        "theirs",
        "them",
        "there",
        "these",
        "they",
        "thing",
        "things",
        "this",
        "those",
        "told",
        "under_way",
        "us",
        "wanted",
        "what",
        "whatever",
        "which",
        "who",
        "whole",
        "whom",
        "whose",
        "yours",
    ]
)


def test_few_identifiers_are_pronouns() -> None:
    total, pronouns = Counter[str](), Counter[str]()
    for path in sources():
        names = list(identifiers(path))
        total[str(path)] = len(names)
        pronouns[str(path)] = sum(name.strip("_").lower() in PRONOUNS for name in names)
    worst = [f"{path}: {count}" for path, count in pronouns.most_common(20) if count]
    assert sum(pronouns.values()) <= ALLOWED_SHARE * sum(total.values()), "\n".join(worst)


def test_no_local_is_called_by_an_empty_word() -> None:
    named = {str(path.relative_to(ROOT)): EMPTY.intersection(locals_of(path)) for path in sources()}
    assert {path: names for path, names in named.items() if names} == {}


def test_empty_words_do_not_spread_in_tests_and_tools() -> None:
    names = [
        name for path in sources("tests", "bench", "demo", "tools") for name in identifiers(path)
    ]
    empty = Counter(name for name in names if name in EMPTY)
    assert empty.total() <= ALLOWED_SHARE_BESIDE * len(names), empty


def locals_of(path: Path) -> Iterator[str]:
    """Yield the names that a file binds, arguments among them."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                yield name


def sources(*rooms: str) -> list[Path]:
    """Return the files of these rooms; of the product where none is named."""
    return sorted(
        path for room in rooms or ("sync", "b24app") for path in (ROOT / room).rglob("*.py")
    )


def identifiers(path: Path) -> Iterator[str]:
    """Yield every identifier of a file as often as it is written, keywords left out."""
    for token in tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline):
        if token.type == tokenize.NAME and not keyword.iskeyword(token.string):
            yield token.string
