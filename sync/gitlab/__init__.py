"""The GitLab room: webhooks, API client, history, reports of CI jobs."""
