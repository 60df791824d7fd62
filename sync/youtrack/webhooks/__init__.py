"""What YouTrack sends: hints of our app, of JetBrains' Webhook Triggers, and of people's rules."""
