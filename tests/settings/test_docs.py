"""What the administrators' guide says of rules is what holds."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sync.core.messages.placeholders import PLACEHOLDER_MEANINGS
from sync.core.model.kinds import Kind
from sync.core.notifications.filters import FILTER_KINDS, STATES_BY_KIND
from sync.core.rules.portal import GroupRules
from sync.core.rules.routes import DEFAULT_ROUTES, MANDATORY_ROUTE, Route
from sync.settings.document import read
from sync.settings.rules import to_rules

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("settings", "notifications", "alerts", "issues")
GUIDE = "\n".join((DOCS / f"{name}.md").read_text(encoding="utf-8") for name in PAGES)
RUSSIAN_GUIDE = "\n".join((DOCS / f"ru/{name}.md").read_text(encoding="utf-8") for name in PAGES)
HEAD = "version: 1\nportal: portal.example.com\n"


def rows(head: str) -> list[str]:
    """The rows of the table whose first line is `head`."""
    return GUIDE.partition(f"{head}\n")[2].partition("\n\n")[0].splitlines()[1:]


def examples() -> list[str]:
    found = re.findall(r"```yaml\n(.*?)```", GUIDE + RUSSIAN_GUIDE, re.DOTALL)
    return [text if text.startswith("version") else HEAD + text for text in found]


def ticked(names: object) -> str:
    return ", ".join(f"`{name}`" for name in names)


def told(route: Route) -> str:
    states = [
        state for kind in route.kinds for state in STATES_BY_KIND[kind] if state in route.states
    ]
    parts = [ticked(route.targets)]
    parts += [f"when {ticked(states)}"] if states else []
    parts += [f"in {ticked(route.environments)}"] if route.environments else []
    parts += [f"with {ticked(sorted(route.labels))}"] if route.labels else []
    return " ".join(parts)


def test_the_table_of_defaults_is_the_defaults() -> None:
    expected = []
    for kind in Kind:
        mine = [told(one) for one in DEFAULT_ROUTES if kind in one.kinds]
        mine += [f"{told(MANDATORY_ROUTE)}, always"] if kind in MANDATORY_ROUTE.kinds else []
        expected.append(f"| `{kind}` | {'; '.join(mine) or 'nobody'} |")
    assert rows("| `on` | told to |") == expected


def test_the_table_of_kinds_has_their_states_and_filters() -> None:
    filters = {
        kind: [name for name, kinds in FILTER_KINDS.items() if kind in kinds] for kind in Kind
    }
    assert [re.sub(" +", " ", row) for row in rows("| `on` | `when` | filters |")] == [
        re.sub(
            " +", " ", f"| `{kind}` | {ticked(STATES_BY_KIND[kind])} | {ticked(filters[kind])} |"
        )
        for kind in Kind
    ]


def test_the_table_of_places_has_their_meanings() -> None:
    assert rows("| place | holds |") == [
        f"| `{{{n}}}` | {text} |" for n, text in PLACEHOLDER_MEANINGS.items()
    ]


@pytest.mark.parametrize("text", examples())
def test_an_example_can_be_applied(text: str) -> None:
    text = re.sub(r"\n *ca_file: .*", "", text)
    assert read(text, {"GITLAB_TOKEN": "secret"})


@pytest.mark.parametrize("text", [text for text in examples() if "by_stage" in text])
def test_what_is_shown_as_the_defaults_of_a_workgroup_are_they(text: str) -> None:
    shown = to_rules(read(text, {})).default
    usual = GroupRules()
    assert (shown.comments, shown.smart_commits, shown.alerts) == (
        usual.comments,
        usual.smart_commits,
        usual.alerts,
    )
