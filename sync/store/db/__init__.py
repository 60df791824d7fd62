"""Open the database, run transactions and migrations, define column types."""
