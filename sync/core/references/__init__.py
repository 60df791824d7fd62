"""Which tasks a text names, and with what intention."""
