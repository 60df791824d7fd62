"""What runs by the clock: sweep, backfill, purge."""
