"""What a decision needs, read from the store in bulk."""
