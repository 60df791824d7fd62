"""Messages about pushes, issues, releases and other activity of a project."""
