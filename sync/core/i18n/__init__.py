"""Sentences in English and Russian, and how long things took."""
