"""Deliveries digested into the mirror, and the subjects they make dirty."""
