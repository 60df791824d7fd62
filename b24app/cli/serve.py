"""`serve`, `web` and `worker`."""

from __future__ import annotations

import argparse
import ctypes
import errno
import gc
import os
import signal
import socket
import sys
import threading
import traceback
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from b24app.assets import find_assets
from b24app.cli.banner import banner_lines, first_steps
from b24app.cli.context import NoDatabase, create_database, describe_database
from b24app.cli.environment import environment_file
from b24app.cli.language import say
from b24app.refresh_lease import RENEWALS
from sync.config import Config, ConfigError
from sync.engine.lanes import owner_name
from sync.errors import SyncError
from sync.log import log, setup_logging
from sync.sentences import as_sentence, sentence
from sync.store import portals
from sync.store.db.database import open_service_database, read
from sync.store.sealed import opens

if TYPE_CHECKING:
    from flask import Flask

NO_PAGES = (
    "THE PAGES ARE MISSING: everything works but what people see inside Bitrix24. A released "
    "package has them; in a checkout run `make frontend`."
)
WRONG_KEY = (
    "  not ready    the keys here do not open the secrets in the database: put the right one into "
    "B24BRIDGE_SECRET_KEY or the key file"
)
_WHY_NOT_BOUND = {
    errno.EADDRINUSE: "another program listens there, perhaps another b24bridge; end it, or name "
    "another port",
    errno.EACCES: "ports below 1024 are root's; name a higher one, with a proxy in front",
}
_MASTER_CHECK_SECONDS = 1.0
_RENEWAL_SECONDS = 20.0  # `serve` kills a worker that does not end within 30
_ARENA_MAX, _ARENAS = -8, 2  # M_ARENA_MAX of malloc.h


def run(config: Config, args: argparse.Namespace) -> int:
    """Run the web server, the worker, or both in one process tree."""
    setup_logging(config.log_level)
    _limit_malloc_arenas()
    if args.command == "worker":
        if not _run_in_child(lambda: _prepare(config, args.command, "")):
            return 1
        run_worker(config, open_service_database(config.database_url))
        return 0
    from b24app.server import BindOptions, Server

    bind = BindOptions(
        args.host or config.host,
        config.port if args.port is None else args.port,
        args.threads or config.threads,
        getattr(args, "processes", 1),
    )
    host = f"[{bind.host}]" if ":" in bind.host else bind.host
    require_free_address(bind.host, bind.port)
    if not _run_in_child(lambda: _prepare(config, args.command, f"http://{host}:{bind.port}")):
        return 1
    gc.disable()  # until the fork: what is freed leaves holes, and filling one unshares its page
    if find_assets() is None:
        print(say(NO_PAGES), file=sys.stderr, flush=True)
    beside = args.command == "serve"
    if beside:
        import b24app.services.worker  # noqa: F401 - loaded before the fork, so that it is shared
    engine, master = open_service_database(config.database_url), os.getpid()
    web = _WebProcess(config, engine)
    worker = (lambda: run_worker(config, engine, master)) if beside else None
    Server(bind, web.load, web.start, worker=worker).run()
    return 0


def _prepare(config: Config, command: str, address: str) -> None:
    """Create or check the database, and print what this server is. Raises NoDatabase."""
    engine = create_database(config)
    lines = banner_lines(
        config,
        command=command,
        address=address,
        database=describe_database(config),
        environment_file=environment_file(os.environ),
    )
    with read(engine) as conn:
        lines += [] if opens(conn, config.secret_keys) else [WRONG_KEY]
        lines += [] if portals.all_portals(conn) else first_steps(config)
    engine.dispose()
    print(*map(say, lines), sep="\n", file=sys.stderr, flush=True)


def require_free_address(host: str, port: int) -> None:
    """Raise ConfigError where nobody can listen at that address now, with why."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        raise ConfigError([_taken_text(host, port, error)]) from None


def _taken_text(host: str, port: int, error: OSError) -> str:
    change = _WHY_NOT_BOUND.get(error.errno or 0, "it is no address of this machine")
    return sentence(
        "B24BRIDGE_BIND: {host}:{port} cannot be listened on: {change}",
        host=host,
        port=port,
        change=as_sentence(change),
    )


def _limit_malloc_arenas() -> None:
    """Limit malloc's arenas: glibc keeps freed memory by thread, up to eight times the cores."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_ARENA_MAX, _ARENAS)


def _run_in_child(work: Callable[[], None]) -> bool:
    """Run `work` in a process of its own, so that its memory is freed; return whether it worked."""
    pid = os.fork()
    if pid:
        return os.waitpid(pid, 0)[1] == 0
    code = 1
    try:
        work()
        code = 0
    except (NoDatabase, SyncError, SQLAlchemyError) as error:
        text = sentence("The database cannot be used: {error}", error=_first_words(error))
        print(say(text), file=sys.stderr)
    except Exception:  # noqa: BLE001 - printed, and the process ends
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _first_words(error: Exception) -> object:
    """Return what the database itself says, without the statement; our own sentence as it is."""
    if isinstance(error, DBAPIError):
        return f"{error.orig}".strip().partition("\n")[0]
    return error


class _WebProcess:
    """The web process: built before the fork, its threads started after it."""

    def __init__(self, config: Config, engine: Engine) -> None:
        self._config, self._engine = config, engine

    def load(self) -> Flask:
        """Build the app."""
        from b24app.app import create_app
        from b24app.deps import build_deps
        from sync.core.clock import WallClock
        from sync.engine.wake_ups import WakeUps, open_queue

        self._wakes = WakeUps(open_queue(self._config.queue_url))
        self._deps = build_deps(
            self._config,
            self._engine,
            clock=WallClock(),
            owner=owner_name("web"),
            wake=self._wakes.wake,
        )
        return create_app(self._deps)

    def start(self) -> None:
        """Start the threads."""
        self._deps.inbox.start()


def _end_with(master: int, stop: threading.Event) -> None:
    """Set `stop` when our parent is another process than `master`: it has died."""
    while not stop.wait(_MASTER_CHECK_SECONDS):
        if os.getppid() != master:
            log.error("master_died")
            stop.set()


def run_worker(config: Config, engine: Engine, master: int = 0) -> None:
    """Run a worker until a signal stops it; what it is doing then is finished first.

    `engine`: without an open connection, where it was made before a fork. `master`: the process
    that it must not survive, 0 for none.
    """
    from b24app.services.worker import build_worker

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if master:
        threading.Thread(target=_end_with, args=(master, stop), daemon=True).start()
    worker, setting_up, audit = build_worker(config, engine, own_id=uuid.uuid4().hex[:8])
    beside = threading.Thread(target=setting_up.run_forever, args=(stop,), daemon=True)
    beside.start()
    log.info("worker_started")
    worker.run_forever(stop)
    beside.join()
    RENEWALS.wait(_RENEWAL_SECONDS)  # of looks that nobody else waits for
    audit.stop()
    log.info("worker_stopped")
