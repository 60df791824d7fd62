"""What a report costs a job: the whole process beside curl, and beside the usual libraries."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.figures import Figure, Part, at_most, must
from tests.component.world import SCRIPT, World

ROOT = Path(__file__).parents[1]
ROUNDS = 15
_HOW = f"""\
A job's report of a merge request (one task; card edited in place, field, status) against both \
systems emulated on loopback: the whole process from start to exit, median of {ROUNDS} rounds \
taken in turns. *curl*: its single write, made by curl. *Libraries*: the same report by a script \
that imports requests and python-gitlab."""

# The same three questions, two reads and one write; no failures understood, no text made inert.
LIBRARIES = """
import os, urllib.parse
import gitlab, requests
env, hook = os.environ, os.environ["B24_WEBHOOK_URL"]
lab = gitlab.Gitlab(env["CI_SERVER_URL"], job_token=env["CI_JOB_TOKEN"], timeout=4)
project = lab.projects.get(env["CI_PROJECT_ID"], lazy=True)
pipeline = project.pipelines.get(env["CI_PIPELINE_ID"], lazy=True)
jobs = pipeline.jobs.list(per_page=100, get_all=False)
request = project.mergerequests.get(env["CI_MERGE_REQUEST_IID"])
project.deployments.list(order_by="id", sort="desc", per_page=50, get_all=False)
status = "failed" if any(job.status == "failed" for job in jobs) else "passed"
session = requests.Session()
def batch(**cmd):
    answer = session.post(hook + "batch.json", json={"halt": 0, "cmd": cmd}, timeout=4)
    return answer.json()["result"]["result"]
read = batch(me="profile", task="tasks.task.get?taskId=5&select[]=ID&select[]=CHAT_ID")
chat = read["task"]["task"]["chatId"]
rows = batch(old=f"im.dialog.messages.get?DIALOG_ID=chat{chat}&LIMIT=50")["old"]["messages"]
old = next(row["id"] for row in rows if request.web_url in row["text"])
text = urllib.parse.quote(f"[b][url={request.web_url}]{request.title}[/url][/b] CI: {status}")
field = urllib.parse.quote(f"{status} {env['CI_PIPELINE_ID']}")
batch(card=f"im.message.update?MESSAGE_ID={old}&MESSAGE={text}",
      field=f"tasks.task.update?taskId=5&fields[UF_CI_STATUS]={field}")
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """Milliseconds of one process: on the clock, and of the processor."""

    wall: float
    cpu: float


def measure() -> Part:
    with tempfile.TemporaryDirectory() as folder, World(Path(folder)) as world:
        world.portal.limits.on = False
        ways = _ways(world)
        counted = _requests(world, ways["report"])
        costs: dict[str, list[Cost]] = {name: [] for name in ways}
        for number in range(ROUNDS + 1):
            for name, way in ways.items():
                cost = way(number)
                costs[name] += [cost] if number else []  # the first round warms the disk
    return Part("report", "A report from a CI job", _HOW, [*_figures(costs), *counted, *_sizes()])


def _ways(world: World) -> dict[str, Callable[[int], Cost]]:
    """Two pipelines in turn, so that every run has something to write."""
    world.task(5)
    mr = world.open_mr()
    runs = [world.pipeline(mr), world.pipeline(mr, "failed")]
    world.report(runs[1], mr)
    [message] = world.portal.discussion(5)
    variables = [world.variables(run, mr, B24_TELL_AUTHOR="false") for run in runs]

    def curl(number: int) -> Cost:
        command = f"im.message.update?MESSAGE_ID={message.id}&MESSAGE=passed%20{number}"
        body = json.dumps({"halt": 0, "cmd": {"w0": command}})
        options = ["-sS", "-o", "/dev/null", "-H", "Content-Type: application/json"]
        return _cost(["curl", *options, "-d", body, f"{world.webhook}batch.json"], {}, world)

    def report(number: int) -> Cost:
        return _cost([sys.executable, "-I", str(SCRIPT)], variables[number % 2], world)

    def libraries(number: int) -> Cost:
        return _cost([sys.executable, "-I", "-c", LIBRARIES], variables[number % 2], world)

    return {"curl": curl, "report": report, "libraries": libraries}


def _cost(command: list[str], variables: Mapping[str, str], world: World) -> Cost:
    """Raises RuntimeError where the process fails."""
    env = {"PATH": os.environ["PATH"], **variables}
    began = time.perf_counter()
    process = subprocess.Popen(command, cwd=world.folder, env=env, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}")
    return Cost(wall * 1000, (used.ru_utime + used.ru_stime) * 1000)


def _requests(world: World, report: Callable[[int], Cost]) -> list[Figure]:
    world.requests()
    report(0)
    asked, called = world.requests()
    return [
        must("requests to GitLab", asked, 3),
        must("requests to Bitrix24, of which one writes", sum(called.values()), 3),
    ]


def _figures(costs: Mapping[str, list[Cost]]) -> list[Figure]:
    middle = {
        name: Cost(median(one.wall for one in rows), median(one.cpu for one in rows))
        for name, rows in costs.items()
    }
    own = middle["report"]
    shown = [
        Figure(f"{name}: wall ms, CPU ms", f"{cost.wall:.0f}, {cost.cpu:.0f}")
        for name, cost in middle.items()
    ]
    return [
        *shown,
        Figure("report ÷ curl: wall, CPU", _ratio(own, middle["curl"])),
        at_most("report ÷ libraries: wall", own.wall / middle["libraries"].wall, 1),
        at_most("report ÷ libraries: CPU", own.cpu / middle["libraries"].cpu, 1),
    ]


def _ratio(cost: Cost, other: Cost) -> str:
    return f"{cost.wall / other.wall:.1f}, {cost.cpu / other.cpu:.1f}"


def _sizes() -> list[Figure]:
    paths = sorted((ROOT / "templates").glob("*.yml"))
    return [Figure(f"{path.name}: KB", f"{path.stat().st_size / 1000:.0f}") for path in paths]


if __name__ == "__main__":
    from bench.figures import markdown

    print(markdown(measure()))
