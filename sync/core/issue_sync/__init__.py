"""Two-way sync of a portal's tasks with a tracker's issues. Pure; knows no vendor."""
