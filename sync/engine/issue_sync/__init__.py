"""Two-way sync at work: read both sides, plan, announce, write, confirm."""
