"""A project's past, read page by page."""
