"""Every value that an earlier build stored as JSON is read by the classes of today."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from sync.core.alerts.model import Alert
from sync.core.merge_requests.fold import Memory
from sync.core.messages.revise import message_key
from sync.core.model.activity import Comment, Push, Release, Resource, TagPush
from sync.core.model.commands import Place, PutMessage, task_id_of
from sync.core.model.common import Commit
from sync.core.model.deployments import Deployment
from sync.core.model.merge_requests import MergeRequest, MergeRequestKey, ReviewEvent
from sync.core.model.pipelines import FailedJob, JobRun, Pipeline
from sync.core.model.plans import NOTHING, NotifiedState, Records
from sync.core.model.smart_commits import CommandKey, SmartCommit
from sync.core.model.tasks import KanbanStage, Step, Task
from sync.settings.model import load as load_settings
from sync.store import messages
from sync.store.db.codec import from_json, to_json
from sync.store.db.database import read
from sync.store.db.migrate import migrate
from sync.store.rows import CommandRow
from sync.store.tables import command, metadata, portal
from tests.databases import Databases
from tests.store.dumps.resume import DUMPS, load, raw

# The table and column of a dump, what they are called now, and what is read from them.
BODIES = [
    ("merge_request", "body", "merge_request", MergeRequest),
    ("merge_request", "memory", "merge_request", Memory),
    ("pipeline", "body", "pipeline", Pipeline),
    ("pipeline_jobs", "body", "pipeline_jobs", tuple[FailedJob, ...]),
    ("commit", "body", "commit", Commit),
    ("deployment", "body", "deployment", Deployment),
    ("alert", "body", "alert", Alert),
    ("spoken", "body", "smart_commit", SmartCommit),
    ("item", "body", "activity", None),
    ("task", "body", "task", Task),
    ("workgroup", "stages", "workgroup", tuple[KanbanStage, ...]),
]
ACTIVITY: dict[str, Any] = {
    "push": Push, "branch": Push, "tag": TagPush, "comment": Comment, "release": Release,
    "job": JobRun, "issue": Resource, "work_item": Resource,
}  # fmt: skip


def _event(iid: int, event: ReviewEvent) -> Records:
    return Records(review_event=(MergeRequestKey(1, 1, iid), event))


def _notified(subject_key: str, state: str, user_id: int = 0) -> Records:
    return Records(notified=NotifiedState(subject_key, state, user_id))


def _commit(sha: str, number: int, *, retryable: bool = False) -> Records:
    return Records(smart_commit=CommandKey(1, 1, sha, number), retryable=retryable)


MISSING, LOGGED, FLAWED, DONE = (
    "7371eed7774742e604d03c96039a54af0e53d8c8", "7cfb684a4e49ed3106d395dc40c333d10fa1d2e6",
    "53a322908a1e51fca2ca64bbfc907023c950078d", "57ed03520eeb521b42ce57cc925d4ce5b0faa9cc",
)  # fmt: skip
# What the commands record that have not ended, by task and key.
RECORDS = {
    (0, f"smart_commit_missing:1/1:{MISSING}:0"): _commit(MISSING, 0, retryable=True),
    (4, "review:1/1!4:approved:7"): _event(4, ReviewEvent.APPROVED),
    (5, "status"): Records(step=Step.REVIEW),
    (5, "stage"): Records(step=Step.REVIEW),
    (5, "review:1/1!6:opened:7"): _event(6, ReviewEvent.OPENED),
    (5, "notify:9:ci:1/1:feature/B24-5-pay"): _notified("ci:1/1:feature/B24-5-pay", "13:failed"),
    (6, "status"): Records(step=Step.REVIEW),
    (6, "stage"): Records(step=Step.REVIEW),
    (6, "review:1/1!6:opened:7"): _event(6, ReviewEvent.OPENED),
    (7, f"smart_commit:1/1:{LOGGED}:0"): _commit(LOGGED, 0),
    (7, f"smart_commit:1/1:{LOGGED}:1"): _commit(LOGGED, 1),
    (7, f"smart_commit:1/1:{FLAWED}:0"): _commit(FLAWED, 0),
    (8, f"smart_commit:1/1:{DONE}:0"): _commit(DONE, 0),
    (0, "notify:7:deployment:1/1:4:production"): _notified(
        "deployment:1/1:4:production", "success", 7
    ),
    (8, "notify:8:ci:1/1:main"): _notified("ci:1/1:main", "17:passed"),
    (0, "notify:8:alert:1/1:release/2:15>assigned"): _notified(
        "alert:1/1:release/2:15>assigned", "8"
    ),
}


@pytest.fixture(scope="module", params=DUMPS, ids=lambda dump: dump.stem)
def dump(request: pytest.FixtureRequest) -> Path:
    return request.param


@pytest.fixture(scope="module")
def migrated(
    dump: Path, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    """Yield a database of the dump on today's revision; tests only read it."""
    with databases(False) as url:
        engine = load(dump, url, tmp_path_factory.mktemp("dump"))
        migrate(engine)
        yield engine
        engine.dispose()


