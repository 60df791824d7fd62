"""Read the portal's BBCode into the tree, and write it. Pure."""

from sync.text.bbcode_reader import read
from sync.text.bbcode_writer import write

__all__ = ["read", "write"]
