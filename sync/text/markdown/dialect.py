"""What the Markdown of each tracker understands beyond CommonMark and tables. Pure.

https://docs.gitlab.com/user/markdown/
https://www.jetbrains.com/help/youtrack/server/youtrack-markdown-syntax-issues.html
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Dialect:
    """The extensions that a dialect has; `line_ends_break`: a single line end breaks the line."""

    line_ends_break: bool
    alerts: bool = False  # > [!warning]
    contents: bool = False  # [[_TOC_]]
    descriptions: bool = False  # a term, and `: what it means` under it
    dropped_boxes: bool = False  # - [~]
    fenced_quotes: bool = False  # >>>
    footnotes: bool = False  # [^1]
    free_logins: bool = False  # of any letters, and e-mail addresses
    inline_diffs: bool = False  # {+ added +}, {- taken out -}, and in square brackets
    formulas: bool = False  # $a$, $`a`$, $$a$$
    single_tildes: bool = False  # ~struck~
    wiki_links: bool = False  # [[page]]
    wrapped_html: bool = False  # {html}the whole text{html}


GITLAB = Dialect(
    line_ends_break=False,
    alerts=True,
    contents=True,
    descriptions=True,
    dropped_boxes=True,
    fenced_quotes=True,
    footnotes=True,
    formulas=True,
    inline_diffs=True,
    single_tildes=True,
    wiki_links=True,
)
YOUTRACK = Dialect(line_ends_break=True, free_logins=True, wrapped_html=True)
