"""The run: within its time, and never a broken pipeline."""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
from collections.abc import Callable, Mapping

from reporter.ci_variables import Variables, number
from reporter.errors import Problem
from reporter.http import Http, Output

SECRETS = ("CI_JOB_TOKEN", "B24_ID_TOKEN", "CI_REGISTRY_PASSWORD", "CI_DEPLOY_PASSWORD")


class Run:
    """One run. `name`: the component with its version, as the log and the servers see it."""

    def __init__(self, environ: Mapping[str, str], out: Output, name: str) -> None:
        self.ci, self.out = Variables(environ), out
        whole = self.ci["B24_TIMEOUT"].partition(".")[0]
        self.seconds = min(max(number(whole), 1), 60) if whole.isdigit() else 10
        self.http = Http(environ, self.seconds, name)
        out.hide(*(self.ci[secret] for secret in SECRETS))


def attempt(run: Run, perform: Callable[[Run], int]) -> int:
    """Return the exit code. No traceback leaves from here: those print what they hold."""
    try:
        return perform(run)
    except Problem as problem:
        run.out.say(f"NOT REPORTED. {problem}")
    except Exception as error:  # noqa: BLE001  a report never breaks a pipeline
        run.out.say(f"NOT REPORTED. A defect: {type(error).__name__}: {error} (DEFECT).")
    return 1


def start(perform: Callable[[Run], int]) -> None:
    """Run as the job's script, and end in time whatever hangs.

    An alarm ends what waits. What does not heed it, as a name lookup, is ended a second later.
    """
    run = Run(os.environ, Output(), " ".join(sys.argv[1:]) or "b24bridge")

    def end(code: int) -> None:
        sys.stdout.flush()
        os._exit(code)

    def give_up(*_: object) -> None:
        run.out.say(f"NOT REPORTED. It took longer than its {run.seconds} s (TIME).")
        end(1)

    run.out.say(run.http.agent)
    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(run.seconds)
    faulthandler.dump_traceback_later(run.seconds + 1, exit=True)
    end(attempt(run, perform))
