"""What a portal posts to us: events, placements, PHP forms. Pure."""
