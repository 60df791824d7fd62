"""Decide which rows are old enough to delete, and which are still needed."""
