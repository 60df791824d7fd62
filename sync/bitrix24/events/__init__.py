"""What a portal posts: events, placements, PHP forms. Pure."""
