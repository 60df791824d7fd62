"""Which rows get old, and what keeps one all the same."""
