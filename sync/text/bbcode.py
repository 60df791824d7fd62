"""The portal's BBCode: a reader into the tree and a writer out of it. Pure."""

from sync.text.bbcode_reader import read
from sync.text.bbcode_writer import write

__all__ = ["read", "write"]
