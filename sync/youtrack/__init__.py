"""The room of YouTrack: its REST API, and its issues as one end of two-way links."""
