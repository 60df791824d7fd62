"""Environments and what is deployed there, one message an environment."""
