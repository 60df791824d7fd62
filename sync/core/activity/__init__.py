"""Pushes, issues, releases and the rest that a project does, as people read of it."""
