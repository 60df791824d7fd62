"""The run: variables → facts → report → delivery, within the time, and never a broken pipeline."""

from __future__ import annotations

import faulthandler
import os
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timezone

from reporter.build_report import assemble
from reporter.ci_variables import Facts, read_facts
from reporter.doctor import examine, print_table
from reporter.errors import Failure, Problem, defect, not_told, out_of_time, token_refused
from reporter.files import REPORT_FILE, forget, load, save, write_files
from reporter.gitlab import gather
from reporter.gitlab_client import Reader
from reporter.gitlab_graphql import question, read_overview
from reporter.http import Output, Wire
from reporter.model import Report, to_json
from reporter.portal import read_webhook
from reporter.send_to_app import deliver_app, is_app_address
from reporter.send_to_portal import Delivered, deliver_direct
from reporter.settings import DEPLOYMENT, DOCTOR, REPORT, Settings, fits, read_secret, read_settings

AGAIN = {
    "direct": f"retry this job, or run report.py --resume {REPORT_FILE}",
    "app": "retry this job",  # elsewhere there is no ID token
}
FOR_THE_PORTAL = 0.5  # of the time
SECRETS = ("CI_JOB_TOKEN", "B24_ID_TOKEN", "CI_REGISTRY_PASSWORD", "CI_DEPLOY_PASSWORD")


class Run:
    """One run. `report` is kept here, so that it can be saved when time is out."""

    def __init__(self, environ: Mapping[str, str], out: Output) -> None:
        self.environ, self.out = environ, out
        self.settings: Settings = read_settings(environ)
        self.facts: Facts = read_facts(environ)
        self.webhook = read_secret(environ, self.settings.webhook_variable)
        self.token = read_secret(environ, self.settings.token_variable)
        self.wire = Wire(
            time.monotonic() + self.settings.timeout, environ.get("CI_SERVER_TLS_CA_FILE", "")
        )
        job_token = environ.get("CI_JOB_TOKEN", "")
        keep = self.settings.timeout * FOR_THE_PORTAL
        self.reader = Reader(self.wire, self.facts, job_token, self.token, keep)
        self.report: Report | None = None
        out.hide(self.webhook, self.token, *(environ.get(name, "") for name in SECRETS))
        out.hide(self.webhook.rstrip("/").rpartition("/")[2])

    def perform(self, resumed: Report | None) -> int:
        """The exit code: 0, or 1 where something was not done."""
        write_files([], ())
        if resumed is None:
            forget(REPORT_FILE)
        if self.settings.mode == DOCTOR:
            return self.examine()
        if self.facts.fork and self.knows_no_secret():
            self.out.say("b24: a merge request from a fork sees no secrets: nothing is reported")
            return 0
        if not fits(self.facts.ref, self.settings.refs):
            self.out.say("b24: this ref is not among the input refs: nothing is reported")
            return 0
        problem = self.problem_beforehand()
        self.report = resumed or self.assembled()
        reason = unwanted(self.report, self.settings)
        if reason:
            self.out.say(f"b24: {reason}: nothing is reported")
            return 0
        return self.delivered(problem)

    def knows_no_secret(self) -> bool:
        """In the parent project somebody may run a fork's pipeline with the project's secrets."""
        if self.settings.deliver == "app":
            return self.facts.project_id != self.facts.merge_request_project
        return not self.webhook

    def problem_beforehand(self) -> Failure | None:
        """What is already known to fail; the report is made all the same, and kept."""
        try:
            self.check_way()
        except Problem as problem:
            return problem.failure
        return None

    def check_way(self) -> None:
        if self.settings.deliver == "app":
            if not self.environ.get("B24_ID_TOKEN"):
                raise Problem(NO_ID_TOKEN)
            if not is_app_address(self.settings.app_url):
                raise Problem(NO_APP_URL)
        else:
            read_webhook(self.webhook, self.settings.webhook_variable)

    def assembled(self) -> Report:
        inquire = self.reader.inquire if self.token else None
        known = gather(self.facts, self.settings, self.reader.get, inquire)
        if known.token_refused:
            self.out.say(f"b24: {token_refused(self.settings.token_variable)}")
        if known.refused:
            self.out.say(f"b24: {not_told(known.refused, self.settings.token_variable)}")
        for sentence in known.notes:
            self.out.say(f"b24: {sentence}")
        return assemble(self.facts, self.settings, known)

    def delivered(self, problem: Failure | None) -> int:
        try:
            if problem:
                raise Problem(problem)
            done = self.deliver()
        except Problem as error:
            self.keep(str(error))
            return 1
        write_files(done.tasks, done.links)
        for text in done.problems:
            self.out.say(f"b24: not done: {text}")
        return 1 if done.problems else 0

    def deliver(self) -> Delivered:
        if self.settings.deliver == "app":
            url, token = self.settings.app_url.rstrip("/"), self.environ["B24_ID_TOKEN"]
            return deliver_app(self.wire, url, token, self.report, self.settings, self.out)
        webhook = read_webhook(self.webhook, self.settings.webhook_variable)
        now = datetime.now(timezone.utc)
        return deliver_direct(
            self.wire, webhook, self.report, self.settings, self.out,
            email=self.facts.email, now=now,
        )  # fmt: skip

    def keep(self, reason: str) -> None:
        self.out.say(f"b24: NOT REPORTED. {reason}")
        if self.report:
            write_files([task.id for task in self.report.tasks], ())
            save(REPORT_FILE, to_json(self.report))
            again = AGAIN.get(self.settings.deliver, "retry this job")
            self.out.say(f"b24: The report is kept in {REPORT_FILE}: {again}")

    def has_overview(self) -> bool:
        asked = question(self.facts, replace(self.settings, mode=REPORT))
        return read_overview(self.reader.read_at_once(asked)[1], self.facts) is not None

    def examine(self) -> int:
        rows = examine(
            self.wire, self.settings, self.facts, url=self.webhook,
            id_token=bool(self.environ.get("B24_ID_TOKEN")),
            token=bool(self.token),
            reads=lambda path, token: self.reader.read(path, token=token)[0],
            overview=self.has_overview,
        )  # fmt: skip
        print_table(rows, self.out)
        return 1 if any(state in ("no", "missing") for _, state, _ in rows) else 0


