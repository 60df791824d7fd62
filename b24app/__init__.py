"""The Flask app: install, events, hooks, pages, and the command line."""
