"""Copy and restore a PostgreSQL database with its own programs, pg_dump and pg_restore."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.engine import URL, make_url

from sync.sentences import sentence
from sync.store.db.copying import BadCopy
from sync.store.db.database import SILENCE_OPTIONS

_SECONDS = 24 * 3600  # a large database takes long
_LOOK_EVERY_SECONDS = 30.0  # whether its server answers anybody; it may have frozen
_LOCK_MILLISECONDS = 120_000  # a migration that goes on has its tables
_ADDRESS = "--dbname="


def dump_words(url: URL, file: Path) -> list[str]:
    """Return the words of the command that copies the database, without its password."""
    options = ["--format=custom", "--no-owner", f"--lock-wait-timeout={_LOCK_MILLISECONDS}"]
    return ["pg_dump", *options, f"--file={file}", f"--dbname={_bare(url)}"]


def restore_words(url: URL, file: Path) -> list[str]:
    """Return the words of the command that restores it, as one transaction."""
    options = ["--clean", "--if-exists", "--no-owner", "--single-transaction", "--exit-on-error"]
    return ["pg_restore", *options, f"--dbname={_bare(url)}", str(file)]


def dump(url: URL, file: Path) -> None:
    """Copy the database to a new file, mode 0600. Raises BadCopy.

    It has that name when it is whole: whoever is killed in between leaves no half a copy there.
    """
    if file.exists():
        raise BadCopy(
            sentence("{file} exists already", file=file), change="Name a file that does not"
        )
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)  # mode 0600
    os.close(descriptor)
    try:
        _run(url, dump_words(url, Path(name)), dump_words(url, file))
        _give_name(Path(name), file)
    finally:
        Path(name).unlink(missing_ok=True)


def _give_name(whole: Path, file: Path) -> None:
    """Give a whole copy its name, in the place of no other file. Raises BadCopy."""
    try:
        os.link(whole, file)  # unlike a rename, this replaces nothing
    except FileExistsError:
        raise BadCopy(
            sentence("{file} exists already", file=file), change="Name a file that does not"
        ) from None
    except OSError:  # a file system without hard links
        whole.rename(file)


def restore(url: URL, file: Path) -> None:
    """Replace what is in the database by what is in the file. Raises BadCopy."""
    _run(url, restore_words(url, file))


def read_dumped(url: URL, file: Path, table: str) -> list[dict[str, str]]:
    """Return the rows of a table in the file; none where it has no such table. Raises BadCopy.

    https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-FILE-FORMATS
    """
    text = _run(url, ["pg_restore", "--data-only", f"--table={table}", "--file=-", str(file)])
    rows, columns = [], None
    for line in text.splitlines():
        if line.startswith("COPY "):
            columns = [name.strip().strip('"') for name in _between(line, "(", ")").split(",")]
        elif line == "\\.":
            columns = None
        elif columns is not None:
            rows.append(dict(zip(columns, line.split("\t"), strict=True)))
    return rows


def _between(line: str, opening: str, closing: str) -> str:
    return line.partition(opening)[2].partition(closing)[0]


def _run(url: URL, words: Sequence[str], by_hand: Sequence[str] = ()) -> str:
    """Run one of PostgreSQL's programs and return what it printed. Raises BadCopy.

    `by_hand`: the command as a person would give it, where that is another.
    """
    command = " ".join(by_hand or words)
    if shutil.which(words[0]) is None:
        raise BadCopy(
            sentence(
                "PostgreSQL is copied and restored with {words}, which is not installed here",
                words=words[0],
            ),
            change=sentence("Where it is, run: {words}", words=command),
        )
    password = url.password or url.query.get("password")
    environment = {**os.environ, **({"PGPASSWORD": str(password)} if password else {})}
    program = subprocess.Popen(
        [_watched(word) for word in words],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    has_server = any(word.startswith(_ADDRESS) for word in words)
    with program:
        try:
            printed, problems = _wait(program, url if has_server else None, words[0])
        except BaseException:
            program.kill()
            raise
    if program.returncode:
        lines = problems.strip().splitlines() or [f"it ended with {program.returncode}"]
        raise BadCopy(
            sentence("{words} failed: {lines}", words=words[0], lines=lines[0]),
            change=sentence("The command: {words}", words=command),
        )
    return printed


def _wait(program: subprocess.Popen[str], url: URL | None, name: str) -> tuple[str, str]:
    """Return what the program printed and complained of, once it has ended. Raises BadCopy.

    It is not waited for where the server of `url` answers nobody any more: of itself the program
    would wait as long as the server is frozen.
    """
    from sync.store.db.silence import answers

    ends_at = time.monotonic() + _SECONDS
    while True:
        try:
            return program.communicate(timeout=_LOOK_EVERY_SECONDS)
        except subprocess.TimeoutExpired:
            if url is not None and not answers(url):
                raise BadCopy(
                    "PostgreSQL does not answer any more",
                    change="See whether it runs, then repeat the command",
                ) from None
            if time.monotonic() > ends_at:
                raise BadCopy(sentence("{words} did not end within a day", words=name)) from None


def _watched(word: str) -> str:
    """Return a word of a command whose address lets a server that is gone be noticed in seconds."""
    option, _, address = word.partition("=")
    if not word.startswith(_ADDRESS):
        return word
    url = make_url(address)
    options = {name: str(value) for name, value in SILENCE_OPTIONS.items() if name not in url.query}
    return f"{option}={url.update_query_dict(options).render_as_string(hide_password=False)}"


def _bare(url: URL) -> str:
    """Return the address as libpq reads it, without the password: arguments can be seen."""
    bare = url.difference_update_query(["password"])
    parts = {name: value for name, value in bare._asdict().items() if name != "password"}
    return URL.create(**{**parts, "drivername": "postgresql"}).render_as_string()
