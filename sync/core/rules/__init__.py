"""What a portal has configured, as decisions read it."""
