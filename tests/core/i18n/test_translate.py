"""Every sentence says the same in both languages, and code names no sentence that is not there.

Babel reads the catalogues here as any tool for translators would.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from gettext import c2py
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from sync.core.i18n import translate as module
from sync.core.i18n.catalogue import parse_catalogue
from sync.core.i18n.translate import (
    LANGUAGES,
    get_sentence,
    has_sentence,
    translate,
    translate_inline,
)
from sync.core.model.deployments import DeploymentStatus
from sync.core.model.merge_requests import MergeRequestState, ReviewEvent
from sync.core.model.pipelines import PipelineStatus
from sync.core.model.tasks import Step, TaskStatus
from sync.text.tree import Strong, Text

ROOT = Path(__file__).parents[3]
LOCALE = ROOT / "sync/core/i18n/locale"
PLACE = re.compile(r"\{(\w+)\}")


def catalogue(language: str) -> Catalog:
    with (LOCALE / f"{language}.po").open("rb") as file:
        return read_po(file, abort_invalid=True)


def forms(message: Message) -> tuple[str, ...]:
    return message.string if message.pluralizable else (message.string,)


def key_of(message: Message) -> str:
    return message.id[0] if message.pluralizable else message.id


CATALOGUES = {language: catalogue(language) for language in LANGUAGES}
MESSAGES = {
    language: {key_of(message): message for message in messages if message.id}
    for language, messages in CATALOGUES.items()
}
KEYS = sorted(MESSAGES["en"])


def test_both_languages_have_the_same_sentences() -> None:
    assert MESSAGES["ru"].keys() == MESSAGES["en"].keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_tool_reads_the_same_sentences(language: str) -> None:
    assert CATALOGUES[language].locale.language == language
    form_of = c2py(CATALOGUES[language].plural_expr)
    for key, message in MESSAGES[language].items():
        for number in range(30):
            form = form_of(number) if message.pluralizable else 0
            assert get_sentence(language, key, number) == forms(message)[form]


def placeholders(key: str) -> set[tuple[str, ...]]:
    """Return the placeholders of each form of a sentence, in both languages."""
    messages = [MESSAGES[language][key] for language in LANGUAGES]
    return {tuple(sorted(PLACE.findall(form))) for message in messages for form in forms(message)}


def test_both_languages_have_the_same_places() -> None:
    assert {key: different for key in KEYS if len(different := placeholders(key)) != 1} == {}


def test_a_sentence_has_plural_forms_in_both_languages_or_in_none() -> None:
    english, russian = (MESSAGES[language] for language in LANGUAGES)
    assert [key for key in KEYS if english[key].pluralizable != russian[key].pluralizable] == []


def flaws(language: str, key: str) -> list[str]:
    """Return what a translator has left undone in a sentence."""
    message = MESSAGES[language][key]
    wanted = CATALOGUES[language].num_plurals if message.pluralizable else 1
    checks = {
        f"{len(forms(message))} forms instead of {wanted}": len(forms(message)) == wanted,
        "an empty form": all(form.strip() for form in forms(message)),
        "marked as fuzzy": not message.fuzzy,
        "another key for the plural": not message.pluralizable or message.id == (key, key),
    }
    return [flaw for flaw, right in checks.items() if not right]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_form_is_missing_empty_or_doubtful(language: str) -> None:
    assert {key: undone for key in KEYS if (undone := flaws(language, key))} == {}


def test_russian_is_written_in_cyrillic() -> None:
    texts = [(key, PLACE.sub("", form)) for key in KEYS for form in forms(MESSAGES["ru"][key])]
    assert [(key, text) for key, text in texts if re.search("[A-Za-z]", text)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sentence_is_one_line_and_nothing_else_changes_with_it(language: str) -> None:
    text = (LOCALE / f"{language}.po").read_text()
    assert not re.search("Date|Revision|Generator", text)
    assert max(text.split("\n\n", 1)[1].count(f"\n{start}") for start in ('"', "#:", "#,")) == 0


# Code names a sentence by its key, or by a family of keys: f"pipeline {status}".


def modules() -> Iterator[ast.Module]:
    """Those that speak with these sentences."""
    for path in sorted([*ROOT.glob("sync/**/*.py"), *ROOT.glob("b24app/**/*.py")]):
        if "sync.core.i18n.translate import" in (text := path.read_text()):
            yield ast.parse(text)


def spoken(module: ast.Module) -> Iterator[ast.expr]:
    """What stands for the key in each call; for a variable, what the module puts into it."""
    given = [node for node in ast.walk(module) if isinstance(node, ast.Assign)]
    for node in ast.walk(module):
        match node:
            case (
                ast.Call(
                    func=ast.Name(id="translate" | "translate_inline" | "get_sentence"),
                    args=[_, key, *_],
                )
                | ast.Call(func=ast.Name(id="has_sentence"), args=[key])
            ):
                yield from either(key)
                for one in given if isinstance(key, ast.Name) else ():
                    if any(isinstance(to, ast.Name) and to.id == key.id for to in one.targets):
                        yield from either(one.value)


def either(key: ast.expr) -> tuple[ast.expr, ...]:
    return (key.body, key.orelse) if isinstance(key, ast.IfExp) else (key,)


def family(key: ast.JoinedStr) -> re.Pattern[str]:
    return re.compile(
        "".join(
            re.escape(part.value) if isinstance(part, ast.Constant) else ".+" for part in key.values
        )
    )


def test_every_key_in_the_code_is_in_the_catalogues() -> None:
    keys = [key for module in modules() for key in spoken(module)]
    literal = {key.value for key in keys if isinstance(key, ast.Constant)}
    families = [family(key) for key in keys if isinstance(key, ast.JoinedStr)]
    assert len(literal) > 30
    assert len(families) > 5
    assert literal - set(KEYS) == set()
    assert [one for one in families if not any(map(one.fullmatch, KEYS))] == []


def test_every_sentence_is_named_in_the_code() -> None:
    nodes = [node for module in modules() for node in ast.walk(module)]
    literal = {node.value for node in nodes if isinstance(node, ast.Constant)}
    families = [family(node) for node in nodes if isinstance(node, ast.JoinedStr)]
    families = [one for one in families if re.match(r"\w+\\ ", one.pattern)]
    rest = set(KEYS) - literal
    assert {key for key in rest if not any(one.fullmatch(key) for one in families)} == set()


_D = DeploymentStatus


def test_every_word_of_the_model_has_a_phrase() -> None:
    keys = [
        *(f"pipeline {status}" for status in PipelineStatus),
        *(f"review notification {milestone}" for milestone in ReviewEvent),
        *(f"status {status}" for status in TaskStatus),
        *(f"step {step}" for step in Step),
        *(
            "merge request " + {"opened": "review", "locked": "merging"}.get(state, state)
            for state in MergeRequestState
        ),
        *(
            f"environment {status}"
            for status in (_D.SUCCESS, _D.FAILED, _D.CANCELED, _D.BLOCKED, _D.REJECTED)
        ),
    ]
    assert len(keys) > 30
    assert [key for key in keys if not has_sentence(key)] == []


def test_values_with_braces_stay_as_they_are() -> None:
    assert (
        translate("en", "merge request described", iid=1, title="{iid} {0} \\1")
        == "!1 “{iid} {0} \\1”"
    )


def test_nodes_stand_in_the_places_of_a_phrase() -> None:
    bold = Strong((Text("main"),))
    assert translate_inline("ru", "card branches", source="{a}", target=bold, project="p") == (
        Text("{a} → "),
        bold,
        Text(" в p"),
    )


def test_an_unknown_language_is_english() -> None:
    assert get_sentence("de", "merge request merged") == "merged"


@pytest.fixture
def plural(monkeypatch: pytest.MonkeyPatch) -> str:
    """The key of a plural, told by the plural rules of the catalogues themselves."""
    told = {
        "en": ("{count} commit", "{count} commits"),
        "ru": ("{count} коммит", "{count} коммита", "{count} коммитов"),
    }
    for language, texts in told.items():
        head = (LOCALE / f"{language}.po").read_text().split("\n\n")[0]
        lines = "\n".join(f'msgstr[{number}] "{text}"' for number, text in enumerate(texts))
        text = f'{head}\n\nmsgid "commits"\nmsgid_plural "commits"\n{lines}\n'
        monkeypatch.setitem(module._CATALOGUES, language, parse_catalogue(text))
    return "commits"


@pytest.mark.parametrize(
    ("count", "english", "russian"),
    [
        (0, "0 commits", "0 коммитов"),
        (1, "1 commit", "1 коммит"),
        (2, "2 commits", "2 коммита"),
        (4, "4 commits", "4 коммита"),
        (5, "5 commits", "5 коммитов"),
        (11, "11 commits", "11 коммитов"),
        (12, "12 commits", "12 коммитов"),
        (21, "21 commits", "21 коммит"),
        (22, "22 commits", "22 коммита"),
        (111, "111 commits", "111 коммитов"),
    ],
)
def test_the_number_chooses_the_form(plural: str, count: int, english: str, russian: str) -> None:
    assert translate("en", plural, count=count) == english
    assert translate("ru", plural, count=count) == russian
    assert translate_inline("ru", plural, count=count) == (Text(russian),)
