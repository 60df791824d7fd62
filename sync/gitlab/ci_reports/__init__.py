"""Reports posted by CI jobs: their ID tokens, their bodies, and the events they stand for."""
