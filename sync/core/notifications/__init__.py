"""Who is told of what by a portal's routes."""
