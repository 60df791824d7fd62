"""Reports that CI jobs post: their ID tokens and bodies."""
