"""What routes and commands do, apart from HTTP."""
