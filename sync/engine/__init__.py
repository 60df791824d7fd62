"""The one place that joins pure and impure: inbox, digest, reconcile, deliver, sweep."""
