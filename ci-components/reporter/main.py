"""The run: within its time, and never a broken pipeline."""

from __future__ import annotations

import faulthandler
import os
import sys
import time
from _thread import start_new_thread  # https://docs.python.org/3/library/_thread.html
from collections.abc import Callable, Mapping

from reporter.ci_variables import Variables, number
from reporter.errors import Problem
from reporter.http import Http, Output

SECRETS = ("CI_JOB_TOKEN", "B24_ID_TOKEN")


class Run:
    """One run. `name`: the component with its version, as the log and the servers see it."""

    def __init__(self, environ: Mapping[str, str], out: Output, name: str) -> None:
        self.ci, self.out = Variables(environ), out
        self.seconds = min(max(number(self.ci["B24_TIMEOUT"].partition(".")[0]), 1), 60)
        self.http = Http(environ, self.seconds, name)
        out.secrets.update(self.ci[secret] for secret in SECRETS)


def attempt(run: Run, perform: Callable[[Run], int]) -> int:
    """Return the exit code. No traceback leaves from here: those print what they hold."""
    try:
        return perform(run)
    except Problem as problem:
        run.out.say(f"NOT REPORTED. {problem}")
    except ImportError:
        return 3  # Python lacks a part of its library, as the shell says
    except Exception as error:  # noqa: BLE001  a report never breaks a pipeline
        run.out.say(f"NOT REPORTED. A defect: {error!r} (DEFECT).")
    return 1


def start(perform: Callable[[Run], int]) -> None:
    """Run as the job's script, and end in time whatever hangs.

    A thread ends what waits. What lets no thread run, as a pattern that does not come to an end, is
    ended a second later, without a sentence of ours.
    """
    run = Run(os.environ, Output(), sys.argv[-1])

    def end(code: int) -> None:
        sys.stdout.flush()
        os._exit(code)

    def give_up() -> None:
        time.sleep(run.seconds)
        run.out.say(f"NOT REPORTED. It took longer than its {run.seconds} s (TIME).")
        end(1)

    run.out.say(run.http.agent)
    start_new_thread(give_up, ())
    faulthandler.dump_traceback_later(run.seconds + 1, exit=True)
    end(attempt(run, perform))
