"""GitLab's REST and GraphQL API: client, limits, resources."""
