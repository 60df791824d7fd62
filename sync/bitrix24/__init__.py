"""The Bitrix24 room: events of a portal, its REST API, its tasks, and the installation."""
