"""The Flask app: installation, events, webhooks, pages, and the command line."""
