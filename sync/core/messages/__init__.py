"""The parts of every message: title, details, body, placeholders, addresses."""
