"""Markdown of code hosts and trackers: a reader into the tree and a writer out of it. Pure."""

from sync.text.markdown_reader import read
from sync.text.markdown_writer import write

__all__ = ["read", "write"]
