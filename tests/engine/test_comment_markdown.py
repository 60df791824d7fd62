"""Comments in GitLab's Markdown, from the hook to the task's discussion."""

from __future__ import annotations

import pytest

from tests.engine.world import World

# name: (the comment, what its task shows of it)
COMMENTS = {
    "a line end is a blank": ("Is this\nsafe?", "Is this safe?"),
    "a hard break": ("Is this\\\nsafe?", "Is this\nsafe?"),
    "a pasted screenshot": (
        "See ![shot](/uploads/0a/s.png){width=600 height=400}!",
        "See shot!",
    ),
    "a picture from elsewhere": (
        "![shot](https://a.test/s.png){width=75%}",
        "[url=https://a.test/s.png]shot[/url]",
    ),
    "braces that are no size": ("![s](https://a.test/s.png){.big}",
                                "[url=https://a.test/s.png]s[/url]{.big}"),
    "a fenced quote": (">>>\nShip it.\n>>>\n\nNo.", "> Ship it.\n\nNo."),
    "a quote": ("> Ship it.\n\nNo.", "> Ship it.\n\nNo."),
    "a formula": ("Costs $a*b*c$ and $$d*e*f$$ more", "Costs a*b*c and d*e*f more"),
    "money": ("From $5 to $6", "From $5 to $6"),
    "one tilde": ("~old~ new", "[s]old[/s] new"),
    "tasks": ("- [ ]\topen\n- [~] dropped", "• [ ] open\n• [s]dropped[/s]"),
    "an alert": ("> [!warning]\n> Stop", "> [b]Warning[/b]\n> Stop"),
    "contents": ("[[_TOC_]]\n\nText", "Text"),
    "a fold": ("<details><summary>Log</summary>\n\nline\n\n</details>", "[b]Log[/b]\n\nline"),
    "html": ("<kbd>F5</kbd> H<sub>2</sub>O <b>now</b><!-- not this -->",
             "[code]F5[/code] H2O [b]now[/b]"),
    "what is no html": ("List<String>", "List<String>"),
    "a footnote": ("Ten[^1]\n\n[^1]: of them", "Ten[1]\n\n[1] of them"),
    "a wiki link": ("See [[Deploy|how-to]]", "See Deploy"),
    "a suggestion": ("```suggestion:-0+0\nx = 1\n```", "[code]x = 1[/code]"),
    "a mention in escapes": ("\\@all", "@all"),
}  # fmt: skip


@pytest.mark.parametrize(("comment", "shown"), COMMENTS.values(), ids=COMMENTS)
def test_a_comment_is_shown_as_gitlab_shows_it(world: World, comment: str, shown: str) -> None:
    (hook,) = world.gitlab.state.hooks.values()
    hook.events["note_events"] = True
    request = world.opened()
    world.gitlab.comment(request, comment, "bob")
    world.settle()
    (text,) = [
        message.text
        for message in world.b24.state.discussion(2103)
        if "commented" in message.text.partition("\n")[0]
    ]
    lines = text.partition("\n\n")[2].split("\n")
    assert "\n".join(line.removeprefix(">>") for line in lines if line) == shown.replace(
        "\n\n", "\n"
    )
