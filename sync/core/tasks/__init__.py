"""How far a task's work is, and where that moves it."""
