"""What a report costs a job, beside what it cost before, curl, and the usual libraries."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from threading import Thread

from ruamel.yaml import YAML

from bench.figures import Figure, Part, at_most, must
from tests.component.world import World

ROOT = Path(__file__).parents[1]
BEFORE = "7528f53"  # the last commit whose jobs ran the whole reporter, whatever they needed
ROUNDS = 15
_HOW = f"""\
A job's report of a merge request (one task, which its branch names and its description closes; \
card edited in place, field, status) against both systems emulated on loopback: the shell that \
runs the job's script as the template ships it, from its start to its exit, median of {ROUNDS} \
rounds taken in turns; Python from an environment that has no packages, as an image has it. \
*direct*, *app*: by the input `deliver`; the app is a server that takes everything. *before*: the \
same job's script at commit {BEFORE}. *curl*: the single write of a report, made by curl. \
*Libraries*: the same report by a script that imports requests and python-gitlab."""

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
    """Milliseconds of one job's script: on the clock, and of the processor."""

    wall: float
    cpu: float


def measure() -> Part:
    with tempfile.TemporaryDirectory() as folder, World(Path(folder)) as world:
        world.portal.limits.on = False
        with _app() as url:
            ways = _ways(world, url, _clean_python(Path(folder)))
            counted = _count_requests(world, ways["direct"])
            costs: dict[str, list[Cost]] = {name: [] for name in ways}
            for number in range(ROUNDS + 1):
                for name, way in ways.items():
                    cost = way(number)
                    costs[name] += [cost] if number else []  # the first round warms the disk
    return Part("reports", "Reports", _HOW, [*_figures(costs), *counted, *_sizes()])


def _ways(world: World, app_url: str, python: Path) -> dict[str, Callable[[int], Cost]]:
    """Give every run a newer pipeline with another result: it has a card and a field to write."""
    world.task(5)
    mr = world.open_mr("Pay by card", description="What was missing.\n\nCloses B24-5\n")
    world.report(world.pipeline(mr, "failed"), mr)
    [message] = world.portal.discussion(5)
    results = ("success", "failed") * (ROUNDS + 1)
    runs = [world.pipeline(mr, result) for result in results]
    direct = [world.variables(run, mr, B24_TELL_AUTHOR="false") for run in runs]
    more = {"B24_DELIVER": "app", "B24_APP_URL": app_url, "B24_ID_TOKEN": "eyJ.id.token"}
    through_app = [variables | more | {"B24_WEBHOOK_URL": ""} for variables in direct]

    def job(script: str, variables: list[dict[str, str]], *, turn: int) -> Callable[[int], Cost]:
        """`turn`: of the two pipelines of a round."""
        path = f"{python.parent}{os.pathsep}{os.environ['PATH']}"
        command = ["/bin/sh", "-e"]
        return lambda number: _cost(
            command, variables[2 * number + turn] | {"PATH": path}, world, script
        )

    def curl(number: int) -> Cost:
        command = f"im.message.update?MESSAGE_ID={message.id}&MESSAGE=passed%20{number}"
        body = json.dumps({"halt": 0, "cmd": {"w0": command}})
        options = ["-sS", "-o", "/dev/null", "-H", "Content-Type: application/json"]
        return _cost(["curl", *options, "-d", body, f"{world.webhook}batch.json"], {}, world)

    def libraries(number: int) -> Cost:
        return _cost([sys.executable, "-I", "-c", LIBRARIES], direct[2 * number], world)

    return {
        "curl": curl,
        "direct": job(_script("report-direct"), direct, turn=0),
        "app": job(_script("report-app"), through_app, turn=0),
        "direct before": job(_script_before(), _without_dashes(direct), turn=1),
        "app before": job(_script_before(), _without_dashes(through_app), turn=1),
        "libraries": libraries,
    }


