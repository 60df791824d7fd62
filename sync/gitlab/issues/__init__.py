"""GitLab's issues and work items as one end of two-way links: read, written, settled."""
