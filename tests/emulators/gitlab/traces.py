"""A job's log as a runner writes it: colours, sections, progress that overwrites itself. Pure.

https://docs.gitlab.com/ci/jobs/job_logs/#custom-collapsible-sections
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

CLEAR, BOLD, GREEN, RED, PLAIN = "\x1b[0K", "\x1b[0;1m", "\x1b[32;1m", "\x1b[31;1m", "\x1b[0;m"
STREAMS = {False: "00O", True: "01E"}


def runner_log(
    script: Sequence[str], at: datetime, *, failed: bool = False, stamped: bool = False
) -> str:
    """`script`: lines of the job; one that begins with `$ ` is a command and is green.

    `stamped`: FF_TIMESTAMPS, every line begins with its moment and stream.
    """
    seconds = int(at.timestamp())
    lines = [
        f"{BOLD}Running with gitlab-runner 19.2.0 (0f1e2d3c){PLAIN}",
        *_section("get_sources", ["Fetching changes...", "10%\r50%\r100% done"], seconds),
        *_section("step_script", [_colored(line) for line in script], seconds),
    ]
    end = "ERROR: Job failed: exit code 1" if failed else "Job succeeded"
    lines.append(f"{CLEAR}{RED if failed else GREEN}{end}{PLAIN}")
    if stamped:
        moment = at.strftime("%Y-%m-%dT%H:%M:%S.000000Z")
        lines = [f"{moment} {STREAMS[failed]} {line}" for line in lines]
    return "\n".join(lines) + "\n"


def _colored(line: str) -> str:
    return f"{GREEN}{line}{PLAIN}" if line.startswith("$ ") else line


def _section(name: str, lines: Sequence[str], seconds: int) -> list[str]:
    title = name.replace("_", " ").capitalize()
    return [
        f"section_start:{seconds}:{name}\r{CLEAR}{BOLD}{title}{PLAIN}",
        *lines,
        f"section_end:{seconds + 1}:{name}\r{CLEAR}",
    ]
