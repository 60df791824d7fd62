"""Strict stand-ins for the systems we talk to. They import nothing of ours."""
