"""Markdown of code hosts and trackers: a reader into the tree and a writer out of it. Pure."""

from sync.text.markdown.dialect import GITLAB, YOUTRACK, Dialect
from sync.text.markdown.reader import read
from sync.text.markdown.writer import write

__all__ = ["GITLAB", "YOUTRACK", "Dialect", "read", "write"]
