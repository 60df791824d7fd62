"""Alerts about failing pipelines."""
