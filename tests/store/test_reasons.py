"""Whatever is stored of why something is so is kept as data, and read in each reader's words."""

from __future__ import annotations

import pytest

from b24app.texts import translate
from sync.core.i18n.translate import translate as phrase
from sync.errors import Denied
from sync.sentences import as_sentence, join_sentences, sentence
from sync.store.db.types import ReasonText, SafeText
from sync.store.tables import metadata

SAYS_WHY = frozenset(
    {
        "bot_problem", "cause", "change", "error", "halted", "outcome", "problem", "reason",
        "refused", "rotation", "state_reason", "text",
    }
)  # fmt: skip
# Texts of others, and what commands and the log alone show of the engine's own work.
OTHERS = frozenset(
    {"message.text", "subject.cause", "issue_link.cause", "api_call.error", "delivery.outcome"}
)
APPROVED = phrase("ru", "step approved", mr="shop!7")  # first in the words of the workgroup
REFUSED = Denied(
    sentence("The connection {name} has no access token", name="main"),
    change="Give it one under `token` in the settings",
)


def test_every_column_that_says_why_keeps_sentences_as_data():
    columns = {
        f"{column.table.name}.{column.name}": type(column.type)
        for table in metadata.sorted_tables
        for column in table.columns
        if column.name in SAYS_WHY and isinstance(column.type, SafeText | ReasonText)
    }
    assert {name for name, kind in columns.items() if kind is SafeText} == OTHERS


@pytest.mark.parametrize(
    ("reason", "english", "russian"),
    [
        (
            REFUSED.message,
            "The connection main has no access token",
            "У подключения main нет токена доступа",
        ),
        (
            str(REFUSED),
            "The connection main has no access token. Give it one under `token` in the settings.",
            "У подключения main нет токена доступа. Укажите его в настройках под ключом `token`.",
        ),
        (
            APPROVED,
            "shop!7 is approved, and so is every other open one",
            "shop!7 одобрен, как и все прочие открытые",
        ),
        (
            join_sentences("; ", [as_sentence("nothing to do"), APPROVED]),
            "nothing to do; shop!7 is approved, and so is every other open one",
            "делать нечего; shop!7 одобрен, как и все прочие открытые",
        ),
        (
            sentence(
                "placed into stage “{stage}”: {why}",
                stage="Look",
                why=sentence("{mr} is open for review", mr="shop!7"),
            ),
            "placed into the column “Look”: shop!7 is under review",
            "перенесена в колонку «Look»: shop!7 на ревью",
        ),
        ("insufficient_granted_scope", "insufficient_granted_scope", "insufficient_granted_scope"),
    ],
    ids=["values", "an error", "first in Russian", "several", "earlier words", "a vendor's own"],
)
def test_a_stored_reason_is_read_in_both_languages(reason, english, russian):
    kept = ReasonText()
    stored = kept.process_result_value(kept.process_bind_param(reason, None), None)
    assert (translate("en", stored), translate("ru", stored)) == (english, russian)
