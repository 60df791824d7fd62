"""Who wrote a task or an issue of YouTrack stands behind its text where our account creates it."""

from __future__ import annotations

from tests.engine.youtrack_world import youtrack_life

FENCE = "\u2063"


def test_our_account_names_who_created_a_task_and_a_stranger_who_reported(
    database_url: str,
) -> None:
    with youtrack_life(database_url) as life:
        line = f"*{FENCE}— Rita (Bitrix24){FENCE}*"
        issue = life.issue
        assert issue.description.endswith(f")\n\n{line}")
        life.edit_task(description="Second")
        cid = life.state.add_user("cid")
        life.project.readers.add(cid.id)
        life.project.writers.add(cid.id)
        life.state.create_issue(life.project, cid, "By Cid")
        life.rest()
        assert issue.description == f"Second\n\n{line}"
        (task,) = (t for t in life.world.b24.state.tasks.values() if t.title == "By Cid")
        assert task.description == f"[i]{FENCE}— {cid.name} (YouTrack){FENCE}[/i]"
        life.rest()
        assert (life.task.description, life.errors()) == ("Second", [])
