"""Sentences in English and Russian, and durations in both."""
