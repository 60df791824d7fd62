"""Words of others that a merge request shows move nothing: a robot's change logs, quotations."""

from __future__ import annotations

import pytest

from tests.engine.world import World

WAITING, IN_PROGRESS, COMPLETED = 2, 3, 5

RENOVATE = """This MR contains the following updates:

| Package | Change |
|---|---|
| [core](https://x.test) | `1.2.0` -> `1.3.0` |

---

### Release Notes

<details>
<summary>acme/core (core)</summary>

### [`v1.3.0`](https://x.test)

##### Bug Fixes

-   crash on start, closes B24-2103
-   B24-2103 #time 2h

</details>

---

### Configuration

📅 **Schedule**: before 4am.
"""
DEPENDABOT = """Bumps [core](https://x.test) from 1.2.0 to 1.3.0.
<details>
<summary>Commits</summary>
<ul>
<li><a href="https://x.test"><code>4f1c9e0</code></a> Closes B24-2103</li>
</ul>
</details>
<br />
"""
PLAIN = "Bumps core from 1.2.0 to 1.3.0.\n\nCommits:\n- fix B24-2103\n- Closes B24-2103"
QUOTED = "Cart\n\n<blockquote>\nCloses B24-2103\n</blockquote>"


def merged(world: World, title: str, description: str) -> None:
    world.gitlab.push(world.shop, "update", ["Update core"], "ann")
    mr = world.gitlab.open_mr(world.shop, "update", title, "ann", description=description)
    world.settle()
    world.gitlab.merge(mr, "bob")
    world.settle()


@pytest.mark.parametrize("description", [RENOVATE, DEPENDABOT, PLAIN, QUOTED])
def test_a_robots_change_log_completes_nobodys_task(world: World, description: str) -> None:
    merged(world, "Update dependency core to v1.3.0", description)
    assert world.status() == WAITING


@pytest.mark.parametrize("words", [RENOVATE, DEPENDABOT, PLAIN])
def test_a_squash_that_repeats_the_change_log_says_nothing(world: World, words: str) -> None:
    world.gitlab.push(world.shop, "main", [f"Update dependency core to v1.3.0\n\n{words}"], "bob")
    world.settle()
    assert world.status() == WAITING
    assert not world.b24.state.elapsed


def test_what_stands_beside_the_change_log_counts(world: World) -> None:
    merged(world, "Update dependency core to v1.3.0", f"Closes B24-2103\n\n{DEPENDABOT}")
    assert world.status() == COMPLETED


@pytest.mark.parametrize("words", ["Bob closes B24-2103", "Анна закрывает B24-2103 в !7"])
def test_what_another_person_closes_is_not_completed_here(world: World, words: str) -> None:
    merged(world, "Cart", words)
    assert world.status() == IN_PROGRESS
