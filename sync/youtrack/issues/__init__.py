"""Issues of YouTrack as one end of two-way links."""
