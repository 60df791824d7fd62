"""`make demo`: plays the life of two merge requests and checks what became of their task."""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
from collections.abc import Iterable
from pathlib import Path

from demo import customer_bug, direct, in_step, telling, weeks
from demo.installing import install
from demo.newcomer import Newcomer
from demo.scenario import Scene, scenes
from demo.stage import TASK, TITLE, Stage
from demo.summary import Check, checks
from demo.watch import Seen, Watch

STATUSES = {2: "pending", 3: "in progress", 4: "pending review", 5: "completed", 6: "deferred"}
BOLD, DIM, RED, GREEN, PLAIN = (
    ("\033[1m", "\033[2m", "\033[31m", "\033[32m", "\033[0m") if sys.stdout.isatty() else [""] * 5
)


def main() -> int:
    """0 when every check holds, 1 when one does not or a part did not work."""
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="stay up to look at the task")
    keep = parser.parse_args().keep
    with tempfile.TemporaryDirectory(prefix="b24bridge-demo-") as home, Stage(Path(home)) as stage:
        try:
            failed = play(stage)
        except (RuntimeError, TimeoutError) as error:
            print(f"{RED}The demo stopped:{PLAIN} {error}\n{stage.service.last_lines()}")
            return 1
        if keep:
            weeks.save(stage)
            stay(stage, add_newcomer(stage))
    return 1 if failed else 0


def play(stage: Stage) -> int:
    """The whole story; how many checks failed. Raises RuntimeError or TimeoutError."""
    print(f"{BOLD}An emulated portal, an emulated GitLab, and b24bridge between them{PLAIN}")
    stage.service.start()
    print("\nThe administrator opens the application in the portal; it sets itself up:")
    for step in install(stage):
        print(f"  {mark(step.ok)} {step.name}: {step.text}")
    connect(stage)
    watch = Watch(stage.home / "b24bridge.sqlite3")
    watch.look()
    print(f"\n{BOLD}Task {TASK} “{TITLE}”{PLAIN} is waiting in the column “New”.")
    wrong = sum(not perform(stage, watch, scene) for scene in scenes(stage))
    received = len({event.request_headers["webhook-id"] for event in hook_log(stage)})
    print(f"\n{BOLD}In the end{PLAIN}")
    wrong += confirm(checks(stage, watch, received))
    totals(stage)
    wrong += everything_else(stage, watch)
    wrong += report_from_a_job(stage)
    return wrong + keep_in_step(stage, watch) + follow_a_bug(stage, watch)


def everything_else(stage: Stage, watch: Watch) -> int:
    """Each kind of event, and who hears of it where; how many did not."""
    print(f"\n{BOLD}Whatever else GitLab tells, by the rules of the workgroup{PLAIN}")
    print(indented(telling.prepare(stage), "    "))
    wrong = sum(confirm(telling.perform(stage, watch, row)) for row in telling.rows(stage))
    return wrong + confirm(telling.checks(stage, watch))


def report_from_a_job(stage: Stage) -> int:
    """The CI/CD component, without the app; how many checks failed."""
    print(f"\n{BOLD}Another project has no webhooks: its pipeline reports by itself{PLAIN}")
    direct.prepare(stage)
    for status in ("failed", "success"):
        print(f"  {DIM}the job `report` after a pipeline that ended: {status}{PLAIN}")
        print(indented(direct.pipeline(stage, status), "    "))
    return confirm(direct.checks(stage))


def keep_in_step(stage: Stage, watch: Watch) -> int:
    """A task and its issue as one thing; how many checks failed."""
    print(f"\n{BOLD}A workgroup and a project are kept in step{PLAIN}")
    till = in_step.Till(stage)
    print(indented(till.prepare(), "    "))
    wrong = play_acts(watch, in_step.acts(till), till.printed)
    return wrong + confirm(in_step.last_checks(till))


def follow_a_bug(stage: Stage, watch: Watch) -> int:
    """A customer's bug through three systems; how many checks failed."""
    print(f"\n{BOLD}A customer's bug goes through YouTrack and GitLab{PLAIN}")
    bug = customer_bug.Bug(stage, stage.beside.enter_context(customer_bug.youtrack()))
    print(indented(bug.prepare(), "    "))
    return play_acts(watch, customer_bug.acts(bug), [])


