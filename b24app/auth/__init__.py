"""Who is asking: page tokens, the current user, request bodies."""
