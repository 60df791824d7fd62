"""Installation of the application in a portal, step by step."""
