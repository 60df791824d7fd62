"""Commands sent to the portal, and what became of each."""
