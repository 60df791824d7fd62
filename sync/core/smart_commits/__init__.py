"""Commands in commit messages: time, comments, transitions."""
