"""The schema of the pages' API: OpenAPI from the routes, and the frontend's types from it."""
