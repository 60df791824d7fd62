"""Measures the running service on this machine: `python -m bench [part ...] [--write]`."""
