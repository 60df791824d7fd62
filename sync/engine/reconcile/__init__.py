"""Dirty subjects decided, and their commands stored."""
