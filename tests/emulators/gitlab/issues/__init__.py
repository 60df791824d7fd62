"""Issues and work items: what they hold, what may be done with them, REST and GraphQL of them."""
