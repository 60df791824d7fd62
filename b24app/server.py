"""gunicorn configured in code: a web process of threads and, with `serve`, the worker beside it.

`serve` is one process tree: the arbiter loads the code once, forks the web process and the worker,
so that they share its memory, restarts whichever dies and passes signals on.
"""

from __future__ import annotations

import gc
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter

STOP_SECONDS = 30
_CONNECTIONS = 4000  # of one process; slow clients take them, and no threads
_OTHER_FILES = 300  # databases, outbound calls, and clients that are being closed
_WORKER_NICENESS = 5  # what is to be acknowledged goes before what was
_RESTART_SECONDS = (1.0, 30.0)  # the first and the longest pause after a worker died


@dataclass(frozen=True, slots=True)
class BindOptions:
    """Where and how to listen; `threads` of each of the `processes`."""

    host: str
    port: int
    threads: int
    processes: int = 1


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's application: `load` builds the app, `start` runs in the web process.

    `load` opens no connection and starts no thread, as the process forks after it. `worker`, if
    given, runs in a process beside. Garbage is collected in these processes, not in the arbiter.
    """

    def __init__(
        self,
        bind: BindOptions,
        load: Callable[[], Flask],
        start: Callable[[], None],
        *,
        worker: Callable[[], None] | None = None,
    ) -> None:
        self._bind, self._load, self._start, self._worker = bind, load, start, worker
        super().__init__()

    def load_config(self) -> None:
        """Set gunicorn's options.

        https://docs.gunicorn.org/en/stable/settings.html
        """
        settings: dict[str, Any] = {
            "bind": [f"{self._bind.host}:{self._bind.port}"],
            "workers": self._bind.processes,
            "worker_class": "b24app.receiver.ReceivingWorker",
            "worker_connections": _connections_at_most(),
            "threads": self._bind.threads,
            "keepalive": 30,
            "sendfile": False,  # it waits for ever for a client that does not read
            "timeout": 120,
            "graceful_timeout": STOP_SECONDS,
            "preload_app": True,
            "accesslog": None,
            "loglevel": "warning",
            "control_socket_disable": True,
            "worker_tmp_dir": "/dev/shm" if os.path.isdir("/dev/shm") else None,
            "when_ready": _freeze_memory,
            "post_worker_init": lambda _: self._start_web(),
        }
        for name, value in settings.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Return the WSGI app."""
        return self._load()

    def _start_web(self) -> None:
        gc.enable()  # `load` ran without
        self._start()

    def run(self) -> None:
        """Serve until a signal ends it."""
        (ProcessTree(self, self._worker) if self._worker else Arbiter(self)).run()


class ProcessTree(Arbiter):  # type: ignore[misc]  # gunicorn has no types
    """An arbiter that keeps one more child alive: the worker."""

    def __init__(self, app: Server, worker: Callable[[], None]) -> None:
        self._run_worker, self._child = worker, 0
        self._started_at, self._pause = 0.0, _RESTART_SECONDS[0]
        super().__init__(app)

    def manage_workers(self) -> None:
        """Keep the web processes alive, and the worker."""
        super().manage_workers()
        if self._child and not _is_alive(self._child):
            self._schedule_restart()
        if not self._child and time.monotonic() >= self._started_at:
            self._child = self._fork_worker()

    def _schedule_restart(self) -> None:
        """Plan the worker's restart: after longer and longer pauses if it dies young."""
        first, longest = _RESTART_SECONDS
        lived = time.monotonic() - self._started_at
        self._pause = first if lived > longest else min(longest, self._pause * 2)
        self.log.error("The worker died; it starts again in %.0f s", self._pause)
        self._child, self._started_at = 0, time.monotonic() + self._pause

    def _fork_worker(self) -> int:
        self._started_at = time.monotonic()
        pid = os.fork()
        if pid:
            return pid
        code = 1
        try:
            os.nice(_WORKER_NICENESS)
            for name in ("SIGINT", "SIGTERM", "SIGQUIT", "SIGHUP", "SIGCHLD", "SIGUSR1"):
                signal.signal(getattr(signal, name), signal.SIG_DFL)
            for listener in self.LISTENERS:
                listener.close()
            gc.enable()
            self._run_worker()
            code = 0
        except SystemExit as left:
            code = left.code if isinstance(left.code, int) else 1
        except BaseException:
            self.log.exception("The worker failed")
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def stop(self, graceful: bool = True) -> None:
        """Stop the worker and the web processes; kill the worker after STOP_SECONDS."""
        self._signal(signal.SIGTERM)
        super().stop(graceful)
        until = time.monotonic() + STOP_SECONDS
        while self._child and _is_alive(self._child) and time.monotonic() < until:
            time.sleep(0.05)
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self._child and _is_alive(self._child):
            os.kill(self._child, number)


def _is_alive(pid: int) -> bool:
    """Return whether our child runs; gunicorn may have reaped it already."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == 0
    except ChildProcessError:
        return False


def _connections_at_most() -> int:
    """Return how many connections a process takes, after raising its limit of open files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _CONNECTIONS + _OTHER_FILES
    limit = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
    if soft != resource.RLIM_INFINITY and soft < limit:
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
        soft = limit
    available = wanted if soft == resource.RLIM_INFINITY else soft
    return max(64, min(_CONNECTIONS, available - _OTHER_FILES))


def _freeze_memory(arbiter: Arbiter) -> None:
    """Exempt what is loaded from garbage collection before the fork, so that it stays shared.

    Nothing is collected before: the holes would be filled by the processes, which unshares them.
    https://docs.python.org/3/library/gc.html#gc.freeze
    """
    gc.freeze()
