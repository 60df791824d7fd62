"""Finds quick actions in a text and cuts them out, as GitLab's extractor does. Pure.

https://docs.gitlab.com/user/project/quick_actions/ ; lib/gitlab/quick_actions/extractor.rb: lines
of plain paragraphs that begin with a slash and a name it knows, outside of inline code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from markdown_it import MarkdownIt

NAMES = frozenset(
    [
        *("close", "reopen", "title", "assign", "reassign", "unassign", "remove_assignee"),
        *("label", "labels", "unlabel", "remove_label", "relabel", "due", "remove_due_date"),
        *("estimate", "estimate_time", "remove_estimate", "remove_time_estimate"),
        *("spend", "spent", "spend_time", "remove_time_spent"),
        *("confidential", "lock", "unlock", "milestone", "remove_milestone"),
        *("duplicate", "move", "status", "todo", "done", "subscribe", "unsubscribe"),
        *("award", "react", "relate", "clone", "promote", "promote_to", "convert_to_ticket"),
        *("weight", "clear_weight", "iteration", "remove_iteration", "epic", "remove_epic"),
        *("health_status", "clear_health_status", "set_parent", "remove_parent", "type"),
        *("blocks", "blocked_by", "unlink", "severity", "create_merge_request", "tableflip"),
        *("shrug", "cc", "zoom", "publish", "add_contacts", "remove_contacts", "board_move"),
    ]
)
SUBSTITUTIONS = {"shrug": "¯\\＿(ツ)＿/¯", "tableflip": "(╯°□°)╯︵ ┻━┻"}
LINE = re.compile(r"^/(?P<name>[A-Za-z_]+)(?:[ ]+(?P<argument>[^\n]*))?[ ]*(?:\n|$)", re.MULTILINE)
INLINE_CODE = re.compile(r"`.+?`", re.DOTALL)
MARKDOWN = MarkdownIt("commonmark").enable("table")
GITLAB_QUOTE = re.compile(r"^>>>\n.*?\n>>>$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Action:
    name: str
    argument: str = ""


def extract(text: str, known: frozenset[Action] = frozenset()) -> tuple[str, list[Action]]:
    """The text without its actions, and the actions. `known`: of the text before an edit, which
    are cut out but do not run again. Every carriage return and what is blank at the end goes."""
    text = text.replace("\r", "")
    actions: list[Action] = []
    allowed = _paragraph_lines(text)
    codes = [match.span() for match in INLINE_CODE.finditer(text)]

    def replaced(match: re.Match[str]) -> str:
        name = match["name"].lower()
        line = text.count("\n", 0, match.start())
        in_code = any(start < match.start() < end for start, end in codes)
        if name not in NAMES or line not in allowed or in_code:
            return match.group()
        argument = (match["argument"] or "").strip()
        if name in SUBSTITUTIONS:
            return f"{argument} {SUBSTITUTIONS[name]}\n".lstrip()
        actions.append(Action(name, argument))
        return ""

    cut = LINE.sub(replaced, text).rstrip()
    return cut, [action for action in actions if action not in known]


def _paragraph_lines(text: str) -> set[int]:
    """Numbers of the lines of paragraphs that stand in no quote, list, table or block of code."""
    blanked = GITLAB_QUOTE.sub(lambda match: "    " + match.group().replace("\n", "\n    "), text)
    lines: set[int] = set()
    for token in MARKDOWN.parse(blanked):
        if token.type == "paragraph_open" and token.level == 0 and token.map:
            lines |= set(range(*token.map))
    return lines
