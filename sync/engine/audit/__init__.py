"""Every call that was made, written to the log."""