def _without_dashes(variables: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return the inputs as that commit had them: an empty text for nothing."""
    return [
        {name: "" if value == "-" else value for name, value in row.items()} for row in variables
    ]


def _script(form: str) -> str:
    """Return what a job's script is in the file that its template includes."""
    text = (ROOT / "templates" / "scripts" / f"{form}.yml").read_text("utf-8")
    [job] = YAML(typ="safe").load(text.partition("\n---\n")[2]).values()
    [script] = job["script"]
    return str(script)


def _script_before() -> str:
    """Return the same of the commit before; raises CalledProcessError without its history."""
    command = ["git", "-C", str(ROOT), "show", f"{BEFORE}:templates/report.yml"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    jobs = YAML(typ="safe").load(text.partition("\n---\n")[2])
    [script] = jobs["$[[ inputs.job-name ]]"]["script"]
    return str(script)


def _clean_python(folder: Path) -> Path:
    """Return a Python as an image has it: what is installed here may slow its start down."""
    venv.create(folder / "python", with_pip=False)
    return folder / "python" / "bin" / "python3"


@contextmanager
def _app() -> Iterator[str]:
    """Serve an app that takes everything; gives its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            body = b'{"tasks": [{"id": 5}]}'
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def _cost(
    command: list[str], variables: Mapping[str, str], world: World, script: str | None = None
) -> Cost:
    """Run until the end; `script`: its input. Raises RuntimeError where the process fails."""
    env = {"PATH": os.environ["PATH"], **variables}
    with tempfile.TemporaryFile("w+") as given:
        given.write(script or "")
        given.seek(0)
        began = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=world.folder, env=env, stdin=given, stdout=subprocess.DEVNULL
        )
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}")
    return Cost(wall * 1000, (used.ru_utime + used.ru_stime) * 1000)


def _count_requests(world: World, report: Callable[[int], Cost]) -> list[Figure]:
    world.requests()
    report(0)
    to_gitlab, to_portal = world.requests()
    return [
        must("requests to GitLab", to_gitlab, 3),
        must("requests to Bitrix24, of which one writes", sum(to_portal.values()), 3),
    ]


def _figures(costs: Mapping[str, list[Cost]]) -> list[Figure]:
    middle = {
        name: Cost(median(cost.wall for cost in rows), median(cost.cpu for cost in rows))
        for name, rows in costs.items()
    }
    shown = [
        Figure(f"{name}: wall ms, CPU ms", f"{cost.wall:.0f}, {cost.cpu:.0f}")
        for name, cost in middle.items()
    ]
    direct, app, libraries = middle["direct"], middle["app"], middle["libraries"]
    before, app_before = middle["direct before"], middle["app before"]
    return [
        *shown,
        at_most("direct ÷ before: wall", direct.wall / before.wall, 0.55),
        at_most("direct ÷ before: CPU", direct.cpu / before.cpu, 0.55),
        at_most("app ÷ before, direct: wall", app.wall / before.wall, 0.35),
        at_most("app ÷ before, direct: CPU", app.cpu / before.cpu, 0.35),
        at_most("app ÷ before, app: wall", app.wall / app_before.wall, 0.35),
        at_most("app ÷ before, app: CPU", app.cpu / app_before.cpu, 0.35),
        Figure("direct ÷ curl: wall, CPU", _ratio(direct, middle["curl"])),
        Figure("app ÷ curl: wall, CPU", _ratio(app, middle["curl"])),
        Figure("direct ÷ libraries: wall, CPU", _ratio(direct, libraries)),
        Figure("app ÷ libraries: wall, CPU", _ratio(app, libraries)),
    ]


def _ratio(cost: Cost, other: Cost) -> str:
    return f"{cost.wall / other.wall:.2f}, {cost.cpu / other.cpu:.2f}"


def _sizes() -> list[Figure]:
    names = ("report", "merge-request", "deployment")
    limits = [(ROOT / "templates" / f"{name}.yml", 40.0) for name in names]
    scripts = sorted((ROOT / "templates" / "scripts").glob("*.yml"))
    limits += [(path, 12.0 if path.stem.endswith("-app") else 40.0) for path in scripts]
    return [
        at_most(f"{path.relative_to(ROOT)}: KB", path.stat().st_size / 1000, limit, "{:.1f}")
        for path, limit in limits
    ]


if __name__ == "__main__":
    from bench.figures import markdown

    print(markdown(measure()))
