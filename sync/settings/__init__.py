"""A portal's settings as one readable YAML document: read, checked, applied, exported."""
