"""The engine of b24bridge: keeps GitLab, YouTrack and Bitrix24 tasks in step."""
