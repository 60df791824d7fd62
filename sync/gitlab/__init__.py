"""The GitLab room: verify and parse hooks, call the API, map items and people."""
