"""Comments of the code host, quoted in tasks."""
