"""What all messages are made of: title, details, body, placeholders, addresses."""
