"""HTTP routes of the application, one blueprint a file."""
