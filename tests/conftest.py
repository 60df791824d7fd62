"""A fresh, migrated database for each test that asks for one: SQLite or PostgreSQL."""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from itertools import count
from pathlib import Path

import psycopg
import pytest
import structlog
from hypothesis import settings
from sqlalchemy import Engine, text

from sync.store.db.database import open_database, write
from sync.store.db.migrate import is_current, migrate
from sync.store.tables import metadata
from tests import depth
from tests.databases import Databases, opened
from tools import postgres, system_packages

DATABASES = ("sqlite", "postgresql")
STORE = Path(__file__).parent / "store"

# Properties are judged by their facts, never by how long a busy machine takes, and by the same
# examples each time: what passes here passes anywhere. Others are looked for on purpose.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.register_profile("quick", settings.get_profile("steady"), max_examples=depth.share(100))
settings.register_profile("searching", deadline=None, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))

# Where rich is installed, structlog draws each traceback with all locals: half a second of work.
structlog.configure(
    processors=[
        *structlog.get_config()["processors"][:-1],
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    ]
)


@pytest.fixture(autouse=True, scope="session")
def _room_on_the_disk() -> Iterator[None]:
    """However full the disk of the tests is, what is said of a disk does not depend on it."""
    with pytest.MonkeyPatch.context() as patched:
        usage = (100_000_000_000, 19_000_000_000, 81_000_000_000)
        patched.setattr(shutil, "disk_usage", lambda path: usage)
        yield


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database",
        choices=DATABASES,
        default=os.environ.get("TEST_DATABASE", "sqlite"),
        help="what the tests marked `database` run on",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "database: uses the database (set by its fixtures)")
    config.addinivalue_line(
        "markers", "dialect: SQL that may differ; `make test` runs it on PostgreSQL too"
    )
    config.addinivalue_line("markers", "browser: needs Chromium; `make test` runs these apart")
    config.addinivalue_line(
        "markers", "deep: a further case of what other tests show; `make test-all` alone runs it"
    )
    config.addinivalue_line("markers", "only_on(database): makes sense on that database alone")
    config.addinivalue_line("markers", "needs(*packages): runs programs of these system packages")


def pytest_collection() -> None:
    """Collect no garbage while tests are collected: nearly all of it stays until the end."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Spare the collector what stays until the end: it would look through a million objects."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)
    gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    database = config.getoption("--database")
    items[:] = [
        item
        for item in items
        if all(marker.args == (database,) for marker in item.iter_markers("only_on"))
    ]
    for item in items:
        if "databases" in getattr(item, "fixturenames", ()):
            item.add_marker("database")
            if item.path.is_relative_to(STORE):  # every query there is
                item.add_marker("dialect")
        for marker in item.iter_markers("needs"):
            for package in system_packages.missing(marker.args):
                item.add_marker(pytest.mark.skip(reason=f"{package.name} is not installed"))


@pytest.fixture(scope="session")
def databases(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Databases]:
    """Databases, empty or migrated, of the kind this run is about."""
    if request.config.getoption("--database") == "sqlite":
        yield _sqlite(tmp_path_factory.mktemp("databases"))
        return
    with postgres.temporary_server(postgres.CARELESS) as folder:
        yield _postgresql(folder)


@pytest.fixture
def make_database(databases: Databases) -> Iterator[Callable[[bool], str]]:
    """Gives a test the addresses of as many databases as it wants: migrated, or without tables."""
    with ExitStack() as made:
        yield lambda migrated: made.enter_context(databases(migrated))


@pytest.fixture
def database_url(make_database: Callable[[bool], str]) -> str:
    return make_database(True)


@pytest.fixture
def empty_database_url(make_database: Callable[[bool], str]) -> str:
    return make_database(False)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = opened(database_url)
    yield made
    made.dispose()


def _sqlite(folder: Path) -> Databases:
    numbers, template, spare = count(1), folder / "template.sqlite3", list[Path]()
    _migrated(f"sqlite:///{template}")

    @contextmanager
    def make(migrated: bool) -> Iterator[str]:
        file = spare.pop() if spare else folder / f"{next(numbers)}.sqlite3"
        if migrated:
            shutil.copy(template, file)
        yield f"sqlite:///{file}"
        for left in folder.glob(f"{file.name}*"):  # with its -wal and -shm
            left.unlink()
        spare.append(file)

    return make


def _postgresql(folder: Path) -> Databases:
    numbers, spare = count(1), list[str]()

    def create(like: str = "template1") -> str:
        name = f"test{next(numbers)}"
        _execute(folder, "postgres", f"CREATE DATABASE {name} TEMPLATE {like}")
        return name

    @cache
    def template() -> str:
        name = create()
        _migrated(postgres.url(folder, name))
        return name

    @contextmanager
    def make(migrated: bool) -> Iterator[str]:
        if not migrated:
            yield postgres.url(folder, create())
            return
        # a database takes half a second to make: emptied ones are used again
        name = spare.pop() if spare else create(template())
        yield postgres.url(folder, name)
        if _emptied(postgres.url(folder, name)):
            spare.append(name)

    return make


_END_SESSIONS = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
# TRUNCATE makes each table's files anew, however few rows there were.
_EMPTY = text("; ".join(f"DELETE FROM {table.name}" for table in reversed(metadata.sorted_tables)))
_COUNT_ANEW = text(
    "SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)"
    " FROM pg_sequences"
)


def _emptied(url: str) -> bool:
    """Empties the database; False where the test changed more than rows."""
    engine = opened(url)
    with write(engine) as conn:
        conn.execute(_END_SESSIONS)
    if current := is_current(engine):
        with write(engine) as conn:
            conn.execute(_EMPTY)
            conn.execute(_COUNT_ANEW)
    engine.dispose()
    return current


def _migrated(url: str) -> None:
    engine = open_database(url)
    migrate(engine)
    engine.dispose()


def _execute(folder: Path, database: str, statement: str) -> None:
    with psycopg.connect(postgres.url(folder, database), autocommit=True) as conn:
        conn.execute(statement)
