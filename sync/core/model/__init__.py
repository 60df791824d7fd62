"""What domains share: merge requests, pipelines, tasks, comments; commands and events."""
