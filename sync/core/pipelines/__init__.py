"""Pipelines in tasks: the CI field and one message a branch."""
