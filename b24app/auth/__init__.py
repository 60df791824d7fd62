"""Authentication of requests: page tokens, the current user, bounded bodies, cached look-ups."""
