"""GitLab's REST and GraphQL API: client, limits, one module a resource."""
