"""Installing the application into a portal, step by step."""