def leaves(value: Any) -> Iterator[Any]:
    """Yield the values of a JSON tree without the keys, in order."""
    if isinstance(value, dict):
        for item in value.values():
            yield from leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item)
    else:
        yield value


def is_read(stored: Any, written: Any) -> bool:
    """Tell whether every stored value is written again under the same keys."""
    match stored:
        case dict():
            return stored.keys() <= written.keys() and all(
                is_read(value, written[key]) for key, value in stored.items()
            )
        case list() if all(isinstance(item, str) for item in stored):  # may be of a set
            return sorted(stored) == sorted(written)
        case list():
            return len(stored) == len(written) and all(map(is_read, stored, written))
    return bool(stored == written)


@pytest.mark.parametrize(("old", "column", "new", "kind"), BODIES, ids=lambda one: str(one)[:20])
def test_every_value_of_a_body_is_read(
    dump: Path, migrated: Engine, old: str, column: str, new: str, kind: Any
) -> None:
    """Nothing is left out: written again it is what was stored, but for fields added since."""
    with closing(raw(dump)) as source:
        query = f'SELECT {column} FROM "{old}" WHERE {column} IS NOT NULL'
        before = [list(leaves(json.loads(row[0]))) for row in source.execute(query)]
    table = metadata.tables[new]
    with read(migrated) as conn:
        rows = [row for row in conn.execute(select(table)).mappings() if row[column] is not None]
    bodies = []
    for row in rows:
        value = from_json(kind or ACTIVITY[row["kind"]], row[column])
        written = [to_json(one) for one in value] if isinstance(value, tuple) else to_json(value)
        assert is_read(row[column], written)
        bodies.append(list(leaves(row[column])))
    assert len(bodies) == len(before) > 0
    assert sorted(bodies, key=repr) == sorted(before, key=repr)


def test_commands_are_read_with_what_they_record(migrated: Engine) -> None:
    columns = [command.c[name.removeprefix("stored_")] for name in CommandRow.__dataclass_fields__]
    with read(migrated) as conn:
        rows = [CommandRow(*row) for row in conn.execute(select(*columns).order_by(command.c.id))]
    live = [row for row in rows if row.state not in ("done", "dropped")]
    assert len(live) == 48
    recorded = {(task_id_of(row.command), row.key): row.to_record for row in live}
    assert {key: one for key, one in recorded.items() if one != NOTHING} == RECORDS
    assert all(row.to_record == NOTHING for row in rows if row.state in ("done", "dropped"))
    for row in rows:
        if isinstance(row.command, PutMessage) and not row.key.startswith("smart_commit:"):
            assert row.key == message_key(row.command.place, row.command.subject_key)


def test_cards_and_messages_stand_in_one_table(migrated: Engine) -> None:
    with read(migrated) as conn:
        sent = messages.by_subjects(conn, 1, ["merge_request:1/1:4", "ci:1/1:main"])
        states = messages.notified_states(conn, 1, ["ci:1/1:main", "deployment:1/1:2:kitchen"])
    numbers = {
        key: {place: one.message_id for place, one in of.items()} for key, of in sent.items()
    }
    assert numbers["merge_request:1/1:4"] == {Place(4): 1065, Place(dialog="sg3"): 1067}
    assert numbers["ci:1/1:main"] == {Place(1): 1055, Place(2): 1056, Place(3): 1057}
    card = sent["merge_request:1/1:4"][Place(4)]
    assert str(card.text).startswith("[b][url=http://gitlab.test/acme/shop/")
    assert card.at is not None
    assert states == {"ci:1/1:main": {0: "11:failed"}, "deployment:1/1:2:kitchen": {7: "success"}}


def test_the_settings_are_read(migrated: Engine) -> None:
    with read(migrated) as conn:
        stored = [row for row in conn.scalars(select(portal.c.settings)) if row]
    for value in stored:
        settings = load_settings(value)
        assert settings.rules.default.comments.internal is True
        assert list(settings.templates) == ["comment"]
