"""Read the Markdown of code hosts and trackers into the tree, and write it. Pure."""

from sync.text.markdown.dialect import GITLAB, YOUTRACK, Dialect
from sync.text.markdown.reader import read
from sync.text.markdown.writer import write

__all__ = ["GITLAB", "YOUTRACK", "Dialect", "read", "write"]
