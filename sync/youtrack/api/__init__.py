"""Requests to YouTrack: the client, what its refusals mean, whose token it has."""
