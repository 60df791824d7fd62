"""The files of a job: the kept report, the links for its page, the variables for later jobs."""

from __future__ import annotations

import contextlib
import json
import os

from reporter.bbcode import cleaned
from reporter.errors import Problem, no_report
from reporter.model import Report, from_json

REPORT_FILE = "b24-report.json"
LINKS_FILE = "b24-annotations.json"
DOTENV_FILE = "b24.env"


def write_files(ids: list[int], links) -> None:
    """The dotenv report, and the links for the job's page.

    https://docs.gitlab.com/ci/yaml/artifacts_reports/#artifactsreportsannotations
    """
    forget(DOTENV_FILE)
    with open(DOTENV_FILE, "w", encoding="utf-8") as file:
        file.write(f"B24_TASK_IDS={','.join(map(str, ids))}\n")
    shown = [{"external_link": {"label": cleaned(name)[:255], "url": url}} for name, url in links]
    save(LINKS_FILE, {"Bitrix24": shown} if shown else {})


def save(name: str, data: object) -> None:
    forget(name)
    with open(name, "w", encoding="utf-8") as file:
        json.dump(data, file, ensure_ascii=False, indent=1)


def forget(name: str) -> None:
    """A runner may leave the files of an earlier job: they are not of this one, and a link among
    them would lead its writes elsewhere.
    """
    with contextlib.suppress(FileNotFoundError):
        os.remove(name)


def load(arguments: list[str]) -> Report | None:
    """The report of `--resume FILE`. Raises Problem for a file that is none."""
    if arguments[:1] != ["--resume"]:
        return None
    name = (arguments[1:] or [REPORT_FILE])[0]
    try:
        with open(name, encoding="utf-8") as file:
            return from_json(json.load(file))
    except (OSError, ValueError) as error:
        raise Problem(no_report(name, str(error))) from None
