"""GitLab's webhooks: verified, parsed into typed events. Pure."""
