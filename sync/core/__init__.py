"""What is decided, as pure functions over frozen values. Standard library only."""
