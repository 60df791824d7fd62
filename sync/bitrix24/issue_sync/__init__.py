"""Tasks as one end of a two-way link: read whole, written in batches, settled by key."""
