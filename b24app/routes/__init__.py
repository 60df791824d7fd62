"""The addresses of the application."""