NO_ID_TOKEN = Failure(
    "The job has no ID token B24_ID_TOKEN",
    "the component was included without deliver: app, or GitLab is older than 15.7",
    "include the component with deliver: app and app-url",
)
NO_APP_URL = Failure(
    "The input app-url is no https:// address", "it was left out",
    "set app-url to the address of the app",
)  # fmt: skip


def unwanted(report: Report, settings: Settings) -> str:
    """Why there is nothing to tell, or ""."""
    if not report.tasks and settings.deliver != "app":  # which reads the texts by its own rules
        return "no task is named in the branch, the merge request or the commits"
    if settings.mode == DEPLOYMENT:
        return "" if report.deployments else "this pipeline has no deployment of the input tiers"
    watched = report.status not in ("", "running", "unknown")
    if watched and not fits(report.status, settings.statuses):
        return f"the status {report.status} is not among the input statuses"
    return ""


def attempt(run: Run, arguments: list[str], codes: list[int]) -> None:
    """Nothing that happens in here may leave as a traceback: those print what they hold."""
    try:
        codes.append(run.perform(load(arguments)))
    except Problem as problem:
        run.out.say(f"b24: {problem}")
        codes.append(1)
    except Exception as error:  # noqa: BLE001  a report never breaks a pipeline
        run.keep(str(defect(error)))
        codes.append(1)


def main(environ: Mapping[str, str], arguments: list[str]) -> int:
    """The time is watched from outside: not even a hanging name lookup holds the job.

    Code that never lets another thread run is ended by the process itself, a second later.
    """
    run, codes = Run(environ, Output()), []
    faulthandler.dump_traceback_later(run.settings.timeout + 1, exit=True)
    worker = threading.Thread(target=attempt, args=(run, arguments, codes), daemon=True)
    worker.start()
    worker.join(run.settings.timeout)
    if not codes:
        run.keep(str(out_of_time(run.settings.timeout)))
        codes.append(1)
    faulthandler.cancel_dump_traceback_later()
    return codes[0]


if __name__ == "__main__":
    code = main(os.environ, sys.argv[1:])
    sys.stdout.flush()
    os._exit(code)  # a thread that hangs must not hold the job
