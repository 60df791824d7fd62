"""What must hold when the story is over: each line is checked, and counted on failure."""

from __future__ import annotations

from collections.abc import Iterator

from demo.scenario import RESENT, UNKNOWN_TASK
from demo.stage import BORIS, TASK, Stage
from demo.watch import Watch
from sync.store import tables

Check = tuple[str, bool]


def checks(stage: Stage, watch: Watch, received: int) -> Iterator[Check]:
    """Statements about the end of the story, and whether they are true.

    `received`: how many deliveries GitLab was told were accepted.
    """
    portal = stage.b24.state
    task = portal.tasks[TASK]
    said = [message.text for message in portal.discussion(TASK)]
    reports = [text for text in said if text.startswith("[b]CI/CD ")]
    cards = [text for text in said if text not in reports]
    told = [n.tag for n in portal.notifications.values() if n.user_id == BORIS]
    of_pipelines = [tag for tag in told if tag.startswith("b24bridge:ci:")]
    deliveries, commands = watch.states(tables.delivery), watch.states(tables.command)
    yield f"task {TASK} is completed and in the column “Done”", _done(stage, task)
    yield "its discussion holds one card for each of the two merge requests", len(cards) == 2
    yield "both cards say “merged”", all("merged" in text.lower() for text in cards)
    yield (
        "its branch's pipelines are one message, which says “passed”",
        ["passed" in text for text in reports] == [True],
    )
    yield "the field UF_CI_STATUS says “passed”", task.uf.get("UF_CI_STATUS") == "passed"
    yield (
        "Boris was told of each merge request once, in one replaced notification",
        len(told) - len(of_pipelines) == 2,
    )
    yield "Boris was told that his pipeline failed, then that it is fixed", len(of_pipelines) == 1
    yield f"what was resent ({RESENT}) was taken once", watch.received("gitlab:") == received
    yield "no delivery failed", set(deliveries) <= {"done"}
    yield "no write was refused or left waiting", set(commands) <= {"done", "dropped"}
    yield "nothing was written about the task that nobody has", UNKNOWN_TASK not in portal.tasks
    status = stage.service.run("status")
    yield (
        "`b24bridge status` shows that task's id beside its merge request",
        (str(UNKNOWN_TASK) in status),
    )


def _done(stage: Stage, task: object) -> bool:
    column = stage.b24.state.stages[task.stage_id].title
    return (task.status, column) == (5, "Done")
