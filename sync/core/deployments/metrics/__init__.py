"""DORA's four metrics and the flow of merge requests to production (docs/metrics.md)."""
