"""Branches that fail: one alert from the first failure to its end."""
