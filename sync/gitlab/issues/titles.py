"""Titles in which nothing is a mention or a reference. Pure.

GitLab reads titles as one line of Markdown: `@bob` there notifies Bob, and `#12` writes a note on
another issue. A title has no escape that nobody sees, so a joiner stands behind the sign.
https://docs.gitlab.com/user/markdown/#gitlab-specific-references
"""

from __future__ import annotations

import re

from sync.text.chars import JOINER

_SIGN = re.compile(r"(?<!\w)(@(?=\w)|[#!&$](?=\d)|[~%](?=[\w\"]))")
_JOINED = re.compile(f'([@#!&$~%]){JOINER}(?=[\\w"])')


def protected(title: str) -> str:
    """Return a title that looks as before and points at nobody and nothing."""
    return _SIGN.sub(rf"\1{JOINER}", title)


def plain(title: str) -> str:
    """Return a title as it was before it was protected."""
    return _JOINED.sub(r"\1", title)
