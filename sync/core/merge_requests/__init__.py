"""Merge requests in tasks: the mirror's fold, review events, cards."""
