"""Tables, named queries, migrations and encryption at rest."""