def play_acts(watch: Watch, acts: Iterable[in_step.Act], printed: list[str]) -> int:
    """Play acts and wait for what is to be seen; how many checks failed."""
    wrong = 0
    for act in acts:
        print(f"{BOLD}▶ {act.title}{PLAIN}")
        act.do()
        watch.wait_until(lambda wanted=act.wanted: all(holds() for _, holds in wanted))
        for text in printed:
            print(indented(text, "    "))
        printed.clear()
        for line in watch.story():
            print(f"    {DIM}{line}{PLAIN}")
        wrong += confirm((text, holds()) for text, holds in act.wanted)
    return wrong


def confirm(found: Iterable[Check]) -> int:
    """Prints the checks; how many failed."""
    results = list(found)
    for said, holds in results:
        print(f"  {mark(holds)} {said}")
    return sum(not holds for _, holds in results)


def connect(stage: Stage) -> None:
    print("\nA developer applies the settings and connects GitLab:")
    commands = (
        ("settings", "apply", str(stage.settings_file())),
        ("gitlab", "hooks", "gitlab"),
        ("gitlab", "test", "gitlab"),
    )
    for words in commands:
        print(f"  {DIM}$ b24bridge {' '.join(words).replace(str(stage.home), '…')}{PLAIN}")
        print(indented(stage.service.run(*words), "    "))


def perform(stage: Stage, watch: Watch, scene: Scene) -> bool:
    """Plays a scene, prints what came of it, and whether the task shows what it must."""
    print(f"\n{BOLD}▶ {scene.title}{PLAIN}")
    scene.act()
    watch.settled()
    show(watch.look())
    task = stage.b24.state.tasks[TASK]
    column = first_column_or(stage, task.stage_id)
    holds = (task.status, column) == (scene.status, scene.column)
    said = f"{STATUSES[task.status]}, column “{column}”"
    wanted = "" if holds else f"; it should be {STATUSES[scene.status]}, “{scene.column}”"
    print(f"  {mark(holds)} {'the task is':12} {said}{wanted}")
    return holds


def show(seen: Seen) -> None:
    rows = (("arrived", seen.arrived), ("decided", seen.decided), ("written", seen.written))
    for name, lines in rows:
        for line in lines or ("nothing",):
            print(f"    {DIM}{name:12}{PLAIN} {line}")
    print(f"    {DIM}{'requests':12}{PLAIN} {seen.requests} to Bitrix24")


def first_column_or(stage: Stage, stage_id: int) -> str:
    """The portal says 0 for a task that was never moved out of the first column."""
    columns = stage.b24.state.stages_of(10)
    return stage.b24.state.stages[stage_id].title if stage_id else columns[0].title


def hook_log(stage: Stage) -> list:
    return [event for hook in stage.gitlab.state.hooks.values() for event in hook.log]


def totals(stage: Stage) -> None:
    requests, writes = stage.b24.requests, stage.b24.writes
    print(
        f"\n{sum(writes.values())} writes reached the portal in {sum(requests.values())} requests"
        f" (installation included)."
    )


def add_newcomer(stage: Stage) -> Newcomer:
    """A second portal, which the application is not installed in yet."""
    newcomer = Newcomer(stage.gitlab, stage.b24).open(stage.service.url)
    stage.beside.callback(newcomer.close)
    return newcomer


def stay(stage: Stage, newcomer: Newcomer) -> None:
    print("\nWeeks of earlier work were put beside, so that the metrics have something to show.")
    print(f"The task as the portal shows it: {stage.b24.portal_url}/view/task/{TASK}")
    window = f"{stage.b24.portal_url}/window"
    print(f"Its tab “Development”: {window}/task/{TASK}")
    print(f"The application's pages: {window}/app")
    application = newcomer.application
    assert application is not None
    print(
        f"\n{BOLD}To begin from nothing:{PLAIN} a portal that knows no GitLab yet, installed by its"
        f" administrator:\n  {newcomer.b24.portal_url}/window/install\n"
        f"GitLab's address: {stage.gitlab.url}   Application ID: {application.client_id}"
        f"   Secret: {application.secret}\n"
        f"What others do meanwhile: {newcomer.url}"
    )
    print(
        f"\nCommands of b24bridge, from another shell:\n  {stage.service.command_file()} sync"
        f" explain {in_step.TASK}"
    )
    print(f"\nb24bridge itself: {stage.url}/readyz   Press Ctrl-C to end.")
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        print()


def mark(holds: bool) -> str:
    return f"{GREEN}✓{PLAIN}" if holds else f"{RED}✗{PLAIN}"


def indented(text: str, by: str) -> str:
    return "\n".join(by + line for line in text.splitlines())


if __name__ == "__main__":
    sys.exit(main())
