"""Every sentence is there in Russian, with the same places, and a Russian reader reads no other."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from b24app import texts
from b24app.texts import translate
from sync.core.i18n.translate import translate as phrase
from sync.core.issue_sync.model import SideName
from sync.errors import Refused
from sync.sentences import Sentence, decode_sentence, encode_sentence, sentence
from sync.store import portals
from sync.store.db.database import read, write
from sync.store.rows import Installation, PortalTokens
from sync.store.vault import Vault
from tests.engine.world import KEY

ROOT = Path(__file__).parents[2]
SAYING = {
    "sentence", "as_sentence", "say", "print_lines", "print_problems", "LookupError", "add_parser",
    "Later", "Denied", "Refused", "RequestRejected", "Finding", "Problem", "value_error", "BadCopy",
    "DatabaseInUse", "NewerDatabase", "BrokenReferences",
}  # fmt: skip
# Names of things, which are the same in every language.
NAMES = re.compile(
    r"`[^`]*`|https?://\S*|\d{4}-\d\d-\d\dT\S*|\b[A-Z][A-Z0-9_]{2,}\b|--[a-z-]+|[\w./-]*\.(?:com|env|ya?ml|pem|ru)\b"
    r"|\b[0-9a-f]{12}\b|/[\w./-]+|\b\w+\.v2\b|acme/\w+#?\d*|\b[a-z]+_[a-z_]+\b|\{[^}]*\}|\[[^\]]*\]|[<>=:]\w+"
    r"|\d{4}-\d\d-\d\dT\d\d:\d\d"
)
PRODUCTS = frozenset(
    """
    acme add administration alerts all api app apply apps aud auth b24 b24bridge backfill backup
    base64 basic batch bbcode bearer bitrix bitrix24 bind bot branches bridge ca caddy cd chat58 ci
    command comments commits conflicts connection connectionerror context corp custom data date
    debug delete deployments description developer dir dirty discovery doctor domain en enter enum
    env
    error europe event events explain export false file frontend get gitlab graphql group guest
    hooks host http https id id-token iid im imbot info inputs install installed int
    integrations issue issuer issues json key link list local location main maintainer make
    member member_id merge_requests migrate min minimum moscow movetask n name nginx null oauth
    only options owner path payment pem period pip pipeline pipelines placement planner portal
    post postgresql premium prod profile project prometheus put read redis ref release releases
    replay reporter rest restore resume role root ru rules safe scope scrum serve server
    settings sg10 shop since site socks5 sources spec sqlite stages stand-in state status stored
    success sync systemd tags task tasks team template test text the title tls token tokens
    tracker trigger true type url use user utc utf value variables warning was web webhook
    worker y yaml yes youtrack zip
    """.split()  # noqa: SIM905 - as words they fill lines
)


def constants(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Constant(value=str() as text):
            yield text
        case ast.IfExp(body=body, orelse=other):
            yield from constants(body)
            yield from constants(other)


@cache
def trees() -> dict[str, ast.Module]:
    """Return every file of the product, parsed."""
    paths = [*(ROOT / "sync").rglob("*.py"), *(ROOT / "b24app").rglob("*.py")]
    return {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text("utf-8")) for path in paths}


@cache
def said() -> dict[str, str]:
    """Every sentence that code says, with the file that says it."""
    found: dict[str, str] = {}
    for file, tree in trees().items():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name not in SAYING:
                continue
            words = {"help", "cause", "change"}
            values = node.args[:1] if name == "sentence" else [
                *node.args, *(word.value for word in node.keywords if word.arg in words)
            ]  # fmt: skip
            for value in values:
                for text in constants(value):
                    if name == "sentence" or " " in text.strip():
                        found[text] = file
    return found


def places(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def test_every_sentence_is_there_in_russian():
    known = texts._catalogue().keys | texts._OLDER.keys()
    words = {
        text: file
        for text, file in said().items()
        if re.search(r"[a-z]{2}", re.sub(r"\{\w+\}", "", text))
    }
    machines = {"sync/store/db/types.py", "sync/store/db/database.py", "sync/store/db/bulk.py"}
    missing = {text: file for text, file in words.items() if text not in known}
    assert len(words) > 700
    assert {text for text, file in missing.items() if file not in machines} == set()


def phrases(nodes: Iterable[ast.AST | None]) -> set[str]:
    """Return the sentences among these nodes: constants of several words."""
    return {
        node.value
        for node in nodes
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.search(r"[a-z,]{2} [a-z]{2}", node.value)
    }


def groups(tree: ast.Module) -> Iterator[set[str]]:
    """Yield sentences that stand beside each other: in a table or an enumeration."""
    for node in ast.walk(tree):
        match node:
            case ast.Dict(values=values):
                yield phrases(values)
            case ast.Tuple(elts=values) | ast.List(elts=values) | ast.Set(elts=values):
                yield phrases(values)
            case ast.ClassDef(body=body):
                yield phrases(line.value for line in body if isinstance(line, ast.Assign))


def given_by_name(tree: ast.Module) -> Iterator[str]:
    """Yield the sentences of the file that a call of SAYING is given by their name."""
    values = {
        target.id: line.value
        for line in tree.body
        if isinstance(line, ast.Assign)
        for target in line.targets
        if isinstance(target, ast.Name)
    }
    for call in ast.walk(tree):
        if isinstance(call, ast.Call):
            name = getattr(call.func, "id", getattr(call.func, "attr", ""))
            if name in SAYING:
                yield from phrases(
                    values.get(value.id) for value in call.args if isinstance(value, ast.Name)
                )


# What GitLab itself says, and tables of both languages (tests/b24app/test_texts.py holds them).
NOT_OURS = {"sync/gitlab/api/pipelines.py", "b24app/texts.py", "b24app/texts_health.py"}


def test_sentences_of_tables_and_constants_are_there_in_russian():
    """A table speaks to people where most of its sentences have a Russian one."""
    russian = texts._catalogue().keys
    looked_at: set[str] = set()
    missing: dict[str, str] = {}
    for file, tree in trees().items():
        if file in NOT_OURS:
            continue
        spoken = [group for group in groups(tree) if 2 * len(group & russian) > len(group)]
        sentences = set(given_by_name(tree)).union(*spoken)
        looked_at |= sentences
        without = sentences - russian
        missing |= {text: file for text in without if translate("ru", text) == text}
    assert len(looked_at) > 100
    assert missing == {}


# Files that say no sentence of their own before they are told to, beside those that the catalogue
# names above its sentences.
SPEAKING_TOO = {
    "b24app/cli/new_token.py", "b24app/errors.py", "b24app/services/chosen_portal.py",
    "b24app/services/outside.py", "sync/bitrix24/issue_sync/planning_choices.py",
    "sync/core/issue_sync/fields.py", "sync/core/issue_sync/status_notes.py",
    "sync/engine/issue_sync/link_rules.py", "sync/gitlab/api/connection_errors.py",
    "sync/gitlab/api/error_meanings.py", "sync/gitlab/api/pipelines.py",
    "sync/settings/apply_guards.py", "sync/youtrack/issues/planning.py",
    "sync/youtrack/issues/true_authors.py",
}  # fmt: skip
# What is given to these is a pattern, or read by machines and in logs.
SILENT = {
    "compile", "search", "match", "fullmatch", "startswith", "endswith", "warning", "info",
    "error", "exception", "text", "InvalidToken", "GaugeMetricFamily", "CounterMetricFamily",
    "UnrecognisedEvent", "ConnectTimeout", "exec_driver_sql", "execute",
}  # fmt: skip
# Queries, names, patterns of other programs' texts, keys of sentences that have both languages,
# and why a subject was looked at again, which the audit keeps.
NO_SENTENCES = re.compile(
    r"^\s*query\(|^\n {8}|^PRAGMA |^SELECT |^VACUUM |\(\?P<|\\w|\.\*|^POST /api/graphql|"
    r"^\(no event|^(?:GET )?a file$|^reporter: me sort|^no such project$|^Minimal Access$|"
    r"^own account \w+|^trigger token$|^waits for$|^b24bridge backfill$|"
    r"^listens on$|^public URL$|^\n  File|^date and time$|^a person$|"
    r"^expected .*argument|^mapping values are|^found unexpected end|"
    r"^could not find|^somebody has seen it$|^it was given to somebody$|^no answer: decided anew$|"
    r"^the answer to a write was lost$"
)


def spoken(tree: ast.Module) -> Iterator[str]:
    """Yield the texts of several words that a file may say."""
    silent: set[ast.AST] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.Constant() as text):
                silent.add(text)
            case ast.Dict(keys=keys):
                silent.update(key for key in keys if key)
            case ast.JoinedStr(values=values):
                silent.update(values)
            case ast.Compare():
                silent.update(ast.walk(node))
            case ast.Call(func=called):
                if getattr(called, "id", getattr(called, "attr", "")) in SILENT:
                    silent.update(ast.walk(node))
    for node in ast.walk(tree):
        if node not in silent and isinstance(node, ast.Constant) and isinstance(node.value, str):
            words = re.sub(r"\{\w*\}", "", node.value).strip()
            if re.search(r"[A-Za-z]{2}", words) and " " in node.value.strip():
                yield node.value


def test_files_that_speak_say_nothing_without_its_russian():
    """So a sentence that is removed from the catalogue is missed, wherever it stands."""
    catalogue = (ROOT / "b24app/locale/ru.po").read_text("utf-8")
    files = {*re.findall(r"^# (\S+\.py)$", catalogue, re.MULTILINE), *SPEAKING_TOO}
    assert files <= trees().keys()
    russian = texts._catalogue().keys
    texts_by_file = {file: set(spoken(trees()[file])) for file in files}
    assert len(russian & set().union(*texts_by_file.values())) > 1000
    missing = {
        text: file
        for file, sentences in texts_by_file.items()
        for text in sentences - russian
        if translate("ru", text) == text and not NO_SENTENCES.search(text)
        if file not in NOT_OURS or text[0].isupper()  # GitLab's own words begin small there
    }
    assert missing == {}


def test_what_is_put_together_or_said_by_the_system_is_there_in_russian():
    assert texts._catalogue().keys >= OF_THE_SYSTEM | PUT_TOGETHER


def test_russian_sentences_have_the_same_places():
    wrong = [
        key
        for key in texts._catalogue().keys
        if places(key) != places(texts._catalogue().sentence(key))
    ]
    assert wrong == []


def test_no_russian_sentence_is_left_without_its_english_one():
    sources = "\n".join(
        " ".join(ast.unparse(ast.parse(path.read_text("utf-8"))).split())
        for folder in ("sync", "b24app")
        for path in (ROOT / folder).rglob("*.py")
    )
    left = [
        key
        for key in texts._catalogue().keys
        if " " in key.strip()
        and key not in said()
        and " ".join(ast.unparse(ast.Constant(key))[1:-1].split()) not in sources
    ]
    assert [key for key in left if key not in OF_THE_SYSTEM] == []


OF_THE_SYSTEM = {
    "No such file or directory", "Permission denied", "Is a directory", "Not a directory",
    "File exists",
    "No space left on device", "unrecognized arguments: {listed}",
}  # fmt: skip


# Said with blanks or other words around it, or by tables whose keys are the sentences.
PUT_TOGETHER = {
    "public URL  ", "listens on  ", "refuses our account", "There is no such connection",
    "was moved to a place that our account cannot see",
    "is in an archive, where nothing can be written",
    "is confidential, and the settings keep such items where they are",
    "was not found: it was deleted, or our account may not see it",
}  # fmt: skip


def english_words(text: str) -> list[str]:
    """The Latin words of a text that are no names."""
    return [
        word
        for word in re.findall(r"[A-Za-z][A-Za-z0-9']{2,}", NAMES.sub(" ", text))
        if word.lower() not in PRODUCTS
    ]


def test_russian_sentences_are_russian():
    wrong = {
        key: words
        for key in texts._catalogue().keys
        if (words := english_words(texts._catalogue().sentence(key)))
    }
    assert wrong == {}


def test_two_people_read_one_record_in_two_languages(engine):
    now = datetime(2026, 3, 2, tzinfo=UTC)
    install = Installation("m" * 32, "https://p.example/rest/", "", PortalTokens("a", "r", None, 1))
    error = Refused(
        sentence("Nothing can be said in the chat {dialog}", dialog="chat58"),
        cause="The employee who installed the application is not in this chat",
    )
    with write(engine) as conn:
        portal_id = portals.create_or_update(conn, Vault([KEY]), install, now)
        portals.set_state(conn, portal_id, "disconnected", str(error), now)
    with read(engine) as conn:
        reason = portals.by_id(conn, portal_id).state_reason
    assert translate("en", reason) == (
        "Nothing can be said in the chat chat58. The employee who installed the application is not "
        "in this chat."
    )
    assert translate("ru", reason) == (
        "Нельзя ничего сказать в чате chat58. Установившего приложение сотрудника нет в этом чате."
    )


def test_texts_of_older_versions_are_still_read():
    old = (
        "There are no tokens of this portal. Open the application in Bitrix24 as an administrator."
    )
    assert translate("ru", old) == (
        "Нет токенов этого портала. Откройте приложение в Битрикс24 как администратор."
    )
    assert translate("en", old) == old


def test_a_story_says_sides_and_fields_in_russian():
    line = sentence(
        "{field}: the {winner}'s stands", field=as_word("title"), winner=SideName.PORTAL
    )
    read = decode_sentence(encode_sentence(line))
    assert translate("ru", read) == "название: остаётся значение стороны «портал»"


def as_word(text: str) -> Sentence:
    return Sentence(text, {})


@pytest.mark.parametrize("name", ["done", "file", "the Smith file"])
def test_values_of_others_are_not_translated(name):
    text = translate(
        "ru", sentence("There is no connection {name}; there is: {names}", name=name, names="a")
    )
    assert text == f"Подключения {name} нет; есть: a"


def test_a_reason_said_in_russian_first_is_read_in_english():
    done, nothing = "status completed", "nothing to do"
    first, english = (
        phrase(
            language, "status changed", status=phrase(language, done), why=phrase(language, nothing)
        )
        for language in ("ru", "en")
    )
    kept = decode_sentence(encode_sentence(first))
    assert translate("ru", kept) == "".join(first) != "".join(english)
    assert translate("en", kept) == translate("en", first) == "".join(english)


def test_plurals_keep_their_forms_in_both_languages():
    for count in (1, 2, 5, 21):
        kept = decode_sentence(encode_sentence(phrase("en", "push more", count=count)))
        assert translate("ru", kept) == "".join(phrase("ru", "push more", count=count))
