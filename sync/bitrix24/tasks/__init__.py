"""Tasks over REST: commands as calls, queries, fields, transitions."""
