"""The database itself: engine, transactions, column types, migrations."""
